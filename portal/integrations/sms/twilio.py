"""Text messages over Twilio's REST API (version 2010-04-01, Messages).

Owns the two calls that we need and what their failures mean. What is said, to whom and when is decided by
notifications.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import httpx

from portal.integrations.http import NOTHING_SENT, partner_client
from portal.kernel.errors import PartnerRefused, PartnerUnavailable, PartnerUncertain
from portal.kernel.strict_json import read_json
from portal.notifications.ports import OutgoingSms

#: Twilio's clock and ours may differ, and its times have whole seconds.
CLOCK_SKEW = timedelta(seconds=60)


class TwilioSmsSender:
    """Implements `portal.notifications.ports.SmsSender`. Safe to share between threads."""

    def __init__(
        self,
        *,
        url: str,
        account_sid: str,
        auth_token: str,
        sender: str,
        timeout: float = 15.0,
        networks: Sequence[str] = (),
    ) -> None:
        """`url` without a path; `sender` in E.164; `networks` as in `partner_client`."""
        self._messages = f"/2010-04-01/Accounts/{account_sid}/Messages.json"
        self._sender = sender
        self._client = partner_client(url, timeout=timeout, networks=networks, auth=(account_sid, auth_token))

    def send(self, message: OutgoingSms) -> str:
        """Hand the message to Twilio; returns its sid. See the port for what it raises."""
        fields = {"To": message.to, "From": self._sender, "Body": message.text}
        try:
            response = self._client.post(self._messages, data=fields)
        except NOTHING_SENT as error:
            raise PartnerUnavailable(type(error).__name__) from None
        except httpx.HTTPError as error:
            raise PartnerUncertain(type(error).__name__) from None
        answer = _json(response)
        if response.status_code in (HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT):
            raise PartnerUncertain(f"http {response.status_code}")  # a proxy's answer: what is behind it may have acted
        _require_success(response.status_code, answer)
        sid = answer.get("sid")
        if not isinstance(sid, str):
            raise PartnerUncertain("no sid in the answer")
        return sid

    def find(self, message: OutgoingSms, since: datetime) -> str | None:
        """The newest message to the same receiver with the same text, made since then.

        Asks by receiver only and compares the time here: Twilio's DateSent has whole days and is empty while a message
        is queued. Twilio lists the newest first.
        """
        try:
            response = self._client.get(self._messages, params={"To": message.to, "PageSize": "100"})
        except httpx.HTTPError as error:
            raise PartnerUnavailable(type(error).__name__) from None
        answer = _json(response)
        _require_success(response.status_code, answer)
        earliest = since.astimezone(UTC) - CLOCK_SKEW
        for entry in answer.get("messages", []):
            if entry.get("body") == message.text and parsedate_to_datetime(entry["date_created"]) >= earliest:
                return str(entry["sid"])
        return None


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        answer = read_json(response.content)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _require_success(status: int, answer: dict[str, Any]) -> None:
    """Twilio's own message is left out: it quotes the phone number."""
    if 200 <= status < 300:
        return
    if status == HTTPStatus.TOO_MANY_REQUESTS or not 400 <= status < 500:
        raise PartnerUnavailable(f"http {status}")
    raise PartnerRefused(code=f"twilio-{answer.get('code', status)}")
