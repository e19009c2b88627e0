"""The administrator's directory of clinicians and their licences."""

from uuid import UUID

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from portal.identity import staff_accounts
from portal.kernel.locale import gettext as _
from portal.kernel.locale import language_name
from portal.kernel.permissions import Role
from portal.kernel.places import place_name
from portal.practitioners.access import Permission
from portal.practitioners.forms import LicenceForm, PractitionerForm
from portal.practitioners.models import Practitioner
from portal.practitioners.operations import (
    AccountTaken,
    LicenceKnown,
    add_licence,
    change_practitioner,
    create_practitioner,
    end_licence,
)
from portal.practitioners.queries import licences_of, list_practitioners, practitioner_by_id
from portal.web.access import clinic, db, now, requires
from portal.web.pages import found, refused, render, see
from portal.web.transactions import writes

blueprint = Blueprint("practitioners", __name__, url_prefix="/<clinic>")


@blueprint.get("/staff/practitioners")
@requires(Permission.PRACTITIONER_EDIT, purpose="administration")
def practitioners() -> ResponseReturnValue:
    """All of them, those whom patients are not offered too."""
    everybody = list_practitioners(db(), listed=False)
    return render("practitioners/practitioners.html", practitioners=everybody, names=_names)


@blueprint.route("/staff/practitioners/new", methods=["GET", "POST"])
@requires(Permission.PRACTITIONER_EDIT, purpose="administration")
@writes
def new_practitioner() -> ResponseReturnValue:
    """A clinician who starts here."""
    form = PractitionerForm(data={"zone": clinic().zone, "languages": [clinic().default_language], "listed": True})
    form.offer(zone=clinic().zone, accounts=_accounts())
    if form.validate_on_submit():
        account = UUID(form.account.data) if form.account.data else None
        try:
            made = create_practitioner(db(), account_id=account, now=now(), **form.said())
        except AccountTaken:
            form.account.errors = [_("This account is another clinician's already.")]
        else:
            return see("practitioners.practitioner", practitioner=made.id)
    show = refused if request.method == "POST" else render
    return show("practitioners/new_practitioner.html", form=form)


@blueprint.route("/staff/practitioners/<uuid:practitioner>", methods=["GET", "POST"])
@requires(Permission.PRACTITIONER_EDIT, purpose="administration")
@writes
def practitioner(practitioner: UUID) -> ResponseReturnValue:
    """What patients read of a clinician; and their licences."""
    person = found(practitioner_by_id(db(), practitioner_id=practitioner))
    form = PractitionerForm(data=PractitionerForm.values_of(person))
    form.offer(zone=person.zone, accounts=_accounts())
    if form.validate_on_submit():
        change_practitioner(db(), practitioner=person, **form.said())
        return see("practitioners.practitioner", practitioner=practitioner)
    return _page(person, form=form, status=422 if request.method == "POST" else 200)


@blueprint.post("/staff/practitioners/<uuid:practitioner>/licences")
@requires(Permission.PRACTITIONER_EDIT, purpose="administration")
@writes
def new_licence(practitioner: UUID) -> ResponseReturnValue:
    """Put a licence on file."""
    person = found(practitioner_by_id(db(), practitioner_id=practitioner))
    form = LicenceForm()
    if form.validate_on_submit():
        try:
            add_licence(
                db(),
                practitioner_id=practitioner,
                jurisdiction=form.jurisdiction.data,
                number=form.number.data or "",
                since=form.since.data,
                until=form.until.data,
            )
        except LicenceKnown:
            form.number.errors = [_("This licence is on file already.")]
        else:
            return see("practitioners.practitioner", practitioner=practitioner)
    return _page(person, licence_form=form, status=422)


@blueprint.post("/staff/practitioners/<uuid:practitioner>/licences/<uuid:licence>/end")
@requires(Permission.PRACTITIONER_EDIT, purpose="administration")
@writes
def end(practitioner: UUID, licence: UUID) -> ResponseReturnValue:
    """The licence holds until today."""
    known = {one.id: one for one in licences_of(db(), practitioner_id=practitioner)}
    end_licence(db(), licence=found(known.get(licence)), until=now().date())
    return see("practitioners.practitioner", practitioner=practitioner)


def _page(
    person: Practitioner, *, form: PractitionerForm | None = None, licence_form: LicenceForm | None = None, status: int
) -> ResponseReturnValue:
    if form is None:
        form = PractitionerForm(formdata=None, data=PractitionerForm.values_of(person))
        form.offer(zone=person.zone, accounts=_accounts())
    return render(
        "practitioners/practitioner.html",
        status=status,
        practitioner=person,
        form=form,
        licence_form=licence_form or LicenceForm(formdata=None),
        licences=licences_of(db(), practitioner_id=person.id),
        wrong=(licence_form or form) if status != 200 else None,
        place_name=place_name,
        today=now().date(),
    )


def _accounts() -> list[tuple[str, str]]:
    return [(str(one.id), one.name) for one in staff_accounts(db(), role=Role.CLINICIAN)]


def _names(codes: list[str]) -> list[str]:
    return [language_name(code) for code in codes]
