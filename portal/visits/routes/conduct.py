"""The clinician's and the desk's verbs on a visit. The page that they are pressed on is a workspace's."""

from uuid import UUID

from flask import flash, request
from flask.typing import ResponseReturnValue

from portal.kernel.locale import gettext as _
from portal.scheduling import appointment_by_id
from portal.visits.access import Permission
from portal.visits.forms import EndForm
from portal.visits.models import Visit
from portal.visits.operations import VisitMoved, admit, call_off, check_in, end_visit, plan_visit
from portal.visits.queries import is_in_progress, visit_by_id
from portal.visits.routes import blueprint
from portal.visits.routes.join import ticket_answer
from portal.web.access import db, now, requires
from portal.web.pages import found, see, see_next
from portal.web.transactions import writes


@blueprint.post("/staff/visits/<uuid:visit>/admit")
@requires(Permission.VISIT_CONDUCT, purpose="care")
@writes
def let_in(visit: UUID) -> ResponseReturnValue:
    """Admit the patient from the waiting room."""
    known = found(visit_by_id(db(), visit_id=visit))
    try:
        admit(db(), visit=known, now=now())
    except VisitMoved:
        flash(_("The patient is not in the waiting room now."), "warning")
    return see("workspaces.visit_page", visit=visit)


@blueprint.post("/staff/visits/<uuid:visit>/end")
@requires(Permission.VISIT_CONDUCT, purpose="care")
@writes
def end(visit: UUID) -> ResponseReturnValue:
    """End the visit for both."""
    known = found(visit_by_id(db(), visit_id=visit))
    form = EndForm()
    if form.validate_on_submit():
        try:
            end_visit(db(), visit=known, outcome=form.outcome.data, now=now())
        except VisitMoved:
            flash(_("This visit is not in progress."), "warning")
    return see("workspaces.visit_page", visit=visit)


@blueprint.post("/staff/visits/<uuid:visit>/ticket")
@requires(Permission.VISIT_CONDUCT, purpose="care", while_locked=True)
@writes
def clinician_ticket(visit: UUID) -> ResponseReturnValue:
    """The clinician's ticket for the socket."""
    return ticket_answer(found(visit_by_id(db(), visit_id=visit)))


@blueprint.get("/staff/visits/<uuid:visit>/presence")
@requires(Permission.VISIT_CONDUCT, purpose="care", polled=True, presence=True, while_locked=True)
def in_call(visit: UUID) -> ResponseReturnValue:
    """The call's page says once a minute that the call goes on: whoever speaks with a patient is there."""
    found(is_in_progress(db(), visit_id=visit) or None)
    return "", 204


def _planned(visit: UUID) -> Visit:
    known = visit_by_id(db(), visit_id=visit)
    if known is None:
        appointment = found(appointment_by_id(db(), appointment_id=visit))
        known = plan_visit(db(), appointment=found(appointment if appointment.status == "booked" else None))
    return known


@blueprint.post("/staff/visits/<uuid:visit>/check-in")
@requires(Permission.VISIT_CHECK_IN, purpose="scheduling")
@writes
def desk_check_in(visit: UUID) -> ResponseReturnValue:
    """The desk notes that the patient is there."""
    try:
        check_in(db(), visit=_planned(visit), now=now())
    except VisitMoved:
        flash(_("This visit can no longer be checked in."), "warning")
        return _back(to_top=True)
    return _back()


@blueprint.post("/staff/visits/<uuid:visit>/no-show")
@requires(Permission.VISIT_CHECK_IN, purpose="scheduling")
@writes
def no_show(visit: UUID) -> ResponseReturnValue:
    """The patient did not come."""
    call_off(db(), visit=_planned(visit), state="noshow", now=now())
    return _back()


def _back(*, to_top: bool = False) -> ResponseReturnValue:
    """To the card from which one came; where something is to be read first, to the beginning of its page."""
    asked = request.form.get("next")
    return see_next(asked.partition("#")[0] if asked and to_top else asked, "workspaces.board")
