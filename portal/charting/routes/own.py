"""The patient reads what the clinician wrote, once it is signed."""

from uuid import UUID

from flask import url_for
from flask.typing import ResponseReturnValue

from portal.charting.access import Permission
from portal.charting.queries import addenda_of, diagnoses_of, note_of_visit
from portal.charting.routes.blueprint import blueprint
from portal.patients import patient_by_id
from portal.practitioners import practitioner_by_id
from portal.visits import visit_by_id
from portal.web.access import db, requires
from portal.web.pages import found, render


@blueprint.get("/p/<uuid:patient>/visits/<uuid:visit>/note")
@requires(Permission.NOTE_READ_OWN, purpose="care")
def own_note(patient: UUID, visit: UUID) -> ResponseReturnValue:
    """The signed note of one's own visit."""
    person = found(patient_by_id(db(), patient_id=patient))
    own_visit = found(visit_by_id(db(), visit_id=visit, patient_id=patient))
    note = note_of_visit(db(), visit_id=visit)
    signed = note if note is not None and note.is_signed else None
    return render(
        "charting/own_note.html",
        patient_name=person.display_name,
        patient_href=url_for("home.start", patient=patient),
        visit=own_visit,
        note=signed,
        diagnoses=diagnoses_of(db(), note_id=signed.id) if signed else [],
        addenda=addenda_of(db(), note_id=signed.id) if signed else [],
        practitioner=practitioner_by_id(db(), practitioner_id=own_visit.practitioner_id),
    )
