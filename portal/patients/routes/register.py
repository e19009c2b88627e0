"""After the first sign-in: who is the visit for? And, for who acts for several, whom now."""

from flask import request
from flask.typing import ResponseReturnValue

from portal.kernel.locale import current_locale
from portal.patients.access import Permission
from portal.patients.forms import BIRTH_DATE_WRONG, RegisterForm
from portal.patients.operations import NotABirthDate, register_patient
from portal.patients.queries import my_patients
from portal.patients.routes.blueprint import blueprint, home, own_contact
from portal.web.access import clinic, db, now, requires
from portal.web.pages import refused, render
from portal.web.transactions import writes


@blueprint.route("/register", methods=["GET", "POST"])
@requires(Permission.REGISTER, purpose="registration")
@writes
def register() -> ResponseReturnValue:
    """Make a record with this account's contact."""
    form = RegisterForm(
        data={"jurisdiction": clinic().jurisdiction, "language": current_locale().language, "zone": clinic().zone}
    )
    form.offer(jurisdiction=clinic().jurisdiction, language=current_locale().language, zone=current_locale().zone)
    contact = own_contact()
    if form.validate_on_submit():
        try:
            return home(register_patient(db(), details=form.details(**contact), now=now()).id)
        except NotABirthDate:
            form.birth_date.errors = [str(BIRTH_DATE_WRONG)]
    show = refused if request.method == "POST" else render
    return show("patients/register.html", form=form, contact=next(iter(contact.values()), ""))


@blueprint.route("/people")
@requires(Permission.REGISTER, purpose="registration")
def people() -> ResponseReturnValue:
    """For whom this account acts."""
    return render("patients/people.html", people=my_patients(db()))
