"""A patient's own appointment: confirmation, details, calendar file, cancelling."""

from typing import Any
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.kernel.locale import gettext as _
from portal.practitioners import Practitioner, practitioner_by_id
from portal.scheduling.access import Permission
from portal.scheduling.forms import ConfirmForm
from portal.scheduling.models import Appointment
from portal.scheduling.operations import TooLateToChange, UnableToChange, cancel_appointment
from portal.scheduling.queries import visit_type_by_id
from portal.scheduling.routes.blueprint import blueprint
from portal.scheduling.routes.shared import person_context, prices, the_patient, their_appointment, visit_rows
from portal.scheduling.rules import CalendarEntry, calendar_file, may_still_change, reference_of, reminders_ahead
from portal.scheduling.wording import language_text
from portal.web.access import clinic, db, now, requires
from portal.web.pages import document, found, refused, render, see
from portal.web.transactions import writes


@blueprint.route("/p/<uuid:patient>/appointments/<uuid:appointment>/booked")
@requires(Permission.APPOINTMENT_READ, purpose="scheduling")
def booked(patient: UUID, appointment: UUID) -> ResponseReturnValue:
    """It is booked: the reference, the calendar file, and what is next."""
    person = the_patient(patient)
    agreed = their_appointment(patient, appointment)
    return render("scheduling/booked.html", **appointment_context(agreed), **person_context(person))


@blueprint.route("/p/<uuid:patient>/appointments/<uuid:appointment>")
@requires(Permission.APPOINTMENT_READ, purpose="scheduling")
def appointment(patient: UUID, appointment: UUID) -> ResponseReturnValue:
    """The appointment, and what can be done with it."""
    person = the_patient(patient)
    agreed = their_appointment(patient, appointment)
    return render("scheduling/appointment.html", **appointment_context(agreed), **person_context(person))


@blueprint.route("/p/<uuid:patient>/appointments/<uuid:appointment>/calendar.ics")
@requires(Permission.APPOINTMENT_READ, purpose="scheduling")
def calendar_entry(patient: UUID, appointment: UUID) -> ResponseReturnValue:
    """For the phone's own calendar: clinic and time, nothing about health."""
    agreed = their_appointment(patient, appointment)
    place = clinic()
    entry = CalendarEntry(
        uid=f"{agreed.id}@{request.host}",
        sequence=agreed.sequence,
        starts_at=agreed.starts_at,
        ends_at=agreed.ends_at,
        made_at=now(),
        summary=_("Visit with %(clinic)s", clinic=place.name),
        description=_("Open this address a few minutes before, to be ready in time."),
        url=url_for("scheduling.appointment", patient=patient, appointment=agreed.id, _external=True),
        cancelled=agreed.status == "cancelled",
    )
    return document(calendar_file(entry), media_type="text/calendar; charset=utf-8", filename="visit.ics")


@blueprint.route("/p/<uuid:patient>/appointments/<uuid:appointment>/cancel", methods=["GET", "POST"])
@requires(Permission.APPOINTMENT_CHANGE, purpose="scheduling")
@writes
def cancel(patient: UUID, appointment: UUID) -> ResponseReturnValue:
    """Ask once, then cancel."""
    person = the_patient(patient)
    agreed = their_appointment(patient, appointment)
    form = ConfirmForm()
    if form.validate_on_submit():
        try:
            cancel_appointment(db(), appointment_id=appointment, reason="pat", by_staff=False, now=now())
        except (TooLateToChange, UnableToChange):
            return refused("scheduling/too_late.html", **appointment_context(agreed), **person_context(person))
        return see("scheduling.appointment", patient=patient, appointment=appointment)
    if agreed.status == "cancelled":
        return see("scheduling.appointment", patient=patient, appointment=appointment)
    page = appointment_context(agreed)
    template = "scheduling/cancel.html" if page["may_change"] else "scheduling/too_late.html"
    return render(template, **page, **person_context(person))


def _language(agreed: Appointment, who: Practitioner) -> str | None:
    if agreed.spoken is None:
        return None
    return language_text(spoken=agreed.spoken, state=agreed.interpreter, practitioner=who)


def appointment_context(
    agreed: Appointment, *, who: Practitioner | None = None, where: str | None = None
) -> dict[str, Any]:
    """What every page about one appointment shows. `who`: the clinician, where they are known already.

    `where`: what the place is called for a reader who is not the patient.
    """
    offered = found(visit_type_by_id(db(), visit_type_id=agreed.visit_type_id))
    who = who or found(practitioner_by_id(db(), practitioner_id=agreed.practitioner_id))
    price = prices([offered]).get(offered.id)
    changeable = may_still_change(starts_at=agreed.starts_at, change_minutes=offered.change_minutes, now=now())
    return {
        "appointment": agreed,
        "visit_type": offered,
        "practitioner": who,
        "rows": visit_rows(
            visit_type=offered,
            practitioner=who,
            appointment=agreed,
            zone=agreed.zone,
            price=price,
            language=_language(agreed, who),
            where=where,
        ),
        "reference": reference_of(agreed.id),
        "may_change": agreed.status == "booked" and changeable,
        "is_over": agreed.ends_at <= now(),
        "reminders": len(reminders_ahead(starts_at=agreed.starts_at, now=now())),
    }
