"""The blueprint, and the step that all ways of signing in end with."""

from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, request

from portal.audit import record_event
from portal.identity.operations import end_session, hold_federated, note_federated_session, start_session
from portal.identity.queries import load_principal
from portal.identity.routes.devices import remember_device
from portal.identity.rules import device_name
from portal.identity.wiring import wiring
from portal.kernel.locale import gettext as _
from portal.kernel.locale import ngettext
from portal.web.access import browser_token, db, now, principal, safe_next, sign_in_browser

blueprint = Blueprint("identity", __name__, url_prefix="/<clinic>")


def welcome(
    account_id: UUID,
    *,
    channel: str,
    second_factor_at: datetime | None = None,
    federated_id: UUID | None = None,
    onward: str | None = None,
) -> Response | None:
    """Start a session on this browser and go on to where it came from; None when the account may not sign in.

    `second_factor_at`: when a second factor was shown, if it was; `federated_id`: the way to the provider on which
    this sign-in came: None when the provider has told of a logout meanwhile.
    """
    if federated_id is not None and not hold_federated(db(), federated_id=federated_id):
        return None
    before = browser_token()
    if before is not None:
        end_session(db(), token=before, now=now())
    token = start_session(
        db(),
        account_id=account_id,
        device=device_name(request.user_agent.string or ""),
        address=principal().address,
        channel=channel,
        second_factor_at=second_factor_at,
        now=now(),
    )
    signed_in = load_principal(db(), token)
    if signed_in is None or not signed_in.principal.roles:
        return None
    sign_in_browser(token, signed_in)
    if federated_id is not None:
        note_federated_session(db(), federated_id=federated_id)
    record_event(db(), what=f"sign-in:{channel}")
    response = make_response(redirect(safe_next(onward) or next_path() or wiring().landing(signed_in.principal), 303))
    remember_device(response, account_id)
    return response


def wait_in_words(wait: timedelta) -> str:
    """That somebody has to wait, and how long."""
    return ngettext(
        "Too many tries. Wait %(num)s minute and try again.",
        "Too many tries. Wait %(num)s minutes and try again.",
        minutes_of(wait),
    )


def minutes_of(wait: timedelta) -> int:
    """Whole minutes, rounded up."""
    return max(1, ceil(wait / timedelta(minutes=1)))


def device() -> str:
    """What a passkey that is made in this browser is called at first."""
    return device_name(request.user_agent.string or "") or _("Passkey")


def session_holder() -> str:
    """What a question to a passkey is bound to while somebody is signed in; the session's token may change."""
    return f"session:{principal().session_id}"


def next_path() -> str | None:
    """Where this sign-in leads on to, as the address says; checked before it is used."""
    return safe_next(request.args.get("next"))
