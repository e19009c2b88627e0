"""The blueprint, and the step that all ways of signing in end with."""

from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, request

from portal.audit import record_event
from portal.identity.operations import end_session, start_session
from portal.identity.queries import load_principal
from portal.identity.rules import device_name
from portal.identity.wiring import wiring
from portal.kernel.locale import gettext as _
from portal.web.access import browser_token, db, now, principal, safe_next, sign_in_browser

blueprint = Blueprint("identity", __name__, url_prefix="/<clinic>")


def welcome(account_id: UUID, *, channel: str, second_factor: bool = False) -> Response | None:
    """Start a session on this browser and go on to where it came from; None when the account may not sign in."""
    before = browser_token()
    if before is not None:
        end_session(db(), token=before, now=now())
    token = start_session(
        db(),
        account_id=account_id,
        device=device_name(request.user_agent.string or ""),
        address=principal().address,
        channel=channel,
        second_factor=second_factor,
        now=now(),
    )
    signed_in = load_principal(db(), token)
    if signed_in is None:
        return None
    sign_in_browser(token, signed_in)
    record_event(db(), what=f"sign-in:{channel}")
    return make_response(redirect(safe_next(next_path()) or wiring().landing(signed_in.principal), 303))


def device() -> str:
    """What a passkey that is made in this browser is called at first."""
    return device_name(request.user_agent.string or "") or _("Passkey")


def session_holder() -> str:
    """What a question to a passkey is bound to while somebody is signed in; the session's token may change."""
    return f"session:{principal().session_id}"


def next_path() -> str | None:
    """Where this sign-in leads on to, as the address says; checked before it is used."""
    return safe_next(request.args.get("next"))
