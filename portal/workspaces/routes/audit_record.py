"""Who saw what: the investigator's pages. A patient is searched for in the request's body, as at the desk."""

from typing import Any

from flask import abort, flash, request, url_for
from flask.typing import ResponseReturnValue

from portal.audit import EXPORTED, FoundLeaves, Permission, TooManyLeaves, export_leaves, find_leaves
from portal.kernel.locale import format_number
from portal.kernel.locale import gettext as _
from portal.patients import search_patients
from portal.web.access import clinic, db, now, principal, requires
from portal.web.pages import document, found, refused, render, see
from portal.workspaces.audit_export import FORMATS, About
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
        exports=_exports(asked) if principal().has(Permission.EXPORT) and hits.leaves else {},
        most=EXPORTED,
    )


def _exports(asked: Asked) -> dict[str, str]:
    """Where the whole of it is to be had as a file, by format."""
    return {kind.upper(): url_for("workspaces.audit_export", **asked.query(format=kind)) for kind in FORMATS}


@blueprint.get("/staff/audit/export")
@requires(Permission.EXPORT, purpose="audit", step_up="export")
def audit_export() -> ResponseReturnValue:
    """What the filter finds, whole, as a file: ?format= csv or json."""
    kind = request.args.get("format", "csv")
    asked = Asked.of(request.args)
    if kind not in FORMATS or asked.wrong:
        abort(404)
    try:
        leaves = export_leaves(db(), wanted=asked.wanted(clinic().zone))
    except TooManyLeaves:
        flash(_too_many(), "warning")
        return see("workspaces.audit_record", **asked.query())
    names = names_of(db(), leaves, account=asked.person, patient=asked.patient)
    media_type, write = FORMATS[kind]
    return document(
        write(leaves, names, about=About.of(principal(), clinic=clinic().slug, asked=asked.query(), now=now())),
        media_type=media_type,
        filename=f"{clinic().slug}-audit-{now():%Y%m%d-%H%M%S}.{kind}",
    )


def _too_many() -> str:
    return _(
        "There are more than %(num)s entries, which is the most that one file holds. Choose fewer days.",
        num=format_number(EXPORTED),
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
