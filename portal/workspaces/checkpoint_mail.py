"""The newest checkpoint by mail: a place that nobody who administers the portal can take it back from."""

from datetime import datetime

from portal.audit import newest_checkpoint
from portal.identity import staff_accounts
from portal.kernel.db import PortalSession
from portal.kernel.permissions import Role
from portal.notifications import Recipient, queue_message

#: Who gets it.
READERS = (Role.CLINIC_ADMIN, Role.PRIVACY_OFFICER)


def mail_checkpoint(session: PortalSession, *, now: datetime) -> int:
    """Ask for the mails; returns how many. A checkpoint goes to a person once; without a new one nothing is sent."""
    checkpoint = newest_checkpoint(session)
    if checkpoint is None:
        return 0
    people = {account.id: account for role in READERS for account in staff_accounts(session, role=role)}
    asked = [account for account in people.values() if account.email]
    values = {
        "number": str(checkpoint.number),
        "note": checkpoint.note,
        "made_at": checkpoint.made_at.isoformat(),
    }
    for account in asked:
        queue_message(
            session,
            to=Recipient(channel="email", target=str(account.email), language=account.language, zone=account.zone),
            template="audit_checkpoint",
            values=values,
            key=f"audit-checkpoint:{checkpoint.number}:{account.id}",
            due_at=now,
            now=now,
        )
    return len(asked)
