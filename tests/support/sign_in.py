"""Sessions of tests, past the sign-in pages."""

from datetime import datetime, timedelta
from uuid import UUID

from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from portal.kernel.db import PortalSession
from portal.kernel.principal import Principal
from portal.web.access import Door


def start_test_session(
    app: Flask, tenant_id: UUID, account_id: UUID, *, stepped_up: bool = True, awake: bool = True
) -> str:
    """A session's token for an account. `stepped_up`: as if a second factor were shown for every action, all day.

    `awake`: as if somebody used it all day, so that it neither locks nor ends however the clock is moved.
    """
    from portal.identity import load_principal, start_session

    door: Door = app.extensions["portal"]
    principal = Principal.visitor(tenant_id=tenant_id).acting(purpose="sign-in")
    with door.database.transaction(principal) as session:
        token = start_session(
            session, account_id=account_id, device="Test browser", address="127.0.0.1", now=door.now()
        )
        signed_in = load_principal(session, token)
    if stepped_up and signed_in is not None:
        with door.database.transaction(signed_in.principal) as session:
            _show_for_everything(session, until=door.now() + timedelta(days=1))
    if awake and signed_in is not None:
        with door.database.transaction(signed_in.principal) as session:
            _used_until(session, until=door.now() + timedelta(hours=11))
    return token


def session_cookie(app: Flask, tenant_id: UUID, account_id: UUID) -> tuple[str, str]:
    """Name and value of the cookie with which a real browser is signed in."""
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    token = start_test_session(app, tenant_id, account_id)
    return "__Host-session", str(signer.dumps({"_user_id": token}))


def _used_until(session: PortalSession, *, until: datetime) -> None:
    from portal.identity.models import LoginSession

    row = session.get_one(LoginSession, (session.tenant_id, session.principal.session_id))
    row.last_seen_at = until


def _show_for_everything(session: PortalSession, *, until: datetime) -> None:
    from portal.identity.models import StepUp
    from portal.identity.rules import ACTIONS

    who = session.principal
    for action in sorted(ACTIONS):
        session.add(StepUp(account_id=who.actor_id, session_id=who.session_id, action=action, at=until))
