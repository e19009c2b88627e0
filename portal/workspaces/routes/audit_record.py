"""Who saw what: the investigator's pages. A patient is searched for in the request's body, as at the desk."""

from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.audit import FoundLeaves, Permission, find_leaves
from portal.patients import search_patients
from portal.web.access import clinic, db, requires
from portal.web.pages import found, refused, render
from portal.workspaces.audit_filter import Asked, id_in
from portal.workspaces.audit_record import line_of, names_of, people_to_choose
from portal.workspaces.audit_words import ACTIONS, PURPOSES
from portal.workspaces.routes import blueprint


@blueprint.get("/staff/audit")
@requires(Permission.INVESTIGATE, purpose="audit")
def audit_record() -> ResponseReturnValue:
    """A page of the record, as filtered."""
    asked = Asked.of(request.args)
    after = id_in(request.args.get("after", ""))
    if asked.wrong:
        hits = FoundLeaves(leaves=[], total=0, is_more=False, after=None)
    else:
        hits = find_leaves(db(), wanted=asked.wanted(clinic().zone), after=after)
    names = names_of(db(), hits.leaves, account=asked.person, patient=asked.patient)
    if asked.patient:
        found(names.patients.get(asked.patient))
    return (refused if asked.wrong else render)(
        "workspaces/audit_record.html",
        asked=asked,
        hits=hits,
        lines=[line_of(leaf, names) for leaf in hits.leaves],
        patient=names.of_patient(asked.patient),
        people=people_to_choose(names, asked.person),
        purposes=PURPOSES,
        actions=ACTIONS,
        zone=clinic().zone,
        newest_href=url_for("workspaces.audit_record", **asked.query()) if after else None,
        next_href=url_for("workspaces.audit_record", **asked.query(after=hits.after)) if hits.after else None,
        address_of=_address_of,
    )


@blueprint.route("/staff/audit/patients", methods=["GET", "POST"])
@requires(Permission.INVESTIGATE, purpose="audit")
def audit_patients() -> ResponseReturnValue:
    """Find the patient whose record was touched."""
    text = (request.form.get("q") or "").strip()[:120]
    return render(
        "workspaces/audit_patients.html",
        text=text,
        hits=search_patients(db(), text=text, status=None) if text else None,
        address_of=_address_of,
    )


def _address_of(**query: Any) -> str:
    """The whole record of one person or one patient."""
    return url_for("workspaces.audit_record", **query)
