"""Reactions of practitioners: a new clinician is put into the directory, a former one is not offered any more."""

from datetime import datetime
from uuid import UUID

from portal.identity import RolesChanged, StaffLeft, accounts_by_id, roles_held
from portal.kernel.db import PortalSession
from portal.kernel.permissions import Role
from portal.kernel.tasks import on
from portal.practitioners.operations import AccountTaken, create_practitioner
from portal.practitioners.queries import practitioner_of_account


@on(RolesChanged, kind="practitioners.follow_roles", purpose="staff")
def follow_roles(session: PortalSession, event: RolesChanged, *, now: datetime) -> None:
    """As the roles stand when this runs, whatever they were when it was asked for."""
    _follow(session, event.account_id, now=now)


@on(StaffLeft, kind="practitioners.follow_leaving", purpose="staff")
def follow_leaving(session: PortalSession, event: StaffLeft, *, now: datetime) -> None:
    """Patients are not offered the times of somebody who left; what is booked, people decide about."""
    _follow(session, event.account_id, now=now)


def _follow(session: PortalSession, account_id: UUID, *, now: datetime) -> None:
    account = accounts_by_id(session, {account_id}).get(account_id)
    if account is None:
        return
    works = account.status == "active" and Role.CLINICIAN in roles_held(session, account_id=account_id, now=now)
    practitioner = practitioner_of_account(session, account_id)
    if practitioner is not None and not works:
        practitioner.listed = False
        session.flush()
    elif practitioner is None and works:
        try:
            create_practitioner(session, name=account.name, zone=account.zone, account_id=account_id, now=now)
        except AccountTaken:
            # Somebody added them by hand at the same moment.
            return
