"""A patient's own administrative data: see it, change how one is reached."""

from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from portal.kernel.places import place_name
from portal.patients.access import Permission
from portal.patients.forms import OwnContactForm, part_name, sex_name
from portal.patients.operations import change_own_contact, end_proxy
from portal.patients.queries import grants_on, held_patient, patient_by_id, proxy_grant
from portal.patients.routes.blueprint import blueprint, whose
from portal.web.access import db, now, principal, requires
from portal.web.pages import found, refused, render, see
from portal.web.transactions import writes


@blueprint.route("/p/<uuid:patient>/details")
@requires(Permission.OWN_DETAILS, purpose="details")
def details(patient: UUID) -> ResponseReturnValue:
    """What the clinic has on file, and who can see the record."""
    person = found(patient_by_id(db(), patient_id=patient))
    in_force = [one for one in grants_on(db(), patient_id=patient) if one.until is None or one.until > now()]
    mine = {one.basis for one in in_force if one.user_id == principal().user_id}
    return render(
        "patients/details.html",
        place_name=place_name,
        sex_name=sex_name,
        part_name=part_name,
        at=now(),
        grants=in_force,
        me=principal().user_id,
        holds="self" in mine,
        **whose(person),
    )


@blueprint.route("/p/<uuid:patient>/details/proxy", methods=["POST"])
@requires(Permission.OWN_DETAILS, purpose="details")
@writes
def end_a_proxy(patient: UUID) -> ResponseReturnValue:
    """The patient, or whoever acts for them, ends it. Ended already, nothing changes."""
    grant = found(proxy_grant(db(), patient_id=patient, grant_id=request.form.get("grant", "")))
    mine = grant.user_id == principal().user_id
    end_proxy(db(), patient_id=patient, user_id=grant.user_id, now=now())
    return see("patients.people") if mine else see("patients.details", patient=patient)


@blueprint.route("/p/<uuid:patient>/details/contact", methods=["GET", "POST"])
@requires(Permission.OWN_DETAILS, purpose="details")
@writes
def change_contact(patient: UUID) -> ResponseReturnValue:
    """How the patient is reached, in which language and by which clock."""
    person = found(held_patient(db(), patient_id=patient))
    names = ("phone", "email", "language", "zone", "jurisdiction", "interpreter")
    form = OwnContactForm(data={name: getattr(person, name) for name in names})
    form.offer(jurisdiction=person.jurisdiction, language=person.language, zone=person.zone)
    if form.validate_on_submit():
        change_own_contact(
            db(),
            patient=person,
            language=form.language.data,
            zone=form.zone.data,
            jurisdiction=form.jurisdiction.data,
            **form.contact(),
        )
        return see("patients.details", patient=patient)
    show = refused if request.method == "POST" else render
    return show("patients/contact.html", form=form, **whose(person))
