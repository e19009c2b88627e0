"""The design system's application on a free port, with pages of a test's own."""

import threading

from werkzeug.serving import make_server

from tests.face.conftest import make_app
from tests.support.serving import in_background


class Site:
    """Serves until it is stopped. A page that waits for `release` is let go then."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.app = make_app()
        self.app.config["WTF_CSRF_ENABLED"] = False
        self.app.add_url_rule("/healthz", "healthz", lambda: {"status": "ok"})
        self.add_pages()
        self._server = make_server("127.0.0.1", 0, self.app, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = in_background(self._server)

    def add_pages(self) -> None:
        """What the test asks for."""

    def stop(self) -> None:
        self.release.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
