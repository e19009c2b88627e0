"""A stand-in for the portal: pages with the markup that visit.js and device-test.js ask for, tickets, and a chat."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

from portal.kernel.video import TicketUse, VideoRole
from tests.signaling.support import ticket
from tests.support.serving import in_background

SCRIPTS = Path(__file__).parents[2] / "static" / "js"
CSP = "default-src 'none'; script-src 'self'; connect-src 'self' ws://127.0.0.1:*; media-src blob:; img-src data:"
PARTICIPANTS = {VideoRole.PATIENT: UUID(int=11), VideoRole.CLINICIAN: UUID(int=12)}

CALL = """<!doctype html><html lang="en"><head><title>Visit</title><link rel="icon" href="data:,">
<script src="/static/visit.js" defer></script></head><body><h1>Visit</h1>
<section data-visit-call data-autostart data-socket="{socket}" data-ticket-url="/ticket/{role}/call" data-csrf="token"
  data-chat-url="/chat" data-text-waiting="Waiting" data-text-connected="Connected"
  data-text-reconnecting="Trying again" data-text-hung-up="You left" data-text-peer-left="They left"
  data-text-replaced="Open elsewhere" data-text-ended="Over" data-text-signed-out="Signed out"
  data-text-audio-only="Sound only"
  data-text-video-back="Picture again" data-probe-seconds="2">
  <video data-remote playsinline muted></video><video data-local playsinline muted></video>
  <p data-remote-off>No picture</p><p data-status role="status"></p>
  <div data-controls hidden><button data-mute aria-pressed="false">Mute</button>
  <button data-camera aria-pressed="false">Camera off</button><button data-leave>Leave</button></div>
  <button data-join>Join</button><button data-unblock hidden>Sound</button><a data-end-link hidden href="/over">Next</a>
</section><ol data-chat></ol></body></html>"""

WAIT = """<!doctype html><html lang="en"><head><title>Waiting room</title><link rel="icon" href="data:,">
<script src="/static/visit.js" defer></script></head><body><h1>Waiting room</h1>
<section data-visit-call data-mode="wait" data-socket="{socket}" data-ticket-url="/ticket/{role}/{use}"
  data-csrf="token" data-next-url="/over" data-text-waiting="Waiting"><p data-status role="status"></p></section>
</body></html>"""

TEST = """<!doctype html><html lang="en"><head><title>Device test</title><link rel="icon" href="data:,">
<script src="/static/device-test.js" defer></script></head><body><h1>Device test</h1>
<form><section data-device-test data-socket="{socket}" data-ticket-url="/ticket/{role}/echo" data-csrf="token"
  data-text-ok="fine" data-text-failed="a problem">
  <button type="button" data-start>Start</button><button type="button" data-tone>Tone</button>
  <video data-preview playsinline muted></video><meter data-level></meter><p data-status role="status"></p>
  <p data-step="camera"><b data-result></b></p><p data-step="microphone"><b data-result></b></p>
  <p data-step="echo"><b data-result></b></p><p data-step="network"><b data-result></b></p>
  <p data-verdict="video" hidden>Video</p><p data-verdict="audio" hidden>Sound</p>
  <p data-verdict="message" hidden>Message</p>
  <input data-field="verdict"><input data-field="camera">
  <input type="radio" name="microphone" value="no"><input type="radio" name="microphone" value="yes">
  <input data-field="echo">
  <input data-field="up_kbps"><input data-field="down_kbps"></section></form></body></html>"""

PAGES = {"call": CALL, "wait": WAIT, "test": TEST}


class Portal:
    """The stand-in: `/{call|wait|test}/{role}`, `/ticket/{role}/{use}`, `/chat`, `/static/…`."""

    def __init__(self) -> None:
        self.status = 200
        self.socket = ""
        self.messages: list[str] = []
        self.tickets = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"portal": self}))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        in_background(self._server)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    portal: Portal
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = self.path.strip("/").split("/")
        if parts[0] == "static":
            self._answer((SCRIPTS / Path(parts[1]).name).read_bytes(), "text/javascript")
        elif parts[0] == "chat":
            items = "".join(f"<li>{text}</li>" for text in self.portal.messages)
            self._answer(f"<ol data-chat>{items}</ol>".encode(), "text/html")
        elif parts[0] in PAGES:
            role, _, query = parts[1].partition("?use=")
            page = PAGES[parts[0]].format(socket=self.portal.socket, role=role, use=query or "wait")
            self._answer(page.encode(), "text/html")
        else:
            self._answer(b"<!doctype html><title>Over</title><h1>Over</h1>", "text/html")

    def do_POST(self) -> None:
        assert self.headers["X-CSRFToken"] == "token"
        self.portal.tickets += 1
        if self.portal.status != 200:
            self._answer(b"{}", "application/json", status=self.portal.status)
            return
        _, role, use = self.path.strip("/").split("/")
        text = ticket(participant=PARTICIPANTS[VideoRole(role)], role=VideoRole(role), use=TicketUse(use))
        grant: dict[str, Any] = {"ticket": text, "iceServers": []}
        self._answer(json.dumps(grant).encode(), "application/json")

    def _answer(self, body: bytes, kind: str, *, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", CSP)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""
