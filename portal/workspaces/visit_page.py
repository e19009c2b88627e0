"""What a clinician has before them of one visit: who, why, what is known, and where the visit stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from portal.billing import invoice_of_visit
from portal.charting import History, NoteView, history_of, note_view
from portal.consent import consent_state
from portal.eligibility import coverage_of
from portal.intake import (
    Intake,
    IntakeProgress,
    Photo,
    answers_for_reading,
    intake_by_id,
    latest_intake,
    photos_of,
    reported,
)
from portal.kernel.db import PortalSession
from portal.kernel.locale import gettext as _
from portal.kernel.locale import own_text
from portal.patients import Patient, age_on, patient_by_id
from portal.scheduling import Appointment, appointment_by_id, upcoming_appointments, visit_type_by_id
from portal.triage import RedFlag, red_flag_name, red_flags_of
from portal.visits import ChatMessage, DeviceTest, Visit, last_device_test, messages_of, place_in_queue, visit_by_id
from portal.workspaces.board import STATES
from portal.workspaces.wording import Badge, coverage_badge, intake_badge, invoice_badge, visit_badge

Stage = Literal["before", "during", "after"]
#: A device tested longer ago than this says nothing of today's line.
DEVICE_TESTED = timedelta(days=2)
_STAGES: dict[str, Stage] = {
    "planned": "before",
    "arrived": "before",
    "waiting": "before",
    "in_progress": "during",
    "finished": "after",
    "cancelled": "after",
    "noshow": "after",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where the visit stands: all that the page asks for again by itself."""

    visit_id: UUID
    patient_id: UUID
    state: str
    badge: Badge
    starts_at: datetime
    waiting_since: datetime | None
    place: int

    @property
    def stage(self) -> Stage:
        return _STAGES[self.state]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A red flag as a clinician reads it."""

    names: list[str]
    raised_at: datetime
    is_withdrawn: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """What is known of the patient before the call connects."""

    reason: str
    flags: list[Flag]
    intake: Badge
    answers: list[tuple[str, str]]
    photos: Sequence[Photo]
    history: History
    coverage: Badge
    consent: Badge
    device: Badge


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitPage:
    """The whole page."""

    standing: Standing
    patient: Patient
    age: int
    service: str
    appointment: Appointment
    background: Background
    note: NoteView | None
    messages: Sequence[ChatMessage]
    ahead: Sequence[Appointment]
    invoice: Badge | None


def standing_of(session: PortalSession, *, visit_id: UUID) -> Standing | None:
    """Where a visit stands; an appointment whose encounter is not planned yet counts as booked. None: no such visit."""
    visit = visit_by_id(session, visit_id=visit_id)
    if visit is None:
        appointment = appointment_by_id(session, appointment_id=visit_id)
        if appointment is None:
            return None
        return _standing(appointment, state=STATES[appointment.status])
    waits = visit.state == "waiting"
    place = place_in_queue(session, visit=visit) if waits else 0
    return _standing(visit, state=visit.state, waiting_since=visit.waiting_since if waits else None, place=place)


def _standing(
    of: Visit | Appointment, *, state: str, waiting_since: datetime | None = None, place: int = 0
) -> Standing:
    return Standing(
        visit_id=of.id,
        patient_id=of.patient_id,
        state=state,
        badge=visit_badge(state),
        starts_at=of.starts_at,
        waiting_since=waiting_since,
        place=place,
    )


def visit_page_of(session: PortalSession, *, standing: Standing, now: datetime) -> VisitPage | None:
    """Everything on one screen; about two dozen queries, the same number for every patient."""
    patient = patient_by_id(session, patient_id=standing.patient_id)
    appointment = appointment_by_id(session, appointment_id=standing.visit_id)
    if patient is None or appointment is None:
        return None
    service = visit_type_by_id(session, visit_type_id=appointment.visit_type_id)
    invoice = invoice_of_visit(session, visit_id=standing.visit_id) if standing.stage == "after" else None
    during = standing.stage == "during"
    ahead = upcoming_appointments(session, patient_id=patient.id, now=now) if standing.stage == "after" else []
    return VisitPage(
        standing=standing,
        patient=patient,
        age=age_on(patient.birth_date, now.date()),
        service=own_text(service.names)[0] if service else "",
        appointment=appointment,
        background=background_of(session, standing=standing, now=now),
        note=note_view(session, visit_id=standing.visit_id) if standing.stage != "before" else None,
        messages=messages_of(session, visit_id=standing.visit_id) if during else [],
        ahead=[one for one in ahead if one.id != appointment.id],
        invoice=invoice_badge(invoice.status if invoice else None),
    )


def background_of(session: PortalSession, *, standing: Standing, now: datetime) -> Background:
    """What is known of the patient: from the visit's own intake, or the latest."""
    patient_id = standing.patient_id
    visit = visit_by_id(session, visit_id=standing.visit_id)
    of_visit = visit.intake_id if visit else None
    intake = intake_by_id(session, intake_id=of_visit) if of_visit else latest_intake(session, patient_id=patient_id)
    told = reported(session, intake_id=intake.id) if intake else None
    return Background(
        reason=told.reason if told else "",
        flags=[_flag(one) for one in red_flags_of(session, patient_id=patient_id) if _still_counts(one, now)],
        intake=intake_badge(_progress(intake)),
        answers=answers_for_reading(session, intake_id=intake.id) if intake else [],
        photos=photos_of(session, intake_id=intake.id) if intake else [],
        history=history_of(session, patient_id=patient_id),
        coverage=coverage_badge(coverage_of(session, patient_id=patient_id)),
        consent=_consent(consent_state(session, patient_id=patient_id).state),
        device=_device(last_device_test(session, patient_id=patient_id, since=now - DEVICE_TESTED)),
    )


def _still_counts(flag: RedFlag, now: datetime) -> bool:
    """A mistake of ticking is none; what was meant is shown for a month."""
    return flag.withdrawn_reason != "mistake" and flag.raised_at > now - timedelta(days=30)


def _flag(flag: RedFlag) -> Flag:
    return Flag(
        names=[red_flag_name(code) for code in flag.codes],
        raised_at=flag.raised_at,
        is_withdrawn=flag.withdrawn_at is not None,
    )


def _progress(intake: Intake | None) -> IntakeProgress | None:
    if intake is None:
        return None
    return IntakeProgress(
        intake_id=intake.id,
        state=intake.state,
        done=intake.steps_done,
        total=intake.steps_total,
        saved_at=intake.saved_at,
    )


def _consent(state: str) -> Badge:
    return {
        "signed": (_("Consent signed"), "success"),
        "outdated": (_("Consent signed in an older version"), "warning"),
        "unsigned": (_("Consent not signed"), "danger"),
        "unpublished": (_("This clinic has no consent text yet"), "warning"),
    }[state]


def _device(test: DeviceTest | None) -> Badge:
    if test is None:
        return _("Device not tested"), "neutral"
    return {
        "video": (_("Device ready for video"), "success"),
        "audio": (_("Device ready for sound only"), "warning"),
        "message": (_("Device not ready for a call"), "danger"),
    }[test.verdict]
