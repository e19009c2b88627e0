"""Photos: the patient's own to look at and remove, and the clinician's to look at."""

from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from portal.intake.access import Permission
from portal.intake.models import Photo
from portal.intake.operations import IntakeClosed
from portal.intake.photographs import remove_photo
from portal.intake.queries import photo_by_id
from portal.intake.routes.blueprint import Filling, blueprint
from portal.intake.scans import opens
from portal.intake.wording import why_closed
from portal.web.access import db, door, now, requires
from portal.web.pages import document, found, render, see
from portal.web.transactions import writes


@blueprint.route("/p/<uuid:patient>/intake/photos/<uuid:photo>")
@requires(Permission.INTAKE_FILL, purpose="intake")
def photo(patient: UUID, photo: UUID) -> ResponseReturnValue:
    """One's own photo."""
    return _send(found(photo_by_id(db(), patient_id=patient, photo_id=photo)))


@blueprint.route("/staff/patients/<uuid:patient>/photos/<uuid:photo>")
@requires(Permission.INTAKE_READ, purpose="care")
def patient_photo(patient: UUID, photo: UUID) -> ResponseReturnValue:
    """A patient's photo, for a clinician who may see the record."""
    return _send(found(photo_by_id(db(), patient_id=patient, photo_id=photo)))


def _send(row: Photo) -> ResponseReturnValue:
    if not opens(row):
        waits = row.scan_state == "waiting"
        return render("intake/photo_closed.html", status=409, why=why_closed(row), waits=waits, here=request.path)
    content = door().objects.get(db(), row.object_id)
    # Shown and not saved: a photo of one's body should not stay among a shared phone's downloads.
    return document(content, media_type=row.media_type, filename="photo.jpg", inline=True)


@blueprint.route("/p/<uuid:patient>/intake/photos/<uuid:photo>/remove", methods=["POST"])
@requires(Permission.INTAKE_FILL, purpose="intake")
@writes
def drop_photo(patient: UUID, photo: UUID) -> ResponseReturnValue:
    """Take a photo back before the answers are sent."""
    filling = Filling(patient)
    found(photo_by_id(db(), patient_id=patient, photo_id=photo))
    try:
        remove_photo(db(), patient_id=patient, photo_id=photo, now=now())
    except IntakeClosed:
        return see("intake.start", patient=patient)
    at = next((one.code for one in filling.way.steps if any(q.kind == "photo" for q in one.questions)), None)
    return see("intake.step", patient=patient, step=at) if at else see("intake.start", patient=patient)
