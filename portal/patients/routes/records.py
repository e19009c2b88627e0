"""The desk's pages: find a patient, make a record, put it right, invite somebody to take theirs up.

What is searched for is sent in the request's body: a name in an address would stay in histories and logs.
"""

from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from portal.kernel.locale import gettext as _
from portal.kernel.places import place_name
from portal.patients.access import Permission
from portal.patients.forms import BIRTH_DATE_WRONG, RecordForm, sex_name
from portal.patients.models import Patient
from portal.patients.operations import (
    NoContact,
    NotABirthDate,
    RecordHeld,
    change_details,
    create_patient_by_staff,
    invite_patient,
)
from portal.patients.queries import (
    PAGE,
    count_open_claims,
    has_holder,
    identifiers_of,
    namesakes,
    open_invitations,
    patient_by_id,
    search_patients,
)
from portal.patients.routes.blueprint import blueprint
from portal.patients.rules import age_on
from portal.web.access import clinic, db, now, requires
from portal.web.pages import found, refused, render, see
from portal.web.transactions import writes


@blueprint.route("/staff/patients", methods=["GET", "POST"])
@requires(Permission.SEARCH, purpose="administration")
def patients() -> ResponseReturnValue:
    """Search, filter, page by page."""
    text = (request.form.get("q") or "").strip()[:120]
    status = request.form.get("status") or "active"
    page = max(1, min(request.form.get("page", 1, type=int), 10_000))
    if request.form.get("search"):
        page = 1
    hits = search_patients(
        db(), text=text, status=None if status == "all" else status, limit=PAGE, offset=(page - 1) * PAGE
    )
    return render(
        "patients/patients.html",
        fragment="results",
        text=text,
        which=status,
        page=page,
        size=PAGE,
        hits=hits,
        claims=count_open_claims(db()),
        age=_age,
    )


@blueprint.route("/staff/patients/new", methods=["GET", "POST"])
@requires(Permission.ADMINISTER, purpose="administration")
@writes
def new_patient() -> ResponseReturnValue:
    """A record for somebody who phones; a namesake born on the same day is shown first."""
    here = clinic()
    form = RecordForm(
        data={
            "jurisdiction": here.jurisdiction,
            "language": here.default_language,
            "spoken": here.default_language,
            "zone": here.zone,
            "sex": "unknown",
        }
    )
    form.offer(jurisdiction=here.jurisdiction, language=here.default_language, zone=here.zone)
    alike: list[Patient] = []
    if form.validate_on_submit():
        details = form.details(**form.contact())
        alike = [] if form.confirm.data else namesakes(db(), details.family_name, details.birth_date)
        if not alike:
            try:
                return see("patients.record", patient=create_patient_by_staff(db(), details=details, now=now()).id)
            except NotABirthDate:
                form.birth_date.errors = [str(BIRTH_DATE_WRONG)]
    show = refused if request.method == "POST" else render
    return show("patients/new_patient.html", form=form, alike=alike)


@blueprint.route("/staff/patients/<uuid:patient>")
@requires(Permission.ADMINISTER, purpose="administration")
def record(patient: UUID) -> ResponseReturnValue:
    """Who it is, how they are reached, and whether they act for themselves yet."""
    return _record_page(found(patient_by_id(db(), patient_id=patient)))


@blueprint.route("/staff/patients/<uuid:patient>/edit", methods=["GET", "POST"])
@requires(Permission.ADMINISTER, purpose="administration")
@writes
def edit_record(patient: UUID) -> ResponseReturnValue:
    """Put a record right."""
    person = found(patient_by_id(db(), patient_id=patient))
    form = RecordForm(data=RecordForm.values_of(person))
    form.offer(jurisdiction=person.jurisdiction, language=person.language, zone=person.zone)
    if form.validate_on_submit():
        try:
            change_details(
                db(),
                patient=person,
                details=form.details(**form.contact()),
                status=form.status.data or "active",
                now=now(),
            )
        except NotABirthDate:
            form.birth_date.errors = [str(BIRTH_DATE_WRONG)]
        else:
            return see("patients.record", patient=patient)
    show = refused if request.method == "POST" else render
    return show("patients/edit_record.html", form=form, person=person)


@blueprint.route("/staff/patients/<uuid:patient>/invite", methods=["POST"])
@requires(Permission.ADMINISTER, purpose="administration")
@writes
def invite(patient: UUID) -> ResponseReturnValue:
    """Send the link with which the person takes up their record."""
    person = found(patient_by_id(db(), patient_id=patient))
    try:
        invite_patient(db(), patient=person, now=now())
    except NoContact:
        return _record_page(person, error=_("Add a phone number or an e-mail address first."))
    except RecordHeld:
        return _record_page(person, error=_("This person uses the online visits already."))
    return see("patients.record", patient=patient)


def _record_page(person: Patient, *, error: str = "") -> ResponseReturnValue:
    return render(
        "patients/record.html",
        status=422 if error else 200,
        person=person,
        error=error,
        age=_age(person),
        held=has_holder(db(), patient_id=person.id, now=now()),
        invitations=open_invitations(db(), patient_id=person.id, now=now()),
        identifiers=identifiers_of(db(), patient_id=person.id),
        place_name=place_name,
        sex_name=sex_name,
        at=now(),
    )


def _age(person: Patient) -> int:
    return age_on(person.birth_date, now().date())
