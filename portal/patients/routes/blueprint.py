"""The blueprint, and what its pages share."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, url_for

from portal.identity import account_contact
from portal.patients.models import Patient
from portal.web.access import db, principal
from portal.web.pages import see

blueprint = Blueprint("patients", __name__, url_prefix="/<clinic>")


def home(patient_id: UUID) -> Response:
    """To the patient's own start page."""
    return see("home.start", patient=patient_id)


def own_contact() -> dict[str, str]:
    """The signed-in account's proven channel, as a record holds it."""
    contact = account_contact(db(), account_id=principal().actor_id)
    return {"phone" if contact.channel == "sms" else "email": contact.target} if contact else {}


def whose(person: Patient) -> dict[str, Any]:
    """Whose page it is, for the patient's layout."""
    return {
        "person": person,
        "patient_name": person.display_name,
        "patient_href": url_for("home.start", patient=person.id),
    }
