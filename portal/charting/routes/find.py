"""Words are looked for in a patient's signed notes. They are sent in the request's body: they tell of health."""

from typing import Any
from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from portal.charting.access import Permission
from portal.charting.queries import notes_with_words
from portal.charting.routes.blueprint import blueprint, next_path
from portal.charting.rules import words_asked
from portal.kernel.locale import gettext as _
from portal.patients import age_on, patient_by_id
from portal.web.access import db, now, requires
from portal.web.pages import found, refused, render

LONGEST = 200


@blueprint.post("/staff/patients/<uuid:patient>/history/notes")
@requires(Permission.HISTORY_READ, purpose="care")
def find_notes(patient: UUID) -> ResponseReturnValue:
    """The notes that hold every word, with where they stand."""
    person = found(patient_by_id(db(), patient_id=patient))
    typed = request.form.get("words", "")[:LONGEST]
    context: dict[str, Any] = {
        "person": person,
        "age": age_on(person.birth_date, now().date()),
        "typed": typed,
        "onward": next_path(),
    }
    if not words_asked(typed):
        return refused("charting/found.html", **context, find_error=_("Write a word of two letters or more."))
    return render("charting/found.html", **context, notes=notes_with_words(db(), patient_id=patient, text=typed))
