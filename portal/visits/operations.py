"""Verbs of visits: plan, arrive, admit, end, write in the chat, issue a video ticket."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert

from portal.consent import has_consent
from portal.intake import latest_intake
from portal.kernel.db import PortalSession
from portal.kernel.errors import Conflict, PortalError
from portal.kernel.events import emit
from portal.kernel.ids import new_id
from portal.kernel.permissions import Role
from portal.kernel.video import NoticeKind, TicketUse, VideoRole, announce, issue_ticket
from portal.scheduling import Appointment, close_appointment
from portal.visits.events import PatientArrived, VisitEnded, VisitStarted
from portal.visits.models import ChatMessage, DeviceTest, QueuePlace, Visit
from portal.visits.rules import LONGEST_MESSAGE, Door, door, may_move


class ConsentMissing(PortalError):
    """Booking is possible without the consent in force; joining is not."""

    code = "consent-missing"


class WaitingRoomClosed(PortalError):
    """Too early, or the visit is over. `door` says which."""

    code = "waiting-room-closed"

    def __init__(self, door: Door) -> None:
        super().__init__(door.value)
        self.door = door


class VisitMoved(Conflict):
    """The encounter is no longer in a state that allows this; somebody else was first."""

    code = "visit-moved"


def plan_visit(session: PortalSession, *, appointment: Appointment) -> Visit:
    """The encounter of an appointment, made once; brought to its present time and practitioner."""
    visit = session.get(Visit, (session.tenant_id, appointment.id), populate_existing=True)
    if visit is None:
        intake = latest_intake(session, patient_id=appointment.patient_id)
        session.execute(
            insert(Visit)
            .values(
                tenant_id=session.tenant_id,
                id=appointment.id,
                patient_id=appointment.patient_id,
                practitioner_id=appointment.practitioner_id,
                intake_id=intake.id if intake else None,
                state="planned",
                starts_at=appointment.starts_at,
            )
            .on_conflict_do_nothing(index_elements=["tenant_id", "id"])
        )
        return session.get_one(Visit, (session.tenant_id, appointment.id))
    if visit.state in {"planned", "arrived", "waiting"}:
        visit.starts_at = appointment.starts_at
        visit.practitioner_id = appointment.practitioner_id
        session.flush()
    return visit


def _move(visit: Visit, target: str) -> None:
    if not may_move(visit.state, target):
        raise VisitMoved(f"{visit.state} to {target}")
    visit.state = target


def check_in(session: PortalSession, *, visit: Visit, now: datetime) -> Visit:
    """The desk notes that the patient is there (on the phone, or at the counter)."""
    if visit.state in {"arrived", "waiting", "in_progress"}:
        return visit
    _move(visit, "arrived")
    visit.arrived_at = now
    session.flush()
    _tell_arrived(session, visit, now)
    return visit


def arrive(session: PortalSession, *, visit: Visit, now: datetime) -> Visit:
    """The patient takes a place in the waiting room; once more keeps it. Raises ConsentMissing, WaitingRoomClosed."""
    if visit.state in {"waiting", "in_progress"}:
        return visit
    opened = door(state=visit.state, starts_at=visit.starts_at, now=now)
    if opened is not Door.OPEN:
        raise WaitingRoomClosed(opened)
    if not has_consent(session, patient_id=visit.patient_id):
        raise ConsentMissing
    first = visit.arrived_at is None
    _move(visit, "waiting")
    visit.arrived_at = visit.arrived_at or now
    visit.waiting_since = now
    if visit.intake_id is None and (intake := latest_intake(session, patient_id=visit.patient_id)):
        visit.intake_id = intake.id
    session.flush()
    place = insert(QueuePlace).values(
        tenant_id=session.tenant_id, id=visit.id, practitioner_id=visit.practitioner_id, since=now, left_at=None
    )
    session.execute(
        place.on_conflict_do_update(
            index_elements=["tenant_id", "id"],
            set_={"practitioner_id": visit.practitioner_id, "since": now, "left_at": None},
        )
    )
    if first:
        _tell_arrived(session, visit, now)
    return visit


def _tell_arrived(session: PortalSession, visit: Visit, now: datetime) -> None:
    event = PatientArrived(visit_id=visit.id, patient_id=visit.patient_id, practitioner_id=visit.practitioner_id)
    emit(session, event, now=now)


def _leave_queue(session: PortalSession, visit: Visit, now: datetime) -> None:
    place = session.get(QueuePlace, (session.tenant_id, visit.id))
    if place is not None and place.left_at is None:
        place.left_at = now
        session.flush()


def admit(session: PortalSession, *, visit: Visit, now: datetime) -> Visit:
    """The clinician lets the patient in; once more changes nothing. Raises VisitMoved."""
    if visit.state == "in_progress":
        return visit
    _move(visit, "in_progress")
    visit.admitted_at = now
    session.flush()
    _leave_queue(session, visit, now)
    announce(session, visit_id=visit.id, kind=NoticeKind.ADMITTED)
    emit(
        session,
        VisitStarted(visit_id=visit.id, patient_id=visit.patient_id, practitioner_id=visit.practitioner_id),
        now=now,
    )
    return visit


def end_visit(session: PortalSession, *, visit: Visit, outcome: str = "completed", now: datetime) -> Visit:
    """The clinician ends the visit; once more changes nothing. Raises VisitMoved."""
    if visit.state == "finished":
        return visit
    _move(visit, "finished")
    visit.ended_at, visit.outcome = now, outcome
    session.flush()
    close_appointment(session, appointment_id=visit.appointment_id, status="fulfilled", now=now)
    announce(session, visit_id=visit.id, kind=NoticeKind.ENDED)
    emit(
        session,
        VisitEnded(visit_id=visit.id, patient_id=visit.patient_id, practitioner_id=visit.practitioner_id),
        now=now,
    )
    return visit


def call_off(session: PortalSession, *, visit: Visit, state: str, now: datetime) -> None:
    """The visit does not take place: cancelled or noshow."""
    if visit.state == state or not may_move(visit.state, state):
        return
    visit.state = state
    session.flush()
    if state == "noshow":
        close_appointment(session, appointment_id=visit.appointment_id, status="noshow", now=now)
    _leave_queue(session, visit, now)
    announce(session, visit_id=visit.id, kind=NoticeKind.ENDED)


def turn_away(session: PortalSession, *, visit: Visit, now: datetime) -> None:
    """The patient's side leaves the waiting room and the call: the consent holds no longer. The visit stays.

    The clinician is left in the call, sees that the other side left, and ends the visit as its state demands.
    """
    if visit.state == "waiting":
        _move(visit, "arrived")
        session.flush()
        _leave_queue(session, visit, now)
    announce(session, visit_id=visit.id, kind=NoticeKind.WITHDRAWN, role=VideoRole.PATIENT)


def post_message(session: PortalSession, *, visit: Visit, body: str, now: datetime) -> ChatMessage:
    """Store a message beside the call; the sockets only learn that one is there. Raises VisitMoved."""
    if visit.state not in {"waiting", "in_progress"}:
        raise VisitMoved(visit.state)
    role = "clinician" if Role.CLINICIAN in session.principal.roles else "patient"
    message = ChatMessage(
        patient_id=visit.patient_id,
        visit_id=visit.id,
        author_id=session.principal.actor_id,
        author_role=role,
        body=body[:LONGEST_MESSAGE],
        sent_at=now,
    )
    session.add(message)
    session.flush()
    announce(session, visit_id=visit.id, kind=NoticeKind.MESSAGE)
    return message


def video_ticket(session: PortalSession, *, visit: Visit, key: str, now: datetime) -> str:
    """A ticket to the visit's room for whoever asks. Raises VisitMoved when there is no room, ConsentMissing."""
    if visit.state not in {"waiting", "in_progress"}:
        raise VisitMoved(visit.state)
    is_clinician = Role.CLINICIAN in session.principal.roles
    if not is_clinician and not has_consent(session, patient_id=visit.patient_id):
        raise ConsentMissing
    use = TicketUse.CALL if is_clinician or visit.state == "in_progress" else TicketUse.WAIT
    return issue_ticket(
        session,
        key=key,
        visit_id=visit.id,
        participant_id=session.principal.actor_id,
        role=VideoRole.CLINICIAN if is_clinician else VideoRole.PATIENT,
        use=use,
        now=now,
    )


def echo_ticket(session: PortalSession, *, key: str, now: datetime) -> str:
    """A ticket for the device test."""
    return issue_ticket(
        session,
        key=key,
        visit_id=new_id(),
        participant_id=session.principal.actor_id,
        role=VideoRole.PATIENT,
        use=TicketUse.ECHO,
        now=now,
    )


def record_device_test(
    session: PortalSession,
    *,
    patient_id: UUID,
    verdict: str,
    parts: dict[str, str],
    up_kbps: int | None,
    down_kbps: int | None,
    now: datetime,
) -> DeviceTest:
    """Keep what the device and the line can do. `parts`: camera, microphone, echo, speaker as yes, no or unknown."""
    test = DeviceTest(
        patient_id=patient_id,
        verdict=verdict,
        camera=parts.get("camera", "unknown"),
        microphone=parts.get("microphone", "unknown"),
        echo=parts.get("echo", "unknown"),
        speaker=parts.get("speaker", "unknown"),
        up_kbps=up_kbps,
        down_kbps=down_kbps,
        tested_at=now,
    )
    session.add(test)
    session.flush()
    return test
