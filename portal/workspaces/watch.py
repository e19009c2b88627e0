"""What is unusual in who saw what: the record's own rules, and those for which names have to be compared."""

from collections import defaultdict
from datetime import datetime
from uuid import UUID

from portal.audit import Anomaly, Stretch, begin_watch, close_looks, end_watch, mass_reads, odd_hours
from portal.identity import accounts_by_id
from portal.kernel.db import PortalSession
from portal.patients import own_records_of, with_surname_of
from portal.tenancy import own_clinic

Pairs = set[tuple[UUID, UUID]]


def watch_record(session: PortalSession, *, now: datetime) -> bool:
    """Watch what came into the log since the last time; True when more waits already."""
    stretch = begin_watch(session)
    zone = own_clinic(session).zone
    found = [
        *mass_reads([*stretch.before, *stretch.looks], says=stretch.says, zone=zone),
        *odd_hours(stretch.looks, says=stretch.says, zone=zone),
        *_close_ones(session, stretch),
    ]
    end_watch(session, stretch=stretch, found=found, now=now)
    return not stretch.is_whole


def _close_ones(session: PortalSession, stretch: Stretch) -> list[Anomaly]:
    """Looks at one's own record, or a child's, else at that of somebody of the same name."""
    looked: dict[UUID, set[UUID]] = defaultdict(set)
    for look in stretch.looks:
        looked[look.person].add(look.patient)
    own: Pairs = set()
    alike: Pairs = set()
    for account in accounts_by_id(session, looked).values():
        patients = looked[account.id]
        if stretch.says.own_record:
            contact = {"email": account.email, "phone": account.phone}
            theirs = own_records_of(session, patients, account_id=account.id, **contact)
            own |= {(account.id, patient) for patient in theirs}
        if stretch.says.same_surname:
            alike |= {(account.id, one) for one in with_surname_of(session, patients, name=account.name)}
    return [*close_looks("own-record", stretch.looks, own), *close_looks("same-surname", stretch.looks, alike - own)]
