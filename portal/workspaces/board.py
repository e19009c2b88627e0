"""The front desk's day: appointments by clinician, each with what the desk has to know, and intakes left half-way.

Administrative data only: that an intake or a red flag exists, never an answer.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ScalarSelect

from portal.billing import invoices_of_visits
from portal.eligibility import Coverage, coverages_of
from portal.intake import IntakeProgress, intakes_to_watch
from portal.kernel.db import PortalSession
from portal.kernel.locale import own_text
from portal.patients import Patient, patients_and_counts
from portal.practitioners import Practitioner, practitioners_by_id
from portal.scheduling import (
    Appointment,
    VisitType,
    day_of_appointments,
    interpreter_badge,
    patients_with_appointments,
)
from portal.triage import with_open_red_flag
from portal.visits import Visit, visits_by_id
from portal.workspaces.wording import (
    Badge,
    coverage_badge,
    intake_badge,
    invoice_badge,
    late_badge,
    red_flag_badge,
    since_text,
    visit_badge,
)

#: Half-way intakes older than this are no work for today.
RECENT = timedelta(days=14)
#: Somebody who has not arrived by then is late.
GRACE = timedelta(minutes=5)
MOST_STARTED = 50
#: Where a visit stands whose encounter is not planned yet.
STATES = {"booked": "planned", "fulfilled": "finished", "noshow": "noshow", "cancelled": "cancelled"}
#: The visit is still to come.
BEFORE = frozenset({"planned", "arrived", "waiting"})
MOODS = {"waiting": "warning", "in_progress": "info", "finished": "success", "noshow": "neutral"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One appointment as the desk sees it. `acts` names what can be done: check-in, no-show, change."""

    appointment_id: UUID
    patient_id: UUID
    name: str
    starts_at: datetime
    state: str
    badges: list[Badge]
    lines: list[str]
    mood: str | None
    acts: frozenset[str]
    needs_coverage: bool
    lacks_interpreter: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A clinician's day."""

    name: str
    cards: list[Card]
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """Somebody who began the health questions and has no visit ahead."""

    patient_id: UUID
    name: str
    badge: Badge
    saved_at: datetime
    has_red_flag: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A day at the desk. `red_flags`: how many wait to be handled, of whatever day; `counts`: what else was asked."""

    columns: list[Column]
    started: list[Started]
    red_flags: int
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(len(column.cards) for column in self.columns)

    @property
    def without_interpreter(self) -> int:
        """At how many visits somebody has still to be found who interprets."""
        return sum(card.lacks_interpreter for column in self.columns for card in column.cards)

    def lacking_interpreter(self) -> "Board":
        """The same day with those visits only."""
        kept = [replace(one, cards=[card for card in one.cards if card.lacks_interpreter]) for one in self.columns]
        return replace(self, columns=[one for one in kept if one.cards])


def day_span(day: date, zone: str) -> tuple[datetime, datetime]:
    """From midnight to midnight in a zone."""
    tz = ZoneInfo(zone)
    return datetime.combine(day, time(), tz), datetime.combine(day + timedelta(days=1), time(), tz)


def day_board(
    session: PortalSession, *, day: date, zone: str, now: datetime, counts: Mapping[str, ScalarSelect[int]]
) -> Board:
    """The board of a day in the clinic's zone; at most nine queries, however many appointments there are.

    `counts`: what is counted for the menu around it, in a query that is made anyhow.
    """
    start, end = day_span(day, zone)
    rows = day_of_appointments(session, start=start, end=end)
    today = {appointment.patient_id for appointment, _type in rows}
    intakes = intakes_to_watch(session, today, since=now - RECENT)
    half_way = {one for one, progress in intakes.items() if one not in today and progress.state != "completed"}
    unbooked = half_way - patients_with_appointments(session, half_way, now=now)
    facts = _Facts.load(session, [appointment for appointment, _type in rows], unbooked, intakes, counts)
    columns: dict[UUID, list[Card]] = {}
    for appointment, visit_type in rows:
        card = facts.card(appointment, visit_type, zone=zone, now=now)
        columns.setdefault(appointment.practitioner_id, []).append(card)
    return Board(
        columns=_by_name(columns, facts.practitioners),
        started=facts.started(unbooked),
        red_flags=len(facts.flagged),
        counts=facts.counts,
    )


def _by_name(columns: Mapping[UUID, list[Card]], practitioners: Mapping[UUID, Practitioner]) -> list[Column]:
    named = [
        Column(name=practitioners[one].name, cards=cards, waiting=sum(card.state == "waiting" for card in cards))
        for one, cards in columns.items()
    ]
    return sorted(named, key=lambda column: column.name)


@dataclass(frozen=True, kw_only=True)
class _Facts:
    people: Mapping[UUID, Patient]
    counts: Mapping[str, int]
    practitioners: Mapping[UUID, Practitioner]
    visits: Mapping[UUID, Visit]
    intakes: Mapping[UUID, IntakeProgress]
    coverages: Mapping[UUID, Coverage]
    flagged: Collection[UUID]
    invoices: Mapping[UUID, str]

    @classmethod
    def load(
        cls,
        session: PortalSession,
        appointments: Sequence[Appointment],
        others: Collection[UUID],
        intakes: Mapping[UUID, IntakeProgress],
        counts: Mapping[str, ScalarSelect[int]],
    ) -> "_Facts":
        patients = {one.patient_id for one in appointments}
        ids = [one.id for one in appointments]
        people, counted = patients_and_counts(session, {*patients, *others}, counts=counts)
        return cls(
            people=people,
            counts=counted,
            practitioners=practitioners_by_id(session, {one.practitioner_id for one in appointments}),
            visits=visits_by_id(session, ids),
            intakes=intakes,
            coverages=coverages_of(session, patients) if patients else {},
            flagged=with_open_red_flag(session, patient_ids={*patients, *others}),
            invoices={one: invoice.status for one, invoice in invoices_of_visits(session, ids).items()},
        )

    def started(self, patients: Collection[UUID]) -> list[Started]:
        """The latest first."""
        rows = [
            Started(
                patient_id=one,
                name=self.people[one].display_name,
                badge=intake_badge(self.intakes[one]),
                saved_at=self.intakes[one].saved_at,
                has_red_flag=one in self.flagged,
            )
            for one in patients
            if one in self.people
        ]
        return sorted(rows, key=lambda row: row.saved_at, reverse=True)[:MOST_STARTED]

    def card(self, appointment: Appointment, visit_type: VisitType, *, zone: str, now: datetime) -> Card:
        state, visit = self._state(appointment), self.visits.get(appointment.id)
        late = state == "planned" and appointment.starts_at + GRACE < now
        flagged = appointment.patient_id in self.flagged
        coverage = self.coverages.get(appointment.patient_id)
        service = own_text(visit_type.names)[0]
        since = since_text(state, _since(visit, state), zone=zone)
        return Card(
            appointment_id=appointment.id,
            patient_id=appointment.patient_id,
            name=self.people[appointment.patient_id].display_name,
            starts_at=appointment.starts_at,
            state=state,
            badges=self._badges(appointment, state, flagged=flagged, late=late),
            lines=[service, *([since] if since else [])],
            mood="danger" if flagged or late else MOODS.get(state),
            acts=_acts(state, started=appointment.starts_at <= now),
            lacks_interpreter=state in BEFORE and appointment.interpreter == "needed",
            needs_coverage=coverage is None or coverage.status != "clear",
        )

    def _state(self, appointment: Appointment) -> str:
        visit = self.visits.get(appointment.id)
        # Who did not come may still come: the encounter knows better than the appointment.
        return visit.state if visit else STATES[appointment.status]

    def _badges(self, appointment: Appointment, state: str, *, flagged: bool, late: bool) -> list[Badge]:
        patient = appointment.patient_id
        money = invoice_badge(self.invoices.get(appointment.id))
        before = state in BEFORE
        interpreter = interpreter_badge(spoken=appointment.spoken, state=appointment.interpreter)
        return [
            *([red_flag_badge()] if flagged else []),
            *([interpreter] if interpreter and before else []),
            late_badge() if late else visit_badge(state),
            *([intake_badge(self.intakes.get(patient))] if before else []),
            coverage_badge(self.coverages.get(patient)),
            *([money] if money else []),
        ]


def _since(visit: Visit | None, state: str) -> datetime | None:
    if visit is None:
        return None
    return {"arrived": visit.arrived_at, "waiting": visit.waiting_since, "in_progress": visit.admitted_at}.get(state)


def _acts(state: str, *, started: bool) -> frozenset[str]:
    acts = {"change"} if state in BEFORE else set()
    if state == "planned":
        acts |= {"check-in"}
    if started and acts:
        acts |= {"no-show"}
    return frozenset(acts)
