"""Verbs of tenancy."""

from datetime import datetime
from typing import Any

from portal.kernel.db import PortalSession, create_data_keys
from portal.tenancy.models import Organisation


def create_organisation(session: PortalSession, *, now: datetime, **values: Any) -> Organisation:
    """Make the session's tenant: its directory entry and its data keys. Needs the system purpose "provisioning"."""
    organisation = Organisation(id=session.tenant_id, created_at=now, **values)
    session.add(organisation)
    session.flush()
    create_data_keys(session, now=now)
    return organisation
