"""Booking, with the clinic's own kinds of visit and an invented time. Others borrow the appointment."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from portal.kernel.locale import gettext as _
from portal.kernel.money import Money
from portal.patients.previews import NOBODY, example_patient, whose_example
from portal.practitioners.previews import example_practitioner
from portal.scheduling.forms import ConfirmForm, LanguageForm, PlaceForm
from portal.scheduling.models import Appointment, SlotHold, VisitType
from portal.scheduling.operations.booking import HOLD
from portal.scheduling.queries import visit_types
from portal.scheduling.routes.appointments import appointment_context
from portal.scheduling.routes.shared import (
    held_language,
    offered_types,
    place_choices,
    place_text,
    prices,
    visit_rows,
)
from portal.scheduling.routes.times import find_times
from portal.web.access import clinic, db, now
from portal.web.fields import choices_of
from portal.web.previews import Preview, register_preview

#: No appointment has it.
NONE_SUCH = UUID(int=2)
Context = Mapping[str, Any] | None


def example_visit_type() -> VisitType | None:
    """What the clinic offers first; None where it offers nothing yet."""
    return next(iter(visit_types(db())), None)


def example_appointment(*, ahead: timedelta = timedelta(days=2)) -> Appointment | None:
    """A visit that nobody has; never added to a session. None where the clinic offers nothing yet."""
    offered = example_visit_type()
    if offered is None:
        return None
    starts_at = (now() + ahead).replace(minute=0, second=0, microsecond=0)
    return Appointment(
        tenant_id=clinic().id,
        id=NONE_SUCH,
        patient_id=NOBODY,
        practitioner_id=example_practitioner().id,
        visit_type_id=offered.id,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=offered.minutes),
        zone=clinic().zone,
        jurisdiction=clinic().jurisdiction,
        status="booked",
        spoken=example_patient().talks,
        interpreter="not-needed",
        booked_at=now(),
        sequence=0,
    )


def _hold(offered: VisitType) -> SlotHold:
    return SlotHold(
        tenant_id=clinic().id,
        id=NONE_SUCH,
        patient_id=NOBODY,
        practitioner_id=example_practitioner().id,
        visit_type_id=offered.id,
        starts_at=(now() + timedelta(days=2)).replace(minute=0, second=0, microsecond=0),
        zone=clinic().zone,
        jurisdiction=clinic().jurisdiction,
        spoken=example_patient().talks,
        interpreter=True,
        expires_at=now() + HOLD,
    )


def _book(part: str) -> Context:
    return {"offered": offered_types(), **whose_example()}


def _place(part: str) -> Context:
    person, offered = example_patient(), example_visit_type()
    form = PlaceForm(formdata=None, data={"place": person.jurisdiction})
    form.place.choices = choices_of(place_choices(person))
    return {"form": form, "visit_type": offered, **whose_example()} if offered else None


def _times(part: str) -> Context:
    offered = example_visit_type()
    if offered is None:
        return None
    where = clinic().jurisdiction
    times = find_times(visit_type_id=offered.id, jurisdiction=where, zone=clinic().zone)
    return {"visit_type": offered, "place": place_text(where), "times": times, **whose_example()}


def _language(part: str) -> Context:
    offered = example_visit_type()
    if offered is None:
        return None
    hold = _hold(offered)
    form = LanguageForm(formdata=None, data={"spoken": hold.spoken, "interpreter": "yes"})
    return {"form": form, "hold": hold, "practitioner": example_practitioner(), **whose_example()}


def _confirm(part: str) -> Context:
    offered = example_visit_type()
    if offered is None:
        return None
    hold, who = _hold(offered), example_practitioner()
    rows = visit_rows(
        visit_type=offered,
        practitioner=who,
        appointment=hold,
        zone=hold.zone,
        price=prices([offered]).get(offered.id, Money(0, clinic().currency)),
        language=held_language(hold, who),
    )
    for row in rows[3:6]:
        row["href"] = "#"
    page = {"hold": hold, "rows": rows, "in_force": True, "zone": hold.zone, "visit_type": offered}
    return {"form": ConfirmForm(formdata=None), **page, **whose_example()}


def _appointment(part: str) -> Context:
    agreed = example_appointment()
    if agreed is None:
        return None
    return {**appointment_context(agreed, who=example_practitioner()), **whose_example()}


def _register(place: int, name: str, template: str, title: Any, example: Any) -> None:
    page = f"scheduling/{template}.html"
    register_preview(Preview(name=name, template=page, title=title, example=example, place=place))


_register(70, "book", "book", lambda: _("What kind of visit do you need?"), _book)
_register(71, "place", "place", lambda: _("Where will you be?"), _place)
_register(72, "times", "times", lambda: _("Choose a day and time"), _times)
_register(73, "language", "language", lambda: _("The language of your visit"), _language)
_register(74, "confirm", "confirm", lambda: _("Check your visit"), _confirm)
_register(75, "booked", "booked", lambda: _("Your visit is booked"), _appointment)
_register(76, "appointment", "appointment", lambda: _("Your visit"), _appointment)
_register(77, "cancel", "cancel", lambda: _("Cancel this visit"), _appointment)
_register(78, "too-late", "too_late", lambda: _("Too late to cancel"), _appointment)
