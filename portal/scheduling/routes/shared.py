"""What the pages of scheduling have in common."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import session, url_for

from portal.kernel.locale import format_datetime, format_list, language_name, ngettext, own_text, price_in_words
from portal.kernel.locale import gettext as _
from portal.kernel.money import Money
from portal.patients import Patient, patient_by_id
from portal.practitioners import Practitioner, licences_in_force, place_name
from portal.scheduling.models import Appointment, SlotHold, VisitType
from portal.scheduling.queries import appointment_by_id, visit_types
from portal.scheduling.rules import interpreter_need
from portal.scheduling.wiring import price_quote
from portal.scheduling.wording import language_text
from portal.web.access import clinic, db, now
from portal.web.pages import found

#: Answer for somebody who will be where nobody of the clinic may see them.
ELSEWHERE = "elsewhere"


def the_patient(patient_id: UUID) -> Patient:
    """The patient of the page, or 404."""
    return found(patient_by_id(db(), patient_id=patient_id))


def their_appointment(patient_id: UUID, appointment_id: UUID) -> Appointment:
    """An appointment of that patient, or 404."""
    appointment = found(appointment_by_id(db(), appointment_id=appointment_id))
    return found(appointment if appointment.patient_id == patient_id else None)


def prices(types: Sequence[VisitType]) -> Mapping[UUID, Money]:
    """What they cost, by the port that app wired."""
    return price_quote()(db(), visit_type_ids=[one.id for one in types], now=now())


def offered_types() -> list[tuple[VisitType, Money]]:
    """What can be booked, and its price; without one it is not offered: nobody books what may cost anything."""
    active = visit_types(db())
    known = prices(active)
    return [(one, known[one.id]) for one in active if one.id in known]


def home_href(patient_id: UUID) -> str:
    """The patient's own start page."""
    return url_for("home.start", patient=patient_id)


def person_context(person: Patient) -> dict[str, Any]:
    """Whose page it is, for the patient's layout."""
    return {"patient": person, "patient_name": person.display_name, "patient_href": home_href(person.id)}


def length_text(minutes: int) -> str:
    """A length in words."""
    return ngettext("%(num)s minute", "%(num)s minutes", minutes)


def practitioner_text(practitioner: Practitioner) -> str:
    """A clinician's name with the languages that they speak."""
    languages = format_list([language_name(code) for code in practitioner.languages])
    if not languages:
        return practitioner.name
    return _("%(name)s (speaks %(languages)s)", name=practitioner.name, languages=languages)


def place_choices(person: Patient) -> list[tuple[str, str]]:
    """Places where somebody of the clinic may see patients, and "elsewhere"."""
    codes = {one.jurisdiction for one in licences_in_force(db(), on=now().date())}
    if person.jurisdiction:
        codes.add(person.jurisdiction)
    named = sorted((place_name(code), code) for code in codes)
    return [*((code, name) for name, code in named), (ELSEWHERE, _("Somewhere else"))]


def chosen_place(person: Patient) -> str:
    """Where the patient will be: what was answered in this session, else what the record says, else the clinic's place.

    Kept in the signed session and never in an address, since it says something about a person.
    """
    answered: dict[str, str] = session.get("places", {})
    return answered.get(str(person.id)) or person.jurisdiction or clinic().jurisdiction


def keep_place(person: Patient, place: str) -> None:
    """Remember the answer; the latest few only, a cookie is small."""
    answered = {key: value for key, value in session.get("places", {}).items() if key != str(person.id)}
    session["places"] = dict([*answered.items(), (str(person.id), place)][-5:])


def place_text(code: str) -> str:
    """A place's name."""
    return _("Somewhere else") if code == ELSEWHERE else place_name(code)


def held_language(kept: SlotHold, practitioner: Practitioner) -> str | None:
    """In which language a visit that is not booked yet will be talked."""
    if kept.spoken is None:
        return None
    state = interpreter_need(wanted=kept.interpreter, spoken=kept.spoken, clinician_speaks=practitioner.languages)
    return language_text(spoken=kept.spoken, state=state, practitioner=practitioner)


def visit_rows(
    *,
    visit_type: VisitType,
    practitioner: Practitioner,
    appointment: Any,
    zone: str,
    price: Money | None = None,
    language: str | None = None,
    where: str | None = None,
) -> list[dict[str, Any]]:
    """What, who, when, where, in which language and the price, for `ui.summary_list`. `appointment` may be a hold.

    `where`: what the place is called for a reader who is not the patient.
    """
    name, written = own_text(visit_type.names)
    how = _("By video") if visit_type.modality == "video" else _("By phone")
    rows = [
        {"key": _("Visit"), "value": name, "language": written},
        {"key": _("How you meet"), "value": _("%(how)s, %(length)s", how=how, length=length_text(visit_type.minutes))},
        {"key": _("Clinician"), "value": practitioner_text(practitioner)},
        {"key": _("Day and time"), "value": format_datetime(appointment.starts_at, zone)},
        {"key": where or _("Where you will be"), "value": place_text(appointment.jurisdiction)},
    ]
    if language is not None:
        rows.append({"key": _("Spoken language"), "value": language})
    if price is not None:
        rows.append({"key": _("Price"), "value": price_in_words(price)})
    return rows
