"""A clinician's day: who waits for them, their visits, and notes that they have not signed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from portal.charting import Note, unsigned_notes
from portal.intake import IntakeProgress, intake_progress
from portal.kernel.db import PortalSession
from portal.kernel.locale import own_text
from portal.patients import Patient, patients_by_id
from portal.practitioners import Practitioner
from portal.scheduling import (
    Appointment,
    VisitType,
    appointments_between,
    interpreter_badge,
    visit_types_by_id,
)
from portal.triage import with_open_red_flag
from portal.visits import Visit, visits_by_id, waiting_room
from portal.workspaces.board import STATES, day_span
from portal.workspaces.wording import Badge, intake_badge, red_flag_badge, since_text, visit_badge

OVER = frozenset({"finished", "noshow", "cancelled"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A visit in the list of the day or in the waiting room."""

    visit_id: UUID
    name: str
    at: datetime
    service: str
    badges: list[Badge]
    since: str | None
    is_over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A note that is not signed."""

    visit_id: UUID
    name: str
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnDay:
    """What a clinician has before them."""

    waiting: list[Row]
    visits: list[Row]
    drafts: list[Draft]


def own_day(session: PortalSession, *, practitioner: Practitioner, zone: str, now: datetime) -> OwnDay:
    """The day in the practitioner's zone; eight queries. Who waits is shown whatever their day."""
    start, end = day_span(now.astimezone(ZoneInfo(zone)).date(), zone)
    waiting = waiting_room(session, practitioner_id=practitioner.id)
    appointments = appointments_between(session, start=start, end=end, practitioner_id=practitioner.id)
    drafts = unsigned_notes(session)
    visits = visits_by_id(session, {one.id for one in appointments})
    of_visits = {one.patient_id for one in waiting} | {one.patient_id for one in appointments}
    patients = of_visits | {one.patient_id for one in drafts}
    facts = _Facts(
        people=patients_by_id(session, patients),
        types=visit_types_by_id(session, {one.visit_type_id for one in appointments}),
        flagged=with_open_red_flag(session, patient_ids=of_visits),
        intakes=intake_progress(session, of_visits),
        zone=zone,
    )
    services = {one.id: facts.service(one) for one in appointments}
    return OwnDay(
        waiting=[facts.row(one, visit=one, service=services.get(one.id, "")) for one in waiting],
        visits=[facts.row(one, visit=visits.get(one.id), service=services[one.id]) for one in appointments],
        drafts=facts.drafts(drafts),
    )


@dataclass(frozen=True, kw_only=True)
class _Facts:
    people: Mapping[UUID, Patient]
    types: Mapping[UUID, VisitType]
    flagged: set[UUID]
    intakes: Mapping[UUID, IntakeProgress]
    zone: str

    def service(self, appointment: Appointment) -> str:
        return own_text(self.types[appointment.visit_type_id].names)[0]

    def name(self, patient_id: UUID) -> str:
        person = self.people.get(patient_id)
        return person.display_name if person else ""

    def row(self, place: Appointment | Visit, *, visit: Visit | None, service: str) -> Row:
        """`place` says whose visit it is and when; without an encounter yet it is booked."""
        state = visit.state if visit else STATES[place.status] if isinstance(place, Appointment) else place.state
        over = state in OVER
        agreed = place if isinstance(place, Appointment) else None
        interpreter = interpreter_badge(spoken=agreed.spoken, state=agreed.interpreter) if agreed else None
        since = {"arrived": visit.arrived_at, "waiting": visit.waiting_since} if visit else {}
        return Row(
            visit_id=place.id,
            name=self.name(place.patient_id),
            at=place.starts_at,
            service=service,
            badges=[
                *([red_flag_badge()] if place.patient_id in self.flagged else []),
                visit_badge(state),
                *([interpreter] if interpreter and not over else []),
                *([] if over else [intake_badge(self.intakes.get(place.patient_id))]),
            ],
            since=since_text(state, since.get(state), zone=self.zone),
            is_over=over,
        )

    def drafts(self, notes: Sequence[Note]) -> list[Draft]:
        return [
            Draft(visit_id=one.visit_id, name=self.name(one.patient_id), started_at=one.started_at) for one in notes
        ]
