"""Photos of an intake: made safe, stored, then named by a row."""

import hashlib
from datetime import datetime
from uuid import UUID

from portal.intake.models import Photo
from portal.intake.operations import lock_intake
from portal.intake.queries import form_of, photo_by_id, photos_of
from portal.intake.rules import make_safe
from portal.intake.scans import ask_for_scan
from portal.intake.wiring import scanning
from portal.kernel.db import PortalSession
from portal.kernel.errors import NotFound, PortalError
from portal.kernel.objects import ObjectStore


class TooManyPhotos(PortalError):
    """The question takes no further photo."""

    code = "too-many-photos"

    def __init__(self, most: int) -> None:
        super().__init__(str(most))
        self.most = most


def add_photo(
    session: PortalSession,
    objects: ObjectStore,
    *,
    intake_id: UUID,
    question: str,
    content: bytes,
    max_bytes: int,
    now: datetime,
) -> Photo:
    """Keep a photo. Raises BadPhoto, TooManyPhotos, IntakeClosed, NotFound. The same photo again is the same row."""
    safe = make_safe(content, max_bytes=max_bytes)
    intake = lock_intake(session, intake_id)
    asked = [one for step in form_of(session, intake).steps for one in step.questions]
    most = next((one.most for one in asked if one.code == question and one.kind == "photo"), None)
    if most is None:
        raise NotFound("question")
    there = [photo for photo in photos_of(session, intake_id=intake_id) if photo.question == question]
    sha256 = hashlib.sha256(safe.content).hexdigest()
    if (same := next((photo for photo in there if photo.sha256 == sha256), None)) is not None:
        return same
    if len(there) >= most:
        raise TooManyPhotos(most)
    stored = objects.put(session, safe.content)
    photo = Photo(
        patient_id=intake.patient_id,
        intake_id=intake_id,
        question=question,
        object_id=stored.id,
        media_type=safe.media_type,
        width=safe.width,
        height=safe.height,
        size=stored.size,
        sha256=stored.sha256,
        taken_at=now,
        scan_state="waiting" if scanning().on else "not-scanned",
    )
    session.add(photo)
    session.flush()
    if scanning().on:
        ask_for_scan(session, photo, now=now)
    return photo


def remove_photo(session: PortalSession, *, patient_id: UUID, photo_id: UUID, now: datetime) -> None:
    """Take a photo out of an intake that is not sent yet; once more changes nothing. Raises IntakeClosed."""
    photo = photo_by_id(session, patient_id=patient_id, photo_id=photo_id)
    if photo is None:
        return
    lock_intake(session, photo.intake_id)
    photo.removed_at = now
    session.flush()
