"""Patients' pages of this context with an invented person, whose record is nowhere. Others borrow the person."""

from datetime import date
from typing import Any
from uuid import UUID

from portal.kernel.locale import current_locale
from portal.kernel.locale import gettext as _
from portal.kernel.places import place_name
from portal.patients.forms import OwnContactForm, RegisterForm, sex_name
from portal.patients.models import Patient
from portal.web.access import clinic, now
from portal.web.previews import EXAMPLE_PHONE, Preview, register_preview

#: No row has it: version 7 ids begin with a time.
NOBODY = UUID(int=1)


def example_patient() -> Patient:
    """Somebody who is nobody; never added to a session."""
    return Patient(
        tenant_id=clinic().id,
        id=NOBODY,
        given_name="Maria",
        family_name="Gomez",
        birth_date=date(1984, 3, 31),
        sex="female",
        language=current_locale().language,
        spoken=None,
        zone=clinic().zone,
        jurisdiction=clinic().jurisdiction,
        interpreter=False,
        phone=EXAMPLE_PHONE,
        email=None,
        status="active",
    )


def whose_example() -> dict[str, Any]:
    """The person, as pages of patients take them."""
    person = example_patient()
    return {"person": person, "patient": person, "patient_name": person.display_name, "patient_href": "#"}


def _register(part: str) -> dict[str, Any]:
    form = RegisterForm(formdata=None, data={"sex": "unknown"})
    form.offer(jurisdiction=clinic().jurisdiction, language=current_locale().language, zone=clinic().zone)
    return {"form": form, "contact": EXAMPLE_PHONE}


def _details(part: str) -> dict[str, Any]:
    return {"place_name": place_name, "sex_name": sex_name, "at": now(), "holds": True, **whose_example()}


def _contact(part: str) -> dict[str, Any]:
    person = example_patient()
    names = ("phone", "email", "language", "zone", "jurisdiction", "interpreter")
    form = OwnContactForm(
        formdata=None, data={name: getattr(person, name) for name in names} | {"spoken": person.talks}
    )
    form.offer(jurisdiction=person.jurisdiction, language=person.language, zone=person.zone)
    return {"form": form, **whose_example()}


register_preview(
    Preview(
        name="register",
        place=30,
        template="patients/register.html",
        title=lambda: _("Who is this visit for?"),
        example=_register,
    )
)
register_preview(
    Preview(
        name="details", place=100, template="patients/details.html", title=lambda: _("My details"), example=_details
    )
)
register_preview(
    Preview(
        name="contact",
        place=101,
        template="patients/contact.html",
        title=lambda: _("How we reach you"),
        example=_contact,
    )
)
