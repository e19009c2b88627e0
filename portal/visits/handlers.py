"""Reactions: an appointment plans a visit and its messages; the sidecar's reports come back to the visit."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from portal.consent import ConsentWithdrawn, has_consent
from portal.identity import RolesChanged, SessionRevoked, holds_role, is_signed_in
from portal.intake import IntakeCompleted
from portal.kernel.db import PortalSession
from portal.kernel.permissions import Role
from portal.kernel.tasks import on
from portal.kernel.video import CallQualityReported, NoticeKind, ParticipantJoined, ParticipantLeft, announce
from portal.notifications import Recipient, cancel_messages, queue_message
from portal.patients import contact_of
from portal.scheduling import (
    Appointment,
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentRescheduled,
    appointment_by_id,
    reminders_ahead,
)
from portal.tenancy import own_clinic
from portal.visits.models import CallQuality, Participation, Visit
from portal.visits.operations import call_off, plan_visit, turn_away


@on(AppointmentBooked, kind="visits.plan", purpose="visits")
def plan(session: PortalSession, event: AppointmentBooked, *, now: datetime) -> None:
    """The encounter of a new appointment."""
    appointment = appointment_by_id(session, appointment_id=event.appointment_id)
    if appointment is not None and appointment.status == "booked":
        plan_visit(session, appointment=appointment)


@on(AppointmentRescheduled, kind="visits.move", purpose="visits")
def move(session: PortalSession, event: AppointmentRescheduled, *, now: datetime) -> None:
    """The encounter follows its appointment."""
    appointment = appointment_by_id(session, appointment_id=event.appointment_id)
    if appointment is not None and appointment.status == "booked":
        plan_visit(session, appointment=appointment)


@on(AppointmentCancelled, kind="visits.call_off", purpose="visits")
def cancel(session: PortalSession, event: AppointmentCancelled, *, now: datetime) -> None:
    """No appointment, no encounter."""
    visit = session.get(Visit, (session.tenant_id, event.appointment_id))
    if visit is not None:
        call_off(session, visit=visit, state="cancelled", now=now)


@on(IntakeCompleted, kind="visits.link_intake", purpose="visits")
def link_intake(session: PortalSession, event: IntakeCompleted, *, now: datetime) -> None:
    """A finished intake belongs to the patient's visits that are still to come."""
    for visit in session.scalars(select(Visit).where(Visit.patient_id == event.patient_id)):
        if visit.is_open and visit.state != "in_progress":
            visit.intake_id = event.intake_id


@on(AppointmentBooked, kind="visits.confirm", purpose="reminders")
def confirm(session: PortalSession, event: AppointmentBooked, *, now: datetime) -> None:
    """Confirmation at once, reminders later."""
    _queue(session, event.appointment_id, "appointment_confirmed", now)


@on(AppointmentRescheduled, kind="visits.confirm_move", purpose="reminders")
def confirm_move(session: PortalSession, event: AppointmentRescheduled, *, now: datetime) -> None:
    """The new time at once; reminders move with it."""
    cancel_messages(session, key_prefix=f"appointment:{event.appointment_id}:", now=now)
    _queue(session, event.appointment_id, "appointment_moved", now)


@on(AppointmentCancelled, kind="visits.confirm_cancellation", purpose="reminders")
def confirm_cancellation(session: PortalSession, event: AppointmentCancelled, *, now: datetime) -> None:
    """The cancellation at once; no reminder any more."""
    cancel_messages(session, key_prefix=f"appointment:{event.appointment_id}:", now=now)
    appointment = appointment_by_id(session, appointment_id=event.appointment_id)
    if appointment is not None and appointment.starts_at > now:
        _send(session, appointment, "appointment_cancelled", due_at=now, now=now)


def _queue(session: PortalSession, appointment_id: UUID, template: str, now: datetime) -> None:
    appointment = appointment_by_id(session, appointment_id=appointment_id)
    if appointment is None or appointment.status != "booked" or appointment.starts_at <= now:
        return
    _send(session, appointment, template, due_at=now, now=now)
    for label, due_at in reminders_ahead(starts_at=appointment.starts_at, now=now):
        _send(session, appointment, f"appointment_reminder_{label}", due_at=due_at, now=now)


def _send(session: PortalSession, appointment: Appointment, template: str, *, due_at: datetime, now: datetime) -> None:
    contact = contact_of(session, patient_id=appointment.patient_id)
    if contact is None:
        return
    clinic = own_clinic(session)
    queue_message(
        session,
        to=Recipient(channel=contact.channel, target=contact.target, language=contact.language, zone=appointment.zone),
        template=template,
        values={
            "phone": clinic.phone,
            "starts_at": appointment.starts_at.isoformat(),
            "link": f"/{clinic.slug}/v/{appointment.id}",
        },
        key=f"appointment:{appointment.id}:{template}:{appointment.sequence}",
        due_at=due_at,
        useful_until=appointment.starts_at,
        now=now,
    )


@on(ParticipantJoined, kind="visits.note_join", purpose="visits")
def note_join(session: PortalSession, event: ParticipantJoined, *, now: datetime) -> None:
    """A connection to the call; the same one again is the same row."""
    visit = session.get(Visit, (session.tenant_id, event.visit_id))
    if visit is not None:
        session.execute(
            insert(Participation)
            .values(
                tenant_id=session.tenant_id,
                id=event.connection_id,
                patient_id=visit.patient_id,
                visit_id=visit.id,
                participant_id=event.participant_id,
                role=event.role,
                joined_at=now,
            )
            .on_conflict_do_update(index_elements=["tenant_id", "id"], set_={"left_at": None, "reason": None})
        )


@on(ParticipantLeft, kind="visits.note_leave", purpose="visits")
def note_leave(session: PortalSession, event: ParticipantLeft, *, now: datetime) -> None:
    """A connection's socket is gone."""
    row = session.get(Participation, (session.tenant_id, event.connection_id))
    if row is not None:
        row.left_at, row.reason = now, event.reason


@on(CallQualityReported, kind="visits.note_quality", purpose="visits")
def note_quality(session: PortalSession, event: CallQualityReported, *, now: datetime) -> None:
    """How the line held; the same stretch again is the same row."""
    visit = session.get(Visit, (session.tenant_id, event.visit_id))
    if visit is None:
        return
    numbers = ("seconds", "rtt_ms", "loss_permille", "concealed_permille", "kbps", "relayed", "restarts")
    quality = CallQuality(
        patient_id=visit.patient_id,
        visit_id=visit.id,
        participant_id=event.participant_id,
        connection_id=event.connection_id,
        **{name: getattr(event, name) for name in numbers},
    )
    known = select(CallQuality).where(
        CallQuality.connection_id == event.connection_id,
        CallQuality.participant_id == event.participant_id,
        CallQuality.seconds == event.seconds,
    )
    if session.scalar(known) is None:
        session.add(quality)


@on(ConsentWithdrawn, kind="visits.turn_away", purpose="visits")
def leave_calls(session: PortalSession, event: ConsentWithdrawn, *, now: datetime) -> None:
    """Without a consent there is no call. Signed again meanwhile, nothing happens."""
    if has_consent(session, patient_id=event.patient_id):
        return
    going_on = select(Visit).where(Visit.patient_id == event.patient_id, Visit.state.in_(("waiting", "in_progress")))
    for visit in session.scalars(going_on.with_for_update()):
        turn_away(session, visit=visit, now=now)


@on(SessionRevoked, kind="visits.withdraw", purpose="visits")
def withdraw(session: PortalSession, event: SessionRevoked, *, now: datetime) -> None:
    """Whoever is signed in nowhere any more leaves the calls that they are in."""
    if is_signed_in(session, account_id=event.account_id, now=now):
        return
    _take_out(session, event.account_id)


@on(RolesChanged, kind="visits.withdraw_roleless", purpose="visits")
def withdraw_roleless(session: PortalSession, event: RolesChanged, *, now: datetime) -> None:
    """Whoever is no clinician any more leaves the calls that they lead, though they may be signed in."""
    if not holds_role(session, account_id=event.account_id, role=Role.CLINICIAN, now=now):
        _take_out(session, event.account_id)


def _take_out(session: PortalSession, account_id: UUID) -> None:
    connected = select(Participation).where(Participation.participant_id == account_id, Participation.left_at.is_(None))
    for visit_id in {row.visit_id for row in session.scalars(connected)}:
        announce(session, visit_id=visit_id, kind=NoticeKind.WITHDRAWN, participant_id=account_id)
