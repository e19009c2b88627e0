"""Administrators and privacy officers are asked for the access review by mail: once ahead, then weekly while late."""

from datetime import datetime, timedelta

from portal.identity import review_due, staff_accounts
from portal.kernel.db import PortalSession
from portal.kernel.permissions import Role
from portal.notifications import Recipient, queue_message
from portal.tenancy import own_clinic

ASKED = (Role.CLINIC_ADMIN, Role.PRIVACY_OFFICER)
AGAIN = timedelta(days=7)


def ask_for_review(session: PortalSession, *, now: datetime) -> int:
    """Ask for the mails; returns how many. The same mail goes to a person once."""
    due = review_due(session, now=now)
    if not due.is_asked_for:
        return 0
    weeks_late = max(0, (now - due.due_at) // AGAIN + 1) if due.is_overdue else 0
    people = {account.id: account for role in ASKED for account in staff_accounts(session, role=role)}
    asked = [account for account in people.values() if account.email]
    for account in asked:
        queue_message(
            session,
            to=Recipient(channel="email", target=str(account.email), language=account.language, zone=account.zone),
            template="access_review_due",
            values={"due_at": due.due_at.isoformat(), "link": f"/{own_clinic(session).slug}/staff/access-reviews"},
            key=f"access-review:{due.due_at.date()}:{weeks_late}:{account.id}",
            due_at=now,
            now=now,
        )
    return len(asked)
