"""A clinician's week as a list by day: what is booked, held and closed."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.kernel.locale import format_date, format_time, own_text
from portal.kernel.locale import gettext as _
from portal.patients import Patient, patients_by_id
from portal.practitioners import Practitioner, list_practitioners, practitioner_of_account
from portal.scheduling.access import Permission
from portal.scheduling.models import VisitType
from portal.scheduling.queries import (
    Taken,
    calendar_of,
    hours_of,
    upcoming_exceptions,
    visit_types_by_id,
    weekly_hours,
)
from portal.scheduling.routes.blueprint import blueprint
from portal.scheduling.rules import Span, day_of, start_of_day, working_time
from portal.scheduling.wording import interpreter_badge
from portal.web.access import db, now, principal, requires
from portal.web.pages import found, render

WEEK = 7


@blueprint.route("/staff/calendar")
@requires(Permission.CALENDAR_READ, purpose="scheduling")
def calendar() -> ResponseReturnValue:
    """Seven days of ?practitioner= from ?from= on, in the practitioner's zone."""
    people = list_practitioners(db())
    who = _asked(people)
    if who is None:
        return render("scheduling/calendar.html", people=[], practitioner=None, days=[])
    first = _first_day(who.zone)
    start, end = start_of_day(first, who.zone), start_of_day(first + timedelta(days=WEEK), who.zone)
    taken = calendar_of(db(), practitioner_id=who.id, start=start, end=end, now=now())
    appointments = [one.appointment for one in taken if one.appointment]
    patients = patients_by_id(db(), {one.patient_id for one in appointments})
    types = visit_types_by_id(db(), {one.visit_type_id for one in appointments})
    open_time = _working(who, start, end)
    days = [first + timedelta(days=number) for number in range(WEEK)]
    return render(
        "scheduling/calendar.html",
        people=[(str(one.id), one.name) for one in people],
        practitioner=who,
        first=first,
        before=first - timedelta(days=WEEK),
        after=first + timedelta(days=WEEK),
        days=[
            {
                "title": format_date(day, format="full"),
                "hours": _hours_text(open_time, day, who.zone),
                "rows": [
                    _row(one, who.zone, patients, types)
                    for one in taken
                    if day_of(max(one.starts_at, start), who.zone) == day
                ],
            }
            for day in days
        ],
    )


def _asked(people: list[Practitioner]) -> Practitioner | None:
    asked = request.args.get("practitioner")
    if asked:
        return found(next((one for one in people if str(one.id) == asked), None))
    own = practitioner_of_account(db(), account_id=principal().actor_id)
    return own or (people[0] if people else None)


def _first_day(zone: str) -> date:
    try:
        return date.fromisoformat(request.args.get("from", ""))
    except ValueError:
        return day_of(now(), zone)


def _working(who: Practitioner, start: datetime, end: datetime) -> list[Span]:
    exceptions = upcoming_exceptions(db(), practitioner_ids=[who.id], start=start, end=end)
    return working_time(
        [weekly_hours(row) for row in hours_of(db(), practitioner_ids=[who.id], on_or_after=start.date())],
        opened=[Span(row.starts_at, row.ends_at) for row in exceptions if row.kind == "open"],
        closed=[Span(row.starts_at, row.ends_at) for row in exceptions if row.kind == "closed"],
        first=start.date() - timedelta(days=1),
        last=end.date() + timedelta(days=1),
    )


def _hours_text(open_time: list[Span], day: date, zone: str) -> list[str]:
    start, end = start_of_day(day, zone), start_of_day(day + timedelta(days=1), zone)
    hours: list[Span] = []
    for span in sorted(open_time, key=lambda one: one.start):
        if not span.overlaps(Span(start, end)):
            continue
        begins, ends = max(span.start, start), min(span.end, end)
        if hours and hours[-1].end >= begins:  # no break in between
            begins, ends = hours[-1].start, max(hours.pop().end, ends)
        hours.append(Span(begins, ends))
    if hours == [Span(start, end)]:
        return [_("all day")]
    return [
        _("%(start)s to %(end)s", start=format_time(one.start, zone), end=format_time(one.end, zone)) for one in hours
    ]


def _row(taken: Taken, zone: str, patients: dict[UUID, Patient], types: dict[UUID, VisitType]) -> dict[str, Any]:
    when = _("%(start)s to %(end)s", start=format_time(taken.starts_at, zone), end=format_time(taken.ends_at, zone))
    agreed = taken.appointment
    if agreed is None:
        what = _("Kept for a patient") if taken.kind == "hold" else _("Booked")
        return {"when": when, "what": what, "visit": "", "status": taken.kind, "href": None, "interpreter": None}
    person = patients.get(agreed.patient_id)
    return {
        "when": when,
        "what": person.display_name if person else _("Booked"),
        "visit": own_text(types[agreed.visit_type_id].names)[0],
        "status": agreed.status,
        "interpreter": interpreter_badge(spoken=agreed.spoken, state=agreed.interpreter),
        "href": url_for("scheduling.staff_appointment", appointment=agreed.id),
    }
