"""A patient books: what → where → when → check → done."""

from typing import Any
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.kernel.locale import gettext as _
from portal.practitioners import practitioner_by_id, practitioners_by_id
from portal.scheduling.access import Permission
from portal.scheduling.forms import ConfirmForm, PlaceForm
from portal.scheduling.models import SlotHold
from portal.scheduling.operations import HoldExpired, PatientBusy, SlotTaken, book_hold, choose_language, hold_slot
from portal.scheduling.queries import Slot, hold_by_id, hold_in_force, visit_type_by_id
from portal.scheduling.routes.blueprint import blueprint
from portal.scheduling.routes.shared import (
    chosen_place,
    held_language,
    keep_place,
    offered_types,
    person_context,
    place_choices,
    place_text,
    prices,
    the_patient,
    visit_rows,
)
from portal.scheduling.routes.times import days_of, find_times, read_token, reader_zone
from portal.web.access import db, now, requires
from portal.web.fields import choices_of
from portal.web.pages import found, refused, render, see
from portal.web.transactions import writes


@blueprint.route("/p/<uuid:patient>/book")
@requires(Permission.APPOINTMENT_BOOK, purpose="scheduling")
def book(patient: UUID) -> ResponseReturnValue:
    """What can be booked, how long it is and what it costs."""
    person = the_patient(patient)
    return render("scheduling/book.html", offered=offered_types(), **person_context(person))


@blueprint.route("/p/<uuid:patient>/book/<uuid:visit_type>/place", methods=["GET", "POST"])
@requires(Permission.APPOINTMENT_BOOK, purpose="scheduling")
@writes
def place(patient: UUID, visit_type: UUID) -> ResponseReturnValue:
    """Where will you be? A clinician must be licensed there."""
    person = the_patient(patient)
    offered = found(visit_type_by_id(db(), visit_type_id=visit_type))
    form = PlaceForm(data={"place": chosen_place(person)})
    form.place.choices = choices_of(place_choices(person))
    if form.validate_on_submit():
        keep_place(person, str(form.place.data))
        return see("scheduling.times", patient=patient, visit_type=visit_type)
    show = render if request.method == "GET" else refused
    return show("scheduling/place.html", form=form, visit_type=offered, **person_context(person))


@blueprint.route("/p/<uuid:patient>/book/<uuid:visit_type>", methods=["GET", "POST"])
@requires(Permission.APPOINTMENT_BOOK, purpose="scheduling")
@writes
def times(patient: UUID, visit_type: UUID) -> ResponseReturnValue:
    """Days and times; choosing one keeps it for ten minutes."""
    person = the_patient(patient)
    offered = found(visit_type_by_id(db(), visit_type_id=visit_type))
    where, zone = chosen_place(person), reader_zone()
    page = {"visit_type": offered, "place": place_text(where), **person_context(person)}
    if request.method == "GET":
        shown = find_times(visit_type_id=visit_type, jurisdiction=where, zone=zone)
        return render("scheduling/times.html", times=shown, **page)
    wanted = read_token(request.form.get("slot"))
    if wanted is None:
        shown = find_times(visit_type_id=visit_type, jurisdiction=where, zone=zone)
        return refused("scheduling/times.html", times=shown, error=_("Choose a time."), **page)
    try:
        hold = hold_slot(
            db(),
            patient_id=patient,
            visit_type_id=visit_type,
            practitioner_id=wanted[1],
            starts_at=wanted[0],
            zone=zone,
            jurisdiction=where,
            now=now(),
        )
    except SlotTaken as taken:
        return refused("scheduling/taken.html", days=_days(taken.next_free, zone), **page)
    except PatientBusy:
        shown = find_times(visit_type_id=visit_type, jurisdiction=where, zone=zone)
        busy = _("You have another visit at that time. Choose a different time.")
        return refused("scheduling/times.html", times=shown, error=busy, **page)
    # Asked once, and only where it is not plain already; the check before booking shows it to everybody.
    asks = person.spoken is None and not _speaks(hold)
    return see("scheduling.language" if asks else "scheduling.confirm", patient=patient, hold=hold.id)


@blueprint.route("/p/<uuid:patient>/book/held/<uuid:hold>", methods=["GET", "POST"])
@requires(Permission.APPOINTMENT_BOOK, purpose="scheduling")
@writes
def confirm(patient: UUID, hold: UUID) -> ResponseReturnValue:
    """Check what is booked, and book it."""
    person = the_patient(patient)
    kept = found(hold_by_id(db(), hold_id=hold))
    found(kept if kept.patient_id == patient else None)
    form = ConfirmForm()
    if form.validate_on_submit():
        try:
            if request.form.get("again"):
                return see("scheduling.confirm", patient=patient, hold=_hold_again(kept).id)
            appointment = book_hold(db(), hold_id=hold, now=now())
        except HoldExpired:
            return refused("scheduling/confirm.html", **_confirm(kept, in_force=False), **person_context(person))
        except SlotTaken as taken:
            return refused(
                "scheduling/taken.html",
                visit_type=found(visit_type_by_id(db(), visit_type_id=kept.visit_type_id)),
                days=_days(taken.next_free, kept.zone),
                place=place_text(kept.jurisdiction),
                **person_context(person),
            )
        except PatientBusy:
            busy = _("You have another visit at that time. Choose a different time.")
            page = {**_confirm(kept, in_force=False), **person_context(person)}
            return refused("scheduling/confirm.html", error=busy, **page)
        return see("scheduling.booked", patient=patient, appointment=appointment.id)
    if kept.appointment_id is not None:
        return see("scheduling.booked", patient=patient, appointment=kept.appointment_id)
    in_force = hold_in_force(db(), hold=kept, now=now())
    return render("scheduling/confirm.html", **_confirm(kept, in_force=in_force), **person_context(person))


def _speaks(hold: SlotHold) -> bool:
    who = found(practitioner_by_id(db(), practitioner_id=hold.practitioner_id))
    return hold.spoken in who.languages


def _hold_again(kept: SlotHold) -> SlotHold:
    again = hold_slot(
        db(),
        patient_id=kept.patient_id,
        visit_type_id=kept.visit_type_id,
        practitioner_id=kept.practitioner_id,
        starts_at=kept.starts_at,
        zone=kept.zone,
        jurisdiction=kept.jurisdiction,
        now=now(),
    )
    if kept.spoken is not None:
        choose_language(db(), hold=again, spoken=kept.spoken, interpreter=kept.interpreter)
    return again


def _confirm(kept: SlotHold, *, in_force: bool) -> dict[str, Any]:
    offered = found(visit_type_by_id(db(), visit_type_id=kept.visit_type_id))
    who = found(practitioner_by_id(db(), practitioner_id=kept.practitioner_id))
    price = prices([offered]).get(offered.id)
    rows = visit_rows(
        visit_type=offered,
        practitioner=who,
        appointment=kept,
        zone=kept.zone,
        price=price,
        language=held_language(kept, who),
    )
    if kept.spoken is not None:
        rows[5]["href"] = url_for("scheduling.language", patient=kept.patient_id, hold=kept.id)
    for row, endpoint in ((rows[3], "scheduling.times"), (rows[4], "scheduling.place")):
        row["href"] = url_for(endpoint, patient=kept.patient_id, visit_type=kept.visit_type_id)
    return {"hold": kept, "rows": rows, "in_force": in_force, "zone": kept.zone, "visit_type": offered}


def _days(slots: list[Slot], zone: str) -> list[dict[str, Any]]:
    people = practitioners_by_id(db(), {slot.practitioner_id for slot in slots})
    return days_of(slots, people=people, zone=zone)
