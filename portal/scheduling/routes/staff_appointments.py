"""Staff read, move and cancel an appointment, at any time before it is over."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.identity import accounts_by_id
from portal.kernel.locale import format_datetime
from portal.kernel.locale import gettext as _
from portal.patients import Patient
from portal.practitioners import practitioner_by_id, practitioners_by_id
from portal.scheduling.access import Permission
from portal.scheduling.forms import REASONS, ConfirmForm, ReasonForm
from portal.scheduling.models import Appointment
from portal.scheduling.operations import (
    PatientBusy,
    SlotTaken,
    UnableToChange,
    cancel_appointment,
    reschedule_appointment,
)
from portal.scheduling.queries import Slot, appointment_by_id, changes_of
from portal.scheduling.routes.appointments import appointment_context
from portal.scheduling.routes.blueprint import blueprint
from portal.scheduling.routes.shared import place_text, the_patient
from portal.scheduling.routes.times import days_of, find_times, read_token, token_of
from portal.scheduling.wording import interpreter_badge
from portal.web.access import db, now, requires
from portal.web.pages import found, refused, render, see
from portal.web.transactions import writes


@blueprint.route("/staff/appointments/<uuid:appointment>")
@requires(Permission.CALENDAR_READ, purpose="scheduling")
def staff_appointment(appointment: UUID) -> ResponseReturnValue:
    """The appointment with its history."""
    agreed, person = _load(appointment)
    page = {"history": _history(agreed), **_context(agreed)}
    if agreed.interpreter_note:
        page["rows"].append({"key": _("Interpreter"), "value": agreed.interpreter_note})
    badge = interpreter_badge(spoken=agreed.spoken, state=agreed.interpreter)
    return render("scheduling/staff_appointment.html", patient=person, interpreter=badge, **page)


@blueprint.route("/staff/appointments/<uuid:appointment>/move")
@requires(Permission.APPOINTMENT_CHANGE_FOR_PATIENT, purpose="scheduling")
def staff_move(appointment: UUID) -> ResponseReturnValue:
    """Other times, in the zone in which the patient was told the first."""
    agreed, person = _load(appointment)
    if agreed.status != "booked":
        return see("scheduling.staff_appointment", appointment=appointment)
    shown = find_times(
        visit_type_id=agreed.visit_type_id,
        jurisdiction=agreed.jurisdiction,
        zone=agreed.zone,
        href=lambda slot: _to(agreed, slot),
        except_appointment=agreed.id,
    )
    place = place_text(agreed.jurisdiction)
    return render("scheduling/staff_move.html", times=shown, place=place, patient=person, **_context(agreed))


@blueprint.route("/staff/appointments/<uuid:appointment>/move/<slot>", methods=["GET", "POST"])
@requires(Permission.APPOINTMENT_CHANGE_FOR_PATIENT, purpose="scheduling")
@writes
def staff_move_to(appointment: UUID, slot: str) -> ResponseReturnValue:
    """From when to when, and the button."""
    agreed, person = _load(appointment)
    starts_at, practitioner_id = found(read_token(slot))
    who = found(practitioner_by_id(db(), practitioner_id=practitioner_id))
    page = {**_context(agreed), "patient": person, "zone": agreed.zone}
    if ConfirmForm().validate_on_submit():
        try:
            reschedule_appointment(
                db(),
                appointment_id=appointment,
                starts_at=starts_at,
                practitioner_id=practitioner_id,
                by_staff=True,
                now=now(),
            )
        except SlotTaken as taken:
            people = practitioners_by_id(db(), {one.practitioner_id for one in taken.next_free})
            days = days_of(taken.next_free, people=people, zone=agreed.zone, href=lambda one: _to(agreed, one))
            return refused("scheduling/staff_taken.html", days=days, address=None, **page)
        except PatientBusy:
            busy = _("The patient has another visit at that time.")
            return refused("scheduling/staff_move_to.html", starts_at=starts_at, who=who, error=busy, **page)
        except UnableToChange:
            pass
        return see("scheduling.staff_appointment", appointment=appointment)
    show = render if request.method == "GET" else refused
    return show("scheduling/staff_move_to.html", starts_at=starts_at, who=who, **page)


@blueprint.route("/staff/appointments/<uuid:appointment>/cancel", methods=["GET", "POST"])
@requires(Permission.APPOINTMENT_CHANGE_FOR_PATIENT, purpose="scheduling")
@writes
def staff_cancel(appointment: UUID) -> ResponseReturnValue:
    """Cancel with the reason."""
    agreed, person = _load(appointment)
    form = ReasonForm()
    if form.validate_on_submit():
        # Where it took place meanwhile, its page says so.
        with suppress(UnableToChange):
            cancel_appointment(db(), appointment_id=appointment, reason=form.reason.data, by_staff=True, now=now())
        return see("scheduling.staff_appointment", appointment=appointment)
    if agreed.status != "booked":
        return see("scheduling.staff_appointment", appointment=appointment)
    show = render if request.method == "GET" else refused
    return show("scheduling/staff_cancel.html", form=form, patient=person, **_context(agreed))


def _load(appointment_id: UUID) -> tuple[Appointment, Patient]:
    agreed = found(appointment_by_id(db(), appointment_id=appointment_id))
    return agreed, the_patient(agreed.patient_id)


def _context(agreed: Appointment) -> dict[str, Any]:
    return appointment_context(agreed, where=_("Where the patient will be"))


def _to(agreed: Appointment, slot: Slot) -> str:
    return url_for("scheduling.staff_move_to", appointment=agreed.id, slot=token_of(slot))


def _history(agreed: Appointment) -> list[dict[str, Any]]:
    changes = changes_of(db(), appointment_id=agreed.id)
    accounts = accounts_by_id(db(), {change.by for change in changes if change.by})
    titles = {
        "booked": _("Booked"),
        "rescheduled": _("Moved"),
        "cancelled": _("Cancelled"),
        "fulfilled": _("The visit took place"),
        "noshow": _("The patient did not come"),
        "interpreter": _("Interpreter"),
    }
    interpreter = {"needed": _("Needed"), "arranged": _("Arranged"), "not-needed": _("Not needed")}
    reasons = {**dict(REASONS), **interpreter}
    return [
        {
            "at": change.at,
            "title": titles[change.action],
            "text": format_datetime(change.starts_at, agreed.zone)
            + (f" · {reasons[change.reason]}" if change.reason else ""),
            "by": accounts[change.by].name if change.by in accounts else "",
        }
        for change in changes
    ]
