"""Emergency access: find one person, say why, open their record for an hour; end it before. For clinicians.

Who it is about is sent in the request's body: a name in an address would stay in histories and logs.
"""

from collections.abc import Sequence
from uuid import UUID

from flask import flash, request
from flask.typing import ResponseReturnValue

from portal.kernel.locale import gettext as _
from portal.patients.access import Permission
from portal.patients.forms import EmergencyForm
from portal.patients.models import Patient
from portal.patients.operations import SeenAnyway, end_emergency, open_in_emergency
from portal.patients.queries import my_emergencies, namesakes
from portal.patients.routes.blueprint import blueprint
from portal.web.access import db, now, requires
from portal.web.pages import refused, render, see
from portal.web.transactions import writes


@blueprint.get("/staff/emergency")
@requires(Permission.BREAK_GLASS, purpose="break-glass", step_up="break-glass")
def emergency() -> ResponseReturnValue:
    """Whom it is about."""
    return render("patients/emergency.html", form=EmergencyForm(), people=None)


@blueprint.post("/staff/emergency/find")
@requires(Permission.BREAK_GLASS, purpose="break-glass", step_up="break-glass")
def find_in_emergency() -> ResponseReturnValue:
    """Those whom it may be, and why the record is to be opened."""
    form = EmergencyForm()
    if not form.names_somebody():
        return refused("patients/emergency.html", form=form, people=None)
    people = _people(form)
    return render("patients/emergency.html", form=form, people=people)


@blueprint.post("/staff/emergency")
@requires(Permission.BREAK_GLASS, purpose="break-glass", step_up="break-glass")
@writes
def open_record() -> ResponseReturnValue:
    """Open it. Opened already, it stays as it is."""
    form = EmergencyForm()
    people = _people(form) if form.names_somebody() else []
    if not people or not form.validate():
        return refused("patients/emergency.html", form=form, people=people or None)
    patient = UUID(form.patient.data)
    try:
        open_in_emergency(
            db(),
            patient_id=patient,
            reason=form.reason.data,
            sentence=form.sentence.data or "",
            wants_sensitive=bool(form.wants_sensitive.data),
            now=now(),
        )
    except SeenAnyway:
        flash(_("You see this record anyway. Nothing was opened."), "success")
    return see("charting.history", patient=patient)


def _people(form: EmergencyForm) -> Sequence[Patient]:
    people = namesakes(db(), form.family_name.data or "", form.birth_date.data)
    form.offer(people)
    return people


@blueprint.post("/staff/emergency/end")
@requires(Permission.BREAK_GLASS, purpose="break-glass")
@writes
def end_emergency_access() -> ResponseReturnValue:
    """End it now. Ended already, nothing changes."""
    for one in my_emergencies(db(), now=now()):
        if str(one.access.id) == request.form.get("emergency"):
            end_emergency(db(), emergency=one.access, now=now())
    flash(_("Your emergency access has ended."), "success")
    return see("workspaces.my_day")
