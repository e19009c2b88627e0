"""The patient's own page, and the way to it after signing in."""

from uuid import UUID

from flask import url_for
from flask.typing import ResponseReturnValue

from portal.patients import my_patients, patient_by_id
from portal.web.access import db, now, principal, requires
from portal.web.pages import found, render, see
from portal.web.paging import asked_place, ways
from portal.workspaces.access import Permission
from portal.workspaces.home import home_of
from portal.workspaces.home_tasks import tasks_of
from portal.workspaces.routes import home as blueprint


@blueprint.get("/home")
@blueprint.get("/p/<uuid:patient>/")
@requires(Permission.HOME_READ, purpose="home")
def start(patient: UUID | None = None) -> ResponseReturnValue:
    """One next step, the way to the visit, and what was before."""
    if patient is None:
        return _whose()
    person = found(patient_by_id(db(), patient_id=patient))
    if principal().is_staff:
        return see("workspaces.board")
    home = home_of(db(), patient=person, after=asked_place(), now=now())
    tasks = tasks_of(home, url_for)
    return render(
        "home/start.html",
        home=home,
        tasks=tasks,
        ways=ways(home.earlier, "home.start", patient=patient, _anchor="earlier"),
        next_step=next((task for task in tasks if task["state"] == "now"), None),
    )


def _whose() -> ResponseReturnValue:
    if principal().is_staff:
        return see("workspaces.board")
    people = my_patients(db())
    if not people:
        return see("patients.register")
    if len(people) == 1:
        return see("home.start", patient=people[0].id)
    return see("patients.people")
