"""A server with forms to write in: it acts once for an idempotency key, as the portal does, may lose its answers and
may fall silent."""

import queue
import socket

from flask import Response, make_response, redirect, render_template_string, request

from tests.face.site import Site

PAGE = """
{% extends "layouts/patient.html" %}{% block title %}Write{% endblock %}
{% block content %}<h1>Write</h1>
{% call ui.form(action="/plain") %}
{{ ui.input("text", "words", "Words") }}
{{ ui.input("text", "code", "Code", attributes={"autocomplete": "one-time-code"}) }}
{{ ui.input("file", "photo", "Photo") }}
{{ ui.button("Send", name="how", value="plainly") }}
{% endcall %}
{% call ui.form(action="/live", attributes={"hx-post": "/live", "hx-target": "#answer"}) %}
{{ ui.input("text", "live", "Live words") }}{{ ui.button("Send live") }}
{% endcall %}
{{ ui.input("search", "q", "Find", attributes={
  "hx-get": "/find", "hx-trigger": "input changed", "hx-target": "#answer",
}) }}
<div id="answer"></div>
{% call ui.form(action="/plain", attributes={"data-forget": "/plain"}) %}{{ ui.button("Sign out") }}{% endcall %}
{% endblock %}
"""
DONE = """
{% extends "layouts/patient.html" %}{% block title %}Done{% endblock %}
{% block content %}<h1>Done</h1>{% endblock %}
"""


class WritingServer(Site):
    """What was asked, and what was acted upon by key."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.acted: dict[str, dict[str, str]] = {}
        self.answers_to_lose = 0
        self.silent: str | None = None
        self.told: queue.Queue[str] = queue.Queue()
        super().__init__()

    def add_pages(self) -> None:
        self.app.before_request(self._say_nothing)
        self.app.add_url_rule("/told", "told", self._tell, methods=["POST"])
        self.app.add_url_rule("/write", "write", self._write)
        self.app.add_url_rule("/done", "done", lambda: render_template_string(DONE))
        self.app.add_url_rule("/plain", "plain", self._plain, methods=["POST"])
        self.app.add_url_rule("/live", "live", self._live, methods=["POST"])
        self.app.add_url_rule("/find", "find", lambda: "<p>Found</p>")

    def _say_nothing(self) -> None:
        """Takes the request, as a line does that is up and leads nowhere, and answers when the test is over."""
        if self.silent is not None and request.path.startswith(self.silent):
            self.release.wait()

    def _tell(self) -> str:
        self.told.put(request.get_data(as_text=True))
        return ""

    def _write(self) -> Response:
        # As the portal's pages are: a browser puts nothing back into them by itself.
        return make_response(render_template_string(PAGE), {"Cache-Control": "no-store"})

    def _plain(self) -> Response:
        self._act()
        return redirect("/done", 303)  # type: ignore[return-value]

    def _live(self) -> str:
        self._act()
        return "<p>Taken</p>"

    def _act(self) -> None:
        self.asked.append(dict(request.form))
        self.acted.setdefault(request.form["idempotency_key"], dict(request.form))
        if self.answers_to_lose:
            self.answers_to_lose -= 1
            request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
