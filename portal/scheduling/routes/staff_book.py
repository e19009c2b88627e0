"""Staff book for a patient who phones: one page with visit type, place and times, then a check."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.kernel.locale import gettext as _
from portal.kernel.locale import own_text
from portal.patients import Patient
from portal.practitioners import practitioner_by_id, practitioners_by_id
from portal.scheduling.access import Permission
from portal.scheduling.forms import ConfirmForm
from portal.scheduling.models import SlotHold, VisitType
from portal.scheduling.operations import HoldExpired, PatientBusy, SlotTaken, book_hold, hold_slot
from portal.scheduling.queries import hold_by_id, hold_in_force, visit_type_by_id
from portal.scheduling.routes.blueprint import blueprint
from portal.scheduling.routes.shared import (
    chosen_place,
    held_language,
    keep_place,
    length_text,
    offered_types,
    place_choices,
    prices,
    the_patient,
    visit_rows,
)
from portal.scheduling.routes.times import days_of, find_times, read_token, reader_zone
from portal.web.access import db, now, requires
from portal.web.pages import found, refused, render, see
from portal.web.transactions import writes


@blueprint.route("/staff/book", methods=["GET", "POST"])
@requires(Permission.APPOINTMENT_BOOK_FOR_PATIENT, purpose="scheduling")
@writes
def staff_book() -> ResponseReturnValue:
    """Times for the patient of ?patient=, in the patient's zone, since they are read out on the phone."""
    person = _asked_patient()
    if person is None:
        return render("scheduling/staff_book_whom.html")
    offered = [one for one, _price in offered_types()]
    chosen = _asked_visit_type(offered)
    if chosen is None:
        return render("scheduling/staff_nothing.html", patient=person)
    address = {"patient": str(person.id), "visit_type": str(chosen.id)}
    if "place" in request.form:
        if request.form["place"] in dict(place_choices(person)):
            keep_place(person, request.form["place"])
        return see("scheduling.staff_book", **address)
    where, zone = chosen_place(person), person.zone or reader_zone()
    page: dict[str, Any] = {"patient": person, "visit_type": chosen, "place": where, "zone": zone, "address": address}
    error = None
    if request.method == "POST":
        wanted = read_token(request.form.get("slot"))
        try:
            if wanted is not None:
                hold = _hold(person, chosen, wanted, where=where, zone=zone)
                return see("scheduling.staff_confirm", hold=hold.id)
            error = _("Choose a time.")
        except SlotTaken as taken:
            people = practitioners_by_id(db(), {slot.practitioner_id for slot in taken.next_free})
            days = days_of(taken.next_free, people=people, zone=zone)
            return refused("scheduling/staff_taken.html", days=days, **page)
        except PatientBusy:
            error = _("The patient has another visit at that time.")
    shown = find_times(visit_type_id=chosen.id, jurisdiction=where, zone=zone)
    choices = [(str(one.id), own_text(one.names)[0]) for one in offered]
    show = render if error is None else refused
    return show(
        "scheduling/staff_book.html",
        times=shown,
        visit_type_choices=choices,
        place_choices=place_choices(person),
        error=error,
        **page,
    )


@blueprint.route("/staff/book/<uuid:hold>", methods=["GET", "POST"])
@requires(Permission.APPOINTMENT_BOOK_FOR_PATIENT, purpose="scheduling")
@writes
def staff_confirm(hold: UUID) -> ResponseReturnValue:
    """Read out what is booked, and book it."""
    kept = found(hold_by_id(db(), hold_id=hold))
    person = the_patient(kept.patient_id)
    if ConfirmForm().validate_on_submit():
        try:
            appointment = book_hold(db(), hold_id=hold, now=now())
        except (HoldExpired, SlotTaken):
            return refused("scheduling/staff_confirm.html", **_check(kept, person, in_force=False))
        except PatientBusy:
            busy = _("The patient has another visit at that time.")
            return refused("scheduling/staff_confirm.html", error=busy, **_check(kept, person, in_force=False))
        return see("scheduling.staff_appointment", appointment=appointment.id)
    if kept.appointment_id is not None:
        return see("scheduling.staff_appointment", appointment=kept.appointment_id)
    in_force = hold_in_force(db(), hold=kept, now=now())
    return render("scheduling/staff_confirm.html", **_check(kept, person, in_force=in_force))


def _asked_patient() -> Patient | None:
    try:
        return the_patient(UUID(request.args["patient"]))
    except (KeyError, ValueError):
        return None


def _asked_visit_type(offered: list[VisitType]) -> VisitType | None:
    asked = request.args.get("visit_type")
    return next((one for one in offered if str(one.id) == asked), offered[0] if offered else None)


def _hold(person: Patient, chosen: VisitType, wanted: tuple[datetime, UUID], *, where: str, zone: str) -> SlotHold:
    return hold_slot(
        db(),
        patient_id=person.id,
        visit_type_id=chosen.id,
        practitioner_id=wanted[1],
        starts_at=wanted[0],
        zone=zone,
        jurisdiction=where,
        now=now(),
    )


def _check(kept: SlotHold, person: Patient, *, in_force: bool) -> dict[str, Any]:
    offered = found(visit_type_by_id(db(), visit_type_id=kept.visit_type_id))
    who = found(practitioner_by_id(db(), practitioner_id=kept.practitioner_id))
    price = prices([offered]).get(offered.id)
    soon = kept.starts_at - now() < timedelta(minutes=offered.lead_minutes)
    language = held_language(kept, who)
    rows = visit_rows(
        visit_type=offered,
        practitioner=who,
        appointment=kept,
        zone=kept.zone,
        price=price,
        language=language,
        where=_("Where the patient will be"),
    )
    if language is not None:
        rows[5]["href"] = url_for("scheduling.staff_language", hold=kept.id)
    return {
        "patients_lead": length_text(offered.lead_minutes) if soon else None,
        "patient": person,
        "hold": kept,
        "in_force": in_force,
        "rows": rows,
        "again": url_for("scheduling.staff_book", patient=str(person.id), visit_type=str(offered.id)),
    }
