"""Reads of visits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, exists, func, select

from portal.kernel.db import Asked, PortalSession, Together
from portal.visits.models import CallQuality, ChatMessage, DeviceTest, Participation, QueuePlace, Visit


@dataclass(frozen=True, kw_only=True)
class VisitFile:
    """A visit, the chat beside its call while it goes on, and how the patient's device did last."""

    visit: Visit
    messages: Sequence[ChatMessage]
    device_test: DeviceTest | None


def visit_by_id(session: PortalSession, *, visit_id: UUID, patient_id: UUID | None = None) -> Visit | None:
    """A visit; with `patient_id`, only when it is that patient's."""
    visit = session.get(Visit, (session.tenant_id, visit_id))
    return visit if visit is not None and patient_id in {None, visit.patient_id} else None


def is_in_progress(session: PortalSession, *, visit_id: UUID) -> bool:
    """Whether there is such a visit, open to whoever asks, and its call goes on; nothing of it is read."""
    going_on = exists().where(Visit.id == visit_id, Visit.state == "in_progress")
    return bool(session.scalar(select(going_on)))


def visits_by_id(session: PortalSession, ids: Iterable[UUID]) -> dict[UUID, Visit]:
    """Visits by id, which is the appointment's."""
    wanted = list(ids)
    if not wanted:
        return {}
    return {visit.id: visit for visit in session.scalars(select(Visit).where(Visit.id.in_(wanted)))}


def waiting_room(session: PortalSession, *, practitioner_id: UUID) -> list[Visit]:
    """Who waits for a practitioner, longest first."""
    return list(
        session.scalars(
            select(Visit)
            .where(Visit.practitioner_id == practitioner_id, Visit.state == "waiting")
            .order_by(Visit.waiting_since)
        )
    )


def place_in_queue(session: PortalSession, *, visit: Visit) -> int:
    """1 for the next; counts places, not people, so nobody learns who waits."""
    if visit.waiting_since is None:
        return 0
    before = select(func.count()).select_from(QueuePlace).where(
        QueuePlace.practitioner_id == visit.practitioner_id,
        QueuePlace.left_at.is_(None),
        QueuePlace.since < visit.waiting_since,
    )  # fmt: skip
    return 1 + int(session.scalar(before) or 0)


def messages_of(session: PortalSession, *, visit_id: UUID) -> list[ChatMessage]:
    """The chat beside a call, oldest first."""
    return list(
        session.scalars(
            select(ChatMessage).where(ChatMessage.visit_id == visit_id).order_by(ChatMessage.sent_at, ChatMessage.id)
        )
    )


def participations_of(session: PortalSession, *, visit_id: UUID) -> list[Participation]:
    """Who was connected, and when."""
    return list(
        session.scalars(
            select(Participation).where(Participation.visit_id == visit_id).order_by(Participation.joined_at)
        )
    )


def quality_of(session: PortalSession, *, visit_id: UUID) -> list[CallQuality]:
    """How well the line held, stretch by stretch."""
    return list(
        session.scalars(select(CallQuality).where(CallQuality.visit_id == visit_id).order_by(CallQuality.seconds))
    )


def last_device_test(session: PortalSession, *, patient_id: UUID, since: datetime) -> DeviceTest | None:
    """The patient's latest device test since an instant."""
    return session.scalar(
        select(DeviceTest)
        .where(DeviceTest.patient_id == patient_id, DeviceTest.tested_at >= since)
        .order_by(DeviceTest.tested_at.desc())
        .limit(1)
    )


_PATIENT = select(Visit.patient_id).where(Visit.id == bindparam("visit")).scalar_subquery()
_CALL = select(Visit.id).where(Visit.id == bindparam("visit"), Visit.state == "in_progress")
_FILE = Together(
    Asked(select(Visit).where(Visit.id == bindparam("visit"))),
    Asked(select(ChatMessage).where(ChatMessage.visit_id.in_(_CALL)), ChatMessage.sent_at, ChatMessage.id),
    Asked(
        select(DeviceTest)
        .where(DeviceTest.patient_id == _PATIENT, DeviceTest.tested_at >= bindparam("tested_since"))
        .limit(1),
        DeviceTest.tested_at.desc(),
    ),
)


def visit_file(session: PortalSession, *, visit_id: UUID, tested_since: datetime) -> VisitFile | None:
    """What the clinician's page shows of a visit, in one query."""
    found = _FILE.read(session, visit=visit_id, tested_since=tested_since)
    visit = found.first(Visit)
    if visit is None:
        return None
    return VisitFile(visit=visit, messages=found.all(ChatMessage), device_test=found.first(DeviceTest))
