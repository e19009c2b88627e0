"""Reactions of patients: who answers for privacy, and who may act for somebody, is told by a message naming nobody.

Who leaves the clinic's staff sees no record any more.
"""

from datetime import datetime

from portal.identity import StaffLeft, account_contact, staff_accounts
from portal.kernel.db import PortalSession
from portal.kernel.permissions import Role
from portal.kernel.tasks import on
from portal.notifications import Recipient, queue_message
from portal.patients.events import EmergencyOpened, ProxyChanged
from portal.patients.operations.grants import close_access_of
from portal.tenancy import own_clinic


@on(EmergencyOpened, kind="patients.tell_of_emergency", purpose="break-glass")
def tell_of_emergency(session: PortalSession, event: EmergencyOpened, *, now: datetime) -> None:
    """A mail to each privacy officer, or to the administrators of a clinic that has none; not to who did it."""
    officers = staff_accounts(session, role=Role.PRIVACY_OFFICER) or staff_accounts(session, role=Role.CLINIC_ADMIN)
    path = f"/{own_clinic(session).slug}/staff/emergency-access"
    for one in officers:
        if one.id == event.user_id or not one.email:
            continue
        queue_message(
            session,
            to=Recipient(channel="email", target=one.email, language=one.language, zone=one.zone),
            template="emergency_opened",
            values={"link": path},
            key=f"emergency:{event.emergency_id}:{one.id}",
            due_at=now,
            now=now,
        )


@on(ProxyChanged, kind="patients.tell_of_proxy", purpose="proxies")
def tell_of_proxy(session: PortalSession, event: ProxyChanged, *, now: datetime) -> None:
    """A message to the contact with which the account signs in."""
    contact = account_contact(session, account_id=event.user_id)
    if contact is None:
        return
    queue_message(
        session,
        to=Recipient(channel=contact.channel, target=contact.target, language=contact.language, zone=contact.zone),
        template=f"proxy_{event.what}",
        values={"link": f"/{own_clinic(session).slug}/home"},
        key=f"proxy:{event.grant_id}:{event.what}",
        due_at=now,
        now=now,
    )


@on(StaffLeft, kind="patients.close_records", purpose="staff")
def close_records(session: PortalSession, event: StaffLeft, *, now: datetime) -> None:
    """Appointments, care, threads and emergencies open nothing to somebody who left."""
    close_access_of(session, user_id=event.account_id, now=now)
