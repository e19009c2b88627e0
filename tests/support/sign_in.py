"""Sessions of tests, past the sign-in pages."""

from uuid import UUID

from flask import Flask

from portal.kernel.principal import Principal
from portal.web.access import Door


def start_test_session(app: Flask, tenant_id: UUID, account_id: UUID) -> str:
    """A session's token for an account."""
    from portal.identity import start_session

    door: Door = app.extensions["portal"]
    principal = Principal.visitor(tenant_id=tenant_id).acting(purpose="sign-in")
    with door.database.transaction(principal) as session:
        return start_session(session, account_id=account_id, device="Test browser", address="127.0.0.1", now=door.now())
