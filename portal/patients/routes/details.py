"""A patient's own administrative data: see it, change how one is reached."""

from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from portal.kernel.places import place_name
from portal.patients.access import Permission
from portal.patients.forms import OwnContactForm, sex_name
from portal.patients.operations import change_own_contact
from portal.patients.queries import held_patient, patient_by_id
from portal.patients.routes.blueprint import blueprint, whose
from portal.web.access import db, now, requires
from portal.web.pages import found, refused, render, see
from portal.web.transactions import writes


@blueprint.route("/p/<uuid:patient>/details")
@requires(Permission.OWN_DETAILS, purpose="details")
def details(patient: UUID) -> ResponseReturnValue:
    """What the clinic has on file."""
    person = found(patient_by_id(db(), patient_id=patient))
    return render(
        "patients/details.html",
        place_name=place_name,
        sex_name=sex_name,
        at=now(),
        holds=held_patient(db(), patient_id=patient) is not None,
        **whose(person),
    )


@blueprint.route("/p/<uuid:patient>/details/contact", methods=["GET", "POST"])
@requires(Permission.OWN_DETAILS, purpose="details")
@writes
def change_contact(patient: UUID) -> ResponseReturnValue:
    """How the patient is reached, in which language and by which clock."""
    person = found(held_patient(db(), patient_id=patient))
    names = ("phone", "email", "language", "zone", "jurisdiction", "interpreter")
    form = OwnContactForm(data={name: getattr(person, name) for name in names} | {"spoken": person.talks})
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
