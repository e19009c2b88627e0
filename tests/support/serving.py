"""Small servers of a test's own, on threads."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseServer

#: Seconds between two looks whether the end has come. By itself a server looks twice a second, and each test waits.
LOOKS = 0.02


def in_background(server: BaseServer) -> threading.Thread:
    """Answers from now on, until it is shut down."""
    thread = threading.Thread(target=server.serve_forever, args=(LOOKS,), daemon=True)
    thread.start()
    return thread


@contextmanager
def serving(server: BaseServer) -> Iterator[None]:
    """Answers within; nothing of it is left afterwards."""
    thread = in_background(server)
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
