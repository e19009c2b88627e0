"""The front desk's page about who pays for a patient."""

from uuid import UUID

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from portal.eligibility.access import Permission
from portal.eligibility.forms import CheckForm, StatementForm
from portal.eligibility.operations import CoverageChanged, check_coverage, record_coverage
from portal.eligibility.queries import coverage_of
from portal.eligibility.wording import holder_name, status_kind, status_name
from portal.kernel.locale import gettext as _
from portal.patients import patient_by_id
from portal.web.access import db, now, requires
from portal.web.pages import found, refused, render, see
from portal.web.transactions import writes

blueprint = Blueprint("eligibility", __name__, url_prefix="/<clinic>")


@blueprint.route("/staff/patients/<uuid:patient>/coverage", methods=["GET", "POST"])
@requires(Permission.COVERAGE_CHECK, purpose="coverage")
@writes
def coverage(patient: UUID) -> ResponseReturnValue:
    """See who pays, and set the status."""
    person = found(patient_by_id(db(), patient_id=patient))
    current = coverage_of(db(), patient_id=patient)
    form = CheckForm(data={"coverage": current.id, "status": current.status} if current else {})
    if current is not None and form.validate_on_submit():
        try:
            check_coverage(
                db(),
                patient_id=patient,
                coverage_id=UUID(form.coverage.data),
                status=form.status.data,
                note=form.note.data or "",
                now=now(),
            )
        except CoverageChanged:
            form.coverage.data = str(current.id)
            form.form_errors.append(_("The coverage was changed meanwhile. Look at it again before you decide."))
        else:
            return see("eligibility.coverage", patient=patient)
    show = refused if request.method == "POST" else render
    return show(
        "eligibility/coverage.html",
        person=person,
        coverage=current,
        form=form,
        status_name=status_name,
        status_kind=status_kind,
        holder_name=holder_name,
    )


@blueprint.route("/staff/patients/<uuid:patient>/coverage/new", methods=["GET", "POST"])
@requires(Permission.COVERAGE_CHECK, purpose="coverage")
@writes
def state_coverage(patient: UUID) -> ResponseReturnValue:
    """Write down what the patient says on the phone."""
    person = found(patient_by_id(db(), patient_id=patient))
    form = StatementForm()
    if form.validate_on_submit():
        record_coverage(db(), patient_id=patient, statement=form.statement(), now=now())
        return see("eligibility.coverage", patient=patient)
    show = refused if request.method == "POST" else render
    return show("eligibility/new_coverage.html", person=person, form=form)
