"""A patient moves an appointment: choose another time, check, done. The old time stays until the new one is taken."""

from typing import Any
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.kernel.locale import gettext as _
from portal.practitioners import practitioner_by_id, practitioners_by_id
from portal.scheduling.access import Permission
from portal.scheduling.forms import ConfirmForm
from portal.scheduling.models import Appointment
from portal.scheduling.operations import (
    PatientBusy,
    SlotTaken,
    TooLateToChange,
    UnableToChange,
    reschedule_appointment,
)
from portal.scheduling.queries import Slot
from portal.scheduling.routes.appointments import appointment_context
from portal.scheduling.routes.blueprint import blueprint
from portal.scheduling.routes.shared import person_context, place_text, the_patient, their_appointment
from portal.scheduling.routes.times import days_of, find_times, read_token, reader_zone, token_of
from portal.web.access import db, now, requires
from portal.web.pages import found, refused, render, see
from portal.web.transactions import writes


@blueprint.route("/p/<uuid:patient>/appointments/<uuid:appointment>/move")
@requires(Permission.APPOINTMENT_CHANGE, purpose="scheduling")
def move(patient: UUID, appointment: UUID) -> ResponseReturnValue:
    """Other times for the same visit."""
    person = the_patient(patient)
    agreed = their_appointment(patient, appointment)
    page = appointment_context(agreed)
    if not page["may_change"]:
        return render("scheduling/too_late.html", **page, **person_context(person))
    shown = find_times(
        visit_type_id=agreed.visit_type_id,
        jurisdiction=agreed.jurisdiction,
        zone=reader_zone(),
        href=lambda slot: _to(agreed, slot),
        except_appointment=agreed.id,
    )
    place = place_text(agreed.jurisdiction)
    return render("scheduling/move.html", times=shown, place=place, **page, **person_context(person))


@blueprint.route("/p/<uuid:patient>/appointments/<uuid:appointment>/move/<slot>", methods=["GET", "POST"])
@requires(Permission.APPOINTMENT_CHANGE, purpose="scheduling")
@writes
def move_to(patient: UUID, appointment: UUID, slot: str) -> ResponseReturnValue:
    """From when to when, and the button."""
    person = the_patient(patient)
    agreed = their_appointment(patient, appointment)
    starts_at, practitioner_id = found(read_token(slot))
    who = found(practitioner_by_id(db(), practitioner_id=practitioner_id))
    form, zone = ConfirmForm(), reader_zone()
    page = {**appointment_context(agreed), **person_context(person), "zone": zone}
    if form.validate_on_submit():
        try:
            reschedule_appointment(
                db(),
                appointment_id=appointment,
                starts_at=starts_at,
                practitioner_id=practitioner_id,
                zone=zone,
                by_staff=False,
                now=now(),
            )
        except SlotTaken as taken:
            return refused("scheduling/move_taken.html", days=_days(agreed, taken.next_free, zone), **page)
        except PatientBusy:
            busy = _("You have another visit at that time. Choose a different time.")
            return refused("scheduling/move_to.html", starts_at=starts_at, who=who, error=busy, **page)
        except (TooLateToChange, UnableToChange):
            return refused("scheduling/too_late.html", **page)
        return see("scheduling.appointment", patient=patient, appointment=appointment)
    show = render if request.method == "GET" else refused
    return show("scheduling/move_to.html", starts_at=starts_at, who=who, **page)


def _to(agreed: Appointment, slot: Slot) -> str:
    return url_for("scheduling.move_to", patient=agreed.patient_id, appointment=agreed.id, slot=token_of(slot))


def _days(agreed: Appointment, slots: list[Slot], zone: str) -> list[dict[str, Any]]:
    people = practitioners_by_id(db(), {slot.practitioner_id for slot in slots})
    return days_of(slots, people=people, zone=zone, href=lambda slot: _to(agreed, slot))
