"""In which language a visit is talked: asked once before booking, changed for one visit by the desk."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from portal.practitioners import Practitioner, practitioner_by_id
from portal.scheduling.access import Permission
from portal.scheduling.forms import InterpreterForm, LanguageForm
from portal.scheduling.models import SlotHold
from portal.scheduling.operations import UnableToChange, choose_language, settle_interpreter
from portal.scheduling.queries import appointment_by_id, hold_by_id
from portal.scheduling.routes.appointments import appointment_context
from portal.scheduling.routes.blueprint import blueprint
from portal.scheduling.routes.shared import person_context, the_patient
from portal.web.access import db, now, requires
from portal.web.pages import found, refused, render, see
from portal.web.transactions import writes


@blueprint.route("/p/<uuid:patient>/book/held/<uuid:hold>/language", methods=["GET", "POST"])
@requires(Permission.APPOINTMENT_BOOK, purpose="scheduling")
@writes
def language(patient: UUID, hold: UUID) -> ResponseReturnValue:
    """Which language do you want to speak? Filled in with what was answered before."""
    person = the_patient(patient)
    kept = found(hold_by_id(db(), hold_id=hold))
    found(kept if kept.patient_id == patient else None)
    form = LanguageForm(data=_answered(kept))
    if _chosen(kept, form):
        return see("scheduling.confirm", patient=patient, hold=hold)
    page: dict[str, Any] = {"form": form, "hold": kept, "practitioner": _clinician(kept)}
    show = render if request.method == "GET" else refused
    return show("scheduling/language.html", **page, **person_context(person))


@blueprint.route("/staff/book/<uuid:hold>/language", methods=["GET", "POST"])
@requires(Permission.APPOINTMENT_BOOK_FOR_PATIENT, purpose="scheduling")
@writes
def staff_language(hold: UUID) -> ResponseReturnValue:
    """The same question, asked on the phone."""
    kept = found(hold_by_id(db(), hold_id=hold))
    person = the_patient(kept.patient_id)
    form = LanguageForm(data=_answered(kept))
    if _chosen(kept, form):
        return see("scheduling.staff_confirm", hold=hold)
    page: dict[str, Any] = {"form": form, "hold": kept, "practitioner": _clinician(kept)}
    show = render if request.method == "GET" else refused
    return show("scheduling/staff_language.html", patient=person, **page)


@blueprint.route("/staff/appointments/<uuid:appointment>/interpreter", methods=["GET", "POST"])
@requires(Permission.APPOINTMENT_CHANGE_FOR_PATIENT, purpose="scheduling")
@writes
def interpreter(appointment: UUID) -> ResponseReturnValue:
    """Needed, arranged or not needed at this visit, and who interprets."""
    agreed = found(appointment_by_id(db(), appointment_id=appointment))
    person = the_patient(agreed.patient_id)
    if agreed.status != "booked":
        return see("scheduling.staff_appointment", appointment=appointment)
    kept = {"spoken": agreed.spoken or person.talks, "state": agreed.interpreter, "note": agreed.interpreter_note}
    form = InterpreterForm(data=kept)
    if form.validate_on_submit():
        # Where it was cancelled meanwhile, its page says so.
        with suppress(UnableToChange):
            settle_interpreter(
                db(),
                appointment_id=appointment,
                spoken=form.spoken.data,
                state=form.state.data,
                note=form.note.data or "",
                now=now(),
            )
        return see("scheduling.staff_appointment", appointment=appointment)
    show = render if request.method == "GET" else refused
    return show("scheduling/interpreter.html", form=form, patient=person, **appointment_context(agreed))


def _answered(kept: SlotHold) -> dict[str, Any]:
    return {"spoken": kept.spoken, "interpreter": "yes" if kept.interpreter else "no"}


def _chosen(kept: SlotHold, form: LanguageForm) -> bool:
    """Whether there is nothing to ask any more: it was answered now, or the visit is booked already."""
    if kept.appointment_id is not None:
        return True
    if not form.validate_on_submit():
        return False
    # Where it was booked meanwhile, the next page says so.
    with suppress(UnableToChange):
        choose_language(db(), hold=kept, spoken=form.spoken.data, interpreter=form.interpreter.data == "yes")
    return True


def _clinician(kept: SlotHold) -> Practitioner:
    return found(practitioner_by_id(db(), practitioner_id=kept.practitioner_id))
