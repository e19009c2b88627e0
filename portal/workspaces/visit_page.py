"""What a clinician has before them of one visit: who, why, what is known, and where the visit stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from portal.billing import invoice_of_visit
from portal.charting import History, Measured, NoteView, chart_of_visit, history_of, trends_of
from portal.consent import consent_state
from portal.eligibility import coverage_of
from portal.intake import ShownPhoto, intake_file, shown_photos
from portal.kernel.db import PortalSession
from portal.kernel.locale import gettext as _
from portal.kernel.locale import own_text
from portal.kernel.spoken import spoken_name
from portal.patients import Patient, age_on, patient_by_id
from portal.scheduling import Appointment, appointment_by_id, appointment_file
from portal.triage import RedFlag, red_flag_name, red_flags_of
from portal.visits import (
    ChatMessage,
    DeviceTest,
    Visit,
    VisitFile,
    last_device_test,
    place_in_queue,
    visit_by_id,
    visit_file,
)
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
    answers: Sequence[tuple[str, str]]
    photos: Sequence[ShownPhoto]
    history: History
    trends: Mapping[tuple[str, str], Measured]
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

    @property
    def interpreter(self) -> str:
        """Who interprets, or that somebody should; empty where nobody has to."""
        appointment = self.appointment
        if appointment.spoken is None or appointment.interpreter == "not-needed":
            return ""
        language = spoken_name(appointment.spoken)
        if appointment.interpreter == "needed":
            return _("The patient speaks %(language)s. An interpreter is needed and not arranged.", language=language)
        if not appointment.interpreter_note:
            return _("The patient speaks %(language)s. An interpreter is arranged.", language=language)
        who = appointment.interpreter_note
        return _("The patient speaks %(language)s. Interpreter: %(who)s", language=language, who=who)


def standing_of(session: PortalSession, *, visit_id: UUID) -> Standing | None:
    """Where a visit stands; an appointment whose encounter is not planned yet counts as booked. None: no such visit."""
    visit = visit_by_id(session, visit_id=visit_id)
    if visit is not None:
        return _standing_of(session, visit)
    appointment = appointment_by_id(session, appointment_id=visit_id)
    return _standing(appointment, state=STATES[appointment.status]) if appointment else None


def _standing_of(session: PortalSession, visit: Visit) -> Standing:
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


def visit_page_of(session: PortalSession, *, visit_id: UUID, now: datetime) -> VisitPage | None:
    """Everything on one screen, and of each stage only what it shows: at most eleven queries, one or two a context."""
    file = visit_file(session, visit_id=visit_id, tested_since=now - DEVICE_TESTED)
    is_over = file is None or _STAGES[file.visit.state] == "after"
    booked = appointment_file(session, appointment_id=visit_id, ahead_of=now if is_over else None)
    patient = patient_by_id(session, patient_id=booked.appointment.patient_id) if booked else None
    if booked is None or patient is None:
        return None
    if file is not None:
        standing = _standing_of(session, file.visit)
    else:
        standing = _standing(booked.appointment, state=STATES[booked.appointment.status])
    if file is None or standing.stage == "before":
        note, history = None, history_of(session, patient_id=patient.id)
    else:
        note, history = chart_of_visit(session, visit=file.visit)
    invoice = invoice_of_visit(session, visit_id=visit_id) if standing.stage == "after" else None
    return VisitPage(
        standing=standing,
        patient=patient,
        age=age_on(patient.birth_date, now.date()),
        service=own_text(booked.visit_type.names)[0],
        appointment=booked.appointment,
        background=_background(
            session, file=file, patient_id=patient.id, history=history, is_over=standing.stage == "after", now=now
        ),
        note=note,
        messages=file.messages if file else [],
        ahead=booked.ahead,
        invoice=invoice_badge(invoice.status if invoice else None),
    )


def _background(
    session: PortalSession, *, file: VisitFile | None, patient_id: UUID, history: History, is_over: bool, now: datetime
) -> Background:
    """What is known of the patient: from the visit's own intake, or the latest."""
    intake = intake_file(session, patient_id=patient_id, intake_id=file.visit.intake_id if file else None)
    if file is not None:
        device = file.device_test
    else:
        device = last_device_test(session, patient_id=patient_id, since=now - DEVICE_TESTED)
    return Background(
        reason=intake.told.reason if intake else "",
        flags=[_flag(one) for one in red_flags_of(session, patient_id=patient_id) if _still_counts(one, now)],
        intake=intake_badge(intake.progress if intake else None),
        answers=intake.answers if intake else [],
        photos=shown_photos(intake.photos, to_staff=True) if intake else [],
        history=history,
        # After the visit the page has other things to ask for; the curves are one link away.
        trends={} if is_over else trends_of(session, history=history),
        coverage=coverage_badge(coverage_of(session, patient_id=patient_id)),
        consent=_consent(consent_state(session, patient_id=patient_id).state),
        device=_device(device),
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


def _consent(state: str) -> Badge:
    return {
        "signed": (_("Consent signed"), "success"),
        "outdated": (_("Consent signed in an older version"), "warning"),
        "unsigned": (_("Consent not signed"), "danger"),
        "withdrawn": (_("Consent withdrawn"), "danger"),
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
