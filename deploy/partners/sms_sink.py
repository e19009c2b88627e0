"""The part of Twilio's REST API that the portal uses: make a message, list messages. It sends none.

Two receivers misbehave: +15005550001 is refused as invalid (Twilio's own test number), and +15005550009 finds the
service broken at the first try of each text.
"""

import re
import secrets
from base64 import b64decode
from datetime import datetime
from email.utils import format_datetime
from hmac import compare_digest
from pathlib import Path

from aiohttp import web

from deploy.partners.inbox import Inbox, InboxMessage, read_inbox

E164 = re.compile(r"\+[1-9]\d{6,14}")
LONGEST_TEXT = 1600
INVALID_NUMBER = "+15005550001"
BREAKS_ONCE = "+15005550009"


class SmsSink:
    """Answers as Twilio does; what it took lies in the inbox, and so survives a restart."""

    def __init__(self, *, directory: Path, inbox: Inbox, account_sid: str, auth_token: str) -> None:
        self._directory = directory
        self._inbox = inbox
        self._account_sid = account_sid
        self._auth_token = auth_token
        self._broken_for: set[str] = set()

    def application(self) -> web.Application:
        application = web.Application()
        messages = "/2010-04-01/Accounts/{account}/Messages.json"
        application.add_routes(
            [web.get("/healthz", _healthy), web.post(messages, self.create), web.get(messages, self.list)]
        )
        return application

    async def create(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        form = await request.post()
        to, sender, text = (str(form.get(name, "")) for name in ("To", "From", "Body"))
        if not to:
            return _error(400, 21604, "A 'To' phone number is required.")
        if not sender:
            return _error(400, 21603, "A 'From' phone number is required.")
        if to == INVALID_NUMBER or not E164.fullmatch(to):
            return _error(400, 21211, f"Invalid 'To' Phone Number: {to}")
        if not E164.fullmatch(sender):
            return _error(400, 21212, f"Invalid From Number: {sender}")
        if not text:
            return _error(400, 21602, "Message body is required.")
        if len(text) > LONGEST_TEXT:
            return _error(400, 21617, "The concatenated message body exceeds the 1600 character limit.")
        if to == BREAKS_ONCE and text not in self._broken_for:
            self._broken_for.add(text)
            return _error(500, 20500, "Internal Server Error")
        message = self._inbox.add(channel="sms", to=to, from_=sender, text=text, reference=f"SM{secrets.token_hex(16)}")
        return web.json_response(self._resource(message, status="queued"), status=201)

    async def list(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        size = min(int(request.query.get("PageSize", "50")), 1000)
        kept = read_inbox(self._directory, limit=1_000_000, to=request.query.get("To"))
        messages = [message for message in kept if message.channel == "sms"][:size]
        return web.json_response(
            {
                "messages": [self._resource(message, status="delivered") for message in messages],
                "page": 0,
                "page_size": size,
                "next_page_uri": None,
            }
        )

    def _refusal(self, request: web.Request) -> web.Response | None:
        """As Twilio: 401 for wrong credentials, 404 for an account that is not theirs."""
        scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
        try:
            given = b64decode(encoded, validate=True) if scheme.lower() == "basic" else b""
        except ValueError:
            given = b""
        if not compare_digest(given, f"{self._account_sid}:{self._auth_token}".encode()):
            return _error(401, 20003, "Authenticate")
        if request.match_info["account"] != self._account_sid:
            return _error(404, 20404, "The requested resource was not found")
        return None

    def _resource(self, message: InboxMessage, *, status: str) -> dict[str, object]:
        made = _rfc2822(message.at)
        return {
            "sid": message.reference,
            "account_sid": self._account_sid,
            "to": message.to,
            "from": message.from_,
            "body": message.text,
            "status": status,
            "direction": "outbound-api",
            "num_segments": "1",
            "error_code": None,
            "error_message": None,
            "date_created": made,
            "date_updated": made,
            "date_sent": None if status == "queued" else made,
            "uri": f"/2010-04-01/Accounts/{self._account_sid}/Messages/{message.reference}.json",
        }


def _rfc2822(moment: datetime) -> str:
    return format_datetime(moment.replace(microsecond=0))


def _error(status: int, code: int, message: str) -> web.Response:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return web.json_response({"code": code, "message": message, "more_info": more, "status": status}, status=status)


async def _healthy(request: web.Request) -> web.Response:
    return web.Response(text="ok")
