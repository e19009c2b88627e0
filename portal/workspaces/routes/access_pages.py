"""Who can see a record, and who looked: the patient's own page, and the one of the clinic's staff."""

from typing import Any
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.patients import end_proxy, part_name, patient_by_id, proxy_grant
from portal.web.access import db, now, principal, requires
from portal.web.pages import found, render, see
from portal.web.transactions import writes
from portal.workspaces.access import Permission
from portal.workspaces.access_page import access_page_of
from portal.workspaces.access_words import areas, term
from portal.workspaces.routes import blueprint, home


@home.get("/p/<uuid:patient>/access")
@requires(Permission.ACCESS_OWN, purpose="access-log")
def own_access(patient: UUID) -> ResponseReturnValue:
    """Who can see the record and why; for the person themselves, who looked too."""
    context = _context(patient, with_looks=True, may_end=True)
    name = context["page"].patient.display_name
    return render(
        "workspaces/own_access.html",
        patient_name=name,
        patient_href=url_for("home.start", patient=patient),
        ending=url_for("home.end_own_access", patient=patient),
        ending_invitation=url_for("patients.end_invitation", patient=patient),
        **context,
    )


@home.post("/p/<uuid:patient>/access/end")
@requires(Permission.ACCESS_OWN, purpose="access-log")
@writes
def end_own_access(patient: UUID) -> ResponseReturnValue:
    """The patient, or whoever acts for them, ends it. Ended already, nothing changes."""
    ended = _end(patient)
    return see("patients.people") if ended == principal().user_id else see("home.own_access", patient=patient)


@blueprint.get("/staff/patients/<uuid:patient>/access")
@requires(Permission.ACCESS_READ, purpose="access")
def access(patient: UUID) -> ResponseReturnValue:
    """Who can see the record and why; who looked, for those who answer for it."""
    who = principal()
    return render(
        "workspaces/access.html",
        ending=url_for("workspaces.end_access", patient=patient),
        ending_invitation=url_for("patients.end_invitation_at_desk", patient=patient)
        if who.has(Permission.ACCESS_END)
        else "",
        **_context(patient, with_looks=who.has(Permission.ACCESS_LOG_READ), may_end=who.has(Permission.ACCESS_END)),
    )


@blueprint.post("/staff/patients/<uuid:patient>/access/end")
@requires(Permission.ACCESS_END, purpose="access")
@writes
def end_access(patient: UUID) -> ResponseReturnValue:
    """The desk ends what it has given to somebody to act for the patient."""
    _end(patient)
    return see("workspaces.access", patient=patient)


def _end(patient: UUID) -> UUID:
    """Whose access it was."""
    grant = found(proxy_grant(db(), patient_id=patient, grant_id=request.form.get("grant", "")))
    end_proxy(db(), patient_id=patient, user_id=grant.user_id, now=now())
    return grant.user_id


def _context(patient: UUID, *, with_looks: bool, may_end: bool) -> dict[str, Any]:
    person = found(patient_by_id(db(), patient_id=patient))
    with_own = request.args.get("whose") == "all"
    before = _id(request.args.get("before", ""))
    return {
        "page": access_page_of(
            db(),
            patient=person,
            with_looks=with_looks,
            may_end=may_end,
            before=before,
            with_own=with_own,
            now=now(),
        ),
        "with_own": with_own,
        "is_older": before is not None,
        "here": request.path,
        "areas": areas,
        "term": term,
        "part_name": part_name,
    }


def _id(given: str) -> UUID | None:
    try:
        return UUID(given)
    except ValueError:
        return None
