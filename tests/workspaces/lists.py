"""Lists that may grow long, and how a test fills each: rows a minute apart, some of them at the very same time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from portal.audit.models import Alert
from portal.billing.models import Invoice
from portal.identity.models import AccessReview, LoginSession, StaffInvitation
from portal.kernel.db import Base, Database
from portal.kernel.events import Task
from portal.kernel.ids import new_id
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.notifications.models import Delivery
from portal.patients.models import BreakGlass, ClaimAttempt
from portal.scheduling.models import Appointment
from portal.triage.models import RedFlag, RedFlagNotice
from portal.visits.models import Visit
from tests.factories.identity import staff_member
from tests.factories.patients import BORN
from tests.factories.visits import BookedVisit
from tests.support.clinics import Clinic

ID = "([0-9a-f-]{36})"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where lists are filled: a clinic with a booked visit in it."""

    worker: Database
    web: Database
    clinic: Clinic
    booked: BookedVisit
    now: datetime

    def at(self, number: int) -> datetime:
        """The time of a row: three rows share each minute; a lower number is older."""
        return self.now - timedelta(days=2) + timedelta(minutes=number // 3)

    def add(self, *rows: Base, who: Principal | None = None, purpose: str = "provisioning") -> None:
        """Into the database, in this order, as our own process or as somebody."""
        door = self.web if who else self.worker
        with door.transaction(who.acting(purpose=purpose) if who else self.clinic.system(purpose)) as session:
            for row in rows:
                session.add(row)
                session.flush()

    def person(self, account: UUID, role: Role) -> Principal:
        return Principal.of(tenant_id=self.clinic.id, user_id=account, roles=[role])


def red_flag(place: Place, number: int) -> str:
    patient, at = place.booked.patient_id, place.at(number)
    flag = RedFlag(
        patient_id=patient, acuity="emergency", rule_version="1", findings={"codes": [], "reasons": {}}, raised_at=at
    )
    notice = RedFlagNotice(patient_id=patient, red_flag_id=flag.id, raised_at=at, state="open")
    place.add(flag, notice, who=place.person(place.booked.account, Role.PATIENT), purpose="intake")
    return str(notice.id)


def failed_message(place: Place, number: int) -> str:
    code, at = f"code-{number:04}", place.at(number)
    place.add(
        Delivery(
            channel="sms", target="+16175550142", language="en", zone="UTC", template="one_time_code", key=code,
            queued_at=at, due_at=at, state="failed", finished_at=at, error_code=code,
        )
    )  # fmt: skip
    return code


def given_up_task(place: Place, number: int) -> str:
    at = place.at(number)
    task = Task(
        kind="visits.confirm", subject_id=new_id(), key=str(number), due_at=at, state="dead", attempts=5,
        last_error="OperationalError", finished_at=at,
    )  # fmt: skip
    place.add(task)
    return str(task.id)


def _bill(place: Place, number: int) -> Invoice:
    booked, at = place.booked, place.at(number)
    starts = at - timedelta(days=number + 1)
    common: dict[str, Any] = {"patient_id": booked.patient_id, "practitioner_id": booked.practitioner_id}
    appointment = Appointment(
        visit_type_id=booked.visit_type_id, starts_at=starts, ends_at=starts + timedelta(minutes=20), zone="UTC",
        jurisdiction="US-MA", status="fulfilled", booked_at=starts, **common,
    )  # fmt: skip
    visit = Visit(id=appointment.id, state="finished", starts_at=starts, ended_at=starts, **common)
    invoice = Invoice(
        patient_id=booked.patient_id, visit_id=visit.id, number=5000 + number, description={"en": "Visit"},
        status="open", issued_at=at, amount_minor=4500, currency="USD",
    )  # fmt: skip
    place.add(appointment, purpose="scheduling")
    place.add(visit, purpose="visits")
    place.add(invoice, purpose="billing")
    return invoice


def bill(place: Place, number: int) -> str:
    return str(_bill(place, number).id)


def claim(place: Place, number: int) -> str:
    row = ClaimAttempt(
        user_id=place.booked.stranger, channel="sms", contact="+16175550142", contact_index=bytes(32),
        name=f"Ana {number}", birth_date=BORN, state="open", at=place.at(number),
    )  # fmt: skip
    place.add(row, who=place.person(place.booked.stranger, Role.PATIENT), purpose="registration")
    return str(row.id)


def emergency(place: Place, number: int) -> str:
    since = place.at(number)
    doctor = staff_member(place.worker, place.clinic, Role.CLINICIAN, now=place.now)
    row = BreakGlass(
        patient_id=place.booked.patient_id, user_id=doctor, reason="treatment", sentence="Fell down.", since=since,
        until=since + timedelta(minutes=60),
    )  # fmt: skip
    place.add(row, who=place.person(doctor, Role.CLINICIAN), purpose="break-glass")
    return str(row.id)


def alert(place: Place, number: int) -> str:
    at = place.at(number)
    row = Alert(
        user_id=place.booked.clinician, kind="odd-hours", count=3, state="open", first_at=at, last_at=at, found_at=at,
        key=str(number),
    )  # fmt: skip
    place.add(row, purpose="audit-watch")
    return str(row.id)


def invitation(place: Place, number: int) -> str:
    at = place.at(number)
    row = StaffInvitation(
        email=f"n{number}@example.org", name=f"Nora {number}", roles=["front_desk"], token_hash=number.to_bytes(32),
        created_at=at, sent_at=at, expires_at=at + timedelta(days=7),
    )  # fmt: skip
    place.add(row)
    return f"n{number}@example.org"


def session_of_patient(place: Place, number: int) -> str:
    at, device = place.at(number), f"Phone {number:04}"
    row = LoginSession(
        account_id=place.booked.account, token_hash=number.to_bytes(32), created_at=at, last_seen_at=place.now,
        expires_at=place.now + timedelta(days=9), device=device, address="192.0.2.1", channel="sms",
    )  # fmt: skip
    place.add(row, who=Principal.visitor(tenant_id=place.clinic.id), purpose="sign-in")
    return device


def past_visit(place: Place, number: int) -> str:
    booked = place.booked
    starts = place.at(number) + timedelta(days=number - 700)
    appointment = Appointment(
        patient_id=booked.patient_id, practitioner_id=booked.practitioner_id, visit_type_id=booked.visit_type_id,
        starts_at=starts, ends_at=starts + timedelta(minutes=20), zone="UTC", jurisdiction="US-MA", status="cancelled",
        booked_at=starts, cancelled_at=starts, cancel_reason="pat",
    )  # fmt: skip
    place.add(appointment, purpose="scheduling")
    return starts.isoformat()


def access_review(place: Place, number: int) -> str:
    at = place.at(number)
    row = AccessReview(
        begun_at=at, begun_by=place.booked.admin, signed_off_at=at, signed_off_by=place.booked.admin,
    )  # fmt: skip
    place.add(row, who=place.person(place.booked.admin, Role.CLINIC_ADMIN), purpose="access-review")
    return str(row.id)


@dataclass(frozen=True, kw_only=True)
class LongList:
    """One list. `mark`: what tells a row on the page; `counted`: how the page says that there are sixty."""

    name: str
    template: str
    path: str
    reader: str
    add: Callable[[Place, int], str]
    mark: str
    counted: str
    empty: str
    size: int = 25


LISTS = [
    LongList(
        name="red flags", template="triage/notices.html",
        path="staff/red-flags", reader="desk", add=red_flag, mark=f"/staff/red-flags/{ID}",
        counted="1 patient to phone", empty="Nobody has to be phoned now.",
    ),
    LongList(
        name="messages that did not arrive", template="notifications/troubles.html",
        path="staff/messages", reader="admin", add=failed_message,
        mark=r"(code-\d{4})", counted="60 messages", empty="All messages were sent",
    ),
    LongList(
        name="given-up work", template="workspaces/operations.html",
        path="staff/operations", reader="admin", add=given_up_task,
        mark=f"/staff/operations/{ID}/retry", counted="Given up 60", empty="Nothing was given up.",
    ),
    LongList(
        name="a patient's bills", template="billing/invoices.html",
        path="p/{patient}/invoices", reader="account", add=bill,
        mark=f"/invoices/{ID}", counted="60 bills", empty="You have no bills",
    ),
    LongList(
        name="the office's bills", template="billing/office_invoices.html",
        path="staff/invoices", reader="desk", add=bill, mark=f"/staff/invoices/{ID}",
        counted="60 bills", empty="Bills are made when a clinician signs the note of a visit.",
    ),
    LongList(
        name="claims", template="patients/claims.html",
        path="staff/claims", reader="desk", add=claim, mark=f"/staff/claims/{ID}", counted="60 claims",
        empty="No claim waits",
    ),
    LongList(
        name="emergencies", template="workspaces/emergencies.html",
        path="staff/emergency-access", reader="officer", add=emergency,
        mark=f"/staff/emergency-access/{ID}", counted="Emergencies to review 60", empty="Nothing waits.",
    ),
    LongList(
        name="alerts", template="workspaces/audit_alerts.html",
        path="staff/audit/alerts", reader="officer", add=alert, mark=f"/staff/audit/alerts/{ID}",
        counted="60 alerts", empty="No alert waits",
    ),
    LongList(
        name="invitations", template="identity/people.html",
        path="staff/people", reader="admin", add=invitation, mark=r"(n\d+@example\.org)",
        counted="Invited 60", empty="Invite somebody Accounts",
    ),
    LongList(
        name="access reviews", template="identity/access_reviews.html",
        path="staff/access-reviews", reader="admin", add=access_review,
        mark=f"/staff/access-reviews/{ID}", counted="Reviews so far 60", empty="None yet.",
    ),
    LongList(
        name="one's sessions", template="identity/sessions.html",
        path="sessions", reader="account", add=session_of_patient, mark=r"(Phone \d{4})",
        counted="You are signed in on 61 devices.", empty="You are signed in on 1 device.",
    ),
    LongList(
        name="a patient's earlier visits", template="home/start.html",
        path="p/{patient}/", reader="account", add=past_visit,
        mark='<li><time datetime="([^"]+)"', counted="Earlier visits 60", empty="Your way to the visit", size=10,
    ),
]  # fmt: skip

#: Pages with rows that are no long lists, or whose pages are held to by tests of their own; and why.
OTHER_ROWS = {
    "billing/office_invoice.html": "what happened to one bill",
    "billing/price.html": "what one visit type has cost: a row when somebody changes it",
    "billing/prices.html": "a clinic's visit types: what patients choose from on one screen",
    "design/index.html": "samples",
    "home/clinic_page.html": "a clinic's visit types and clinicians that patients choose from on one screen",
    "identity/access_review.html": "pages by number: a review's lines never change in number (tests/identity)",
    "identity/factors.html": "one's own passkeys",
    "identity/person.html": "what changed in one person's roles",
    "patients/patients.html": "pages by number behind a search that does not stand in an address (tests/patients)",
    "patients/people.html": "the people in one account's care",
    "practitioners/practitioners.html": "a clinic's clinicians, whom the calendar offers in one list too",
    "root/index.html": "clinics of the demo",
    "scheduling/book.html": "a clinic's visit types",
    "scheduling/visit_types.html": "a clinic's visit types",
    "workspaces/_looks.html": "pages of looks, which are made from many requests (tests/workspaces/test_access.py)",
    "workspaces/_photos.html": "the photos of one visit, of which the intake takes a few",
    "workspaces/audit_patients.html": "what one search finds, at most a page",
    "workspaces/audit_record.html": "pages by place, tested with the record (tests/workspaces/test_audit_record.py)",
    "workspaces/my_day.html": "a clinician's visits of one day",
}
