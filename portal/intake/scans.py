"""Quarantine: a photo is opened by nobody until a scanner has looked at it.

Without a scanner a photo says that nobody has looked; the installation decides whether it opens all the same.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from portal.audit import record_event
from portal.intake.models import Photo
from portal.intake.ports import Scanner
from portal.intake.wiring import scanning
from portal.kernel.db import PortalSession
from portal.kernel.objects import ObjectStore
from portal.kernel.tasks import schedule, scheduled

PURPOSE = "scanning"
#: What a scan may still decide.
OPEN_QUESTIONS = ("waiting", "not-scanned")
#: How many photos of an earlier time a round asks for.
A_ROUND = 200


def opens(photo: Photo) -> bool:
    """Whether somebody who may see the photo gets to see it."""
    return photo.scan_state == "clean" or (photo.scan_state == "not-scanned" and scanning().open_unscanned)


def ask_for_scan(session: PortalSession, photo: Photo, *, now: datetime) -> None:
    """Have it looked at after this transaction; once more is the same."""
    schedule(session, kind=ScanPhoto.kind, subject_id=photo.id, key=f"{ScanPhoto.kind}:{photo.id}", due_at=now)


@scheduled(kind="intake.scan_earlier", purpose=PURPOSE)
def scan_earlier(session: PortalSession, subject_id: UUID, *, now: datetime) -> None:
    """A scanner has been connected: photos of the time before are looked at, too."""
    if not scanning().on:
        return
    earlier = select(Photo).where(Photo.scan_state == "not-scanned", Photo.removed_at.is_(None))
    for photo in session.scalars(earlier.order_by(Photo.taken_at).limit(A_ROUND)):
        ask_for_scan(session, photo, now=now)


@dataclass(frozen=True, kw_only=True)
class ScanRequest:
    """The photo as it is stored."""

    content: bytes


class ScanPhoto:
    """Asks the scanner (kernel.tasks.Outside). Only the first answer is written: a second finds the photo decided."""

    kind = "intake.scan_photo"
    purpose = PURPOSE

    def __init__(self, *, scanner: Scanner, objects: ObjectStore) -> None:
        self._scanner = scanner
        self._objects = objects

    def claim(self, session: PortalSession, subject_id: UUID, *, now: datetime) -> ScanRequest | None:
        """The content; None when it is decided, or taken back."""
        photo = session.get(Photo, (session.tenant_id, subject_id))
        if photo is None or photo.removed_at is not None or photo.scan_state not in OPEN_QUESTIONS:
            return None
        return ScanRequest(content=self._objects.get(session, photo.object_id))

    def call(self, request: ScanRequest, *, again: bool, now: datetime) -> str | None:
        """Looking twice harms nobody."""
        return self._scanner.scan(request.content)

    def settle(self, session: PortalSession, subject_id: UUID, answer: str | None, *, now: datetime) -> None:
        """From here on it opens, or never does."""
        state = "clean" if answer is None else "infected"
        decided = session.execute(
            update(Photo)
            .where(Photo.id == subject_id, Photo.scan_state.in_(OPEN_QUESTIONS))
            .values(scan_state=state, scanned_at=now)
            .returning(Photo.patient_id)
        ).scalar()
        if answer is not None and decided is not None:
            record_event(session, what="photo-refused:infected", patient_id=decided)

    def failed(self, session: PortalSession, subject_id: UUID, *, code: str, now: datetime) -> None:
        """It stays in quarantine; the dead task names it, and staff can have it tried again."""
