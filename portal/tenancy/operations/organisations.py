"""Verbs of the directory: a clinic is made, and what it has signed with partners is kept."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from portal.kernel.db import PortalSession, create_data_keys
from portal.kernel.errors import NotFound, PortalError
from portal.tenancy.models import Agreement, Organisation


def create_organisation(session: PortalSession, *, now: datetime, **values: Any) -> Organisation:
    """Make the session's tenant: its directory entry and its data keys. Needs the system purpose "provisioning"."""
    organisation = Organisation(id=session.tenant_id, created_at=now, **values)
    session.add(organisation)
    session.flush()
    create_data_keys(session, now=now)
    return organisation


def record_agreement(
    session: PortalSession,
    *,
    partner: str,
    kind: str,
    party: str,
    reference: str,
    signed_on: date,
    expires_on: date | None,
    now: datetime,
) -> Agreement:
    """Put on record what the session's tenant has signed. Needs the system purpose "compliance"."""
    agreement = Agreement(
        partner=partner,
        kind=kind,
        party=party,
        reference=reference,
        signed_on=signed_on,
        expires_on=expires_on,
        ended_on=None,
        recorded_at=now,
    )
    session.add(agreement)
    session.flush()
    return agreement


class EndsBeforeItBegins(PortalError):
    """The day is earlier than the one on which the agreement was signed."""

    code = "ends-before-it-begins"


def end_agreement(session: PortalSession, *, agreement_id: UUID, ended_on: date) -> Agreement:
    """Note the last day of an agreement that ends before its time; raises NotFound, EndsBeforeItBegins."""
    agreement = session.get(Agreement, (session.tenant_id, agreement_id))
    if agreement is None:
        raise NotFound
    if ended_on < agreement.signed_on:
        raise EndsBeforeItBegins
    agreement.ended_on = ended_on
    session.flush()
    return agreement
