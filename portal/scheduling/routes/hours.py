"""Working hours: a clinician's own, or anybody's for the administrator."""

from uuid import UUID

from flask import flash, request
from flask.typing import ResponseReturnValue

from portal.kernel.locale import format_clock, format_datetime, ngettext
from portal.kernel.locale import gettext as _
from portal.kernel.permissions import Role
from portal.practitioners import Practitioner, list_practitioners, practitioner_of_account
from portal.scheduling.access import Permission
from portal.scheduling.forms import ConfirmForm, ExceptionForm, HoursForm, weekdays
from portal.scheduling.models import AvailabilityException
from portal.scheduling.operations import (
    HoursOverlap,
    WrongHours,
    add_exception,
    add_hours,
    remove_exception,
    remove_hours,
)
from portal.scheduling.queries import count_booked, hours_of, upcoming_exceptions
from portal.scheduling.routes.blueprint import blueprint
from portal.scheduling.rules import day_of
from portal.web.access import db, now, principal, requires
from portal.web.pages import found, refused, render, see
from portal.web.transactions import writes


@blueprint.route("/staff/availability")
@requires(Permission.AVAILABILITY_EDIT, purpose="scheduling")
def availability() -> ResponseReturnValue:
    """The week, and what is different from it."""
    people, chosen = whose_hours()
    return _page(people, chosen)


@blueprint.route("/staff/availability/hours", methods=["POST"])
@requires(Permission.AVAILABILITY_EDIT, purpose="scheduling")
@writes
def add_weekly_hours() -> ResponseReturnValue:
    """Work on a weekday."""
    people, chosen = whose_hours()
    who, form = found(chosen), HoursForm()
    if form.validate_on_submit():
        try:
            add_hours(
                db(),
                practitioner_id=who.id,
                weekday=int(form.weekday.data),
                starts=form.starts.time,
                ends=form.ends.time,
                zone=who.zone,
                valid_from=day_of(now(), who.zone),
            )
            return see("scheduling.availability", practitioner=str(who.id))
        except HoursOverlap:
            form.starts.errors = [_("These hours overlap with hours that are there already.")]
        except WrongHours:
            form.ends.errors = [_("The end must be after the beginning.")]
    return _page(people, chosen, hours_form=form)


@blueprint.route("/staff/availability/hours/<uuid:hours>/remove", methods=["POST"])
@requires(Permission.AVAILABILITY_EDIT, purpose="scheduling")
@writes
def remove_weekly_hours(hours: UUID) -> ResponseReturnValue:
    """No longer work then; what is booked stays."""
    _people, chosen = whose_hours()
    who = found(chosen)
    if ConfirmForm().validate_on_submit():
        remove_hours(db(), hours_id=hours, practitioner_id=who.id)
    return see("scheduling.availability", practitioner=str(who.id))


@blueprint.route("/staff/availability/exceptions", methods=["POST"])
@requires(Permission.AVAILABILITY_EDIT, purpose="scheduling")
@writes
def add_hours_exception() -> ResponseReturnValue:
    """Be away, or work extra."""
    people, chosen = whose_hours()
    who, form = found(chosen), ExceptionForm()
    if form.validate_on_submit():
        timed = form.first_time.data is not None
        try:
            row = add_exception(
                db(),
                practitioner_id=who.id,
                kind=form.kind.data,
                first_day=form.first_day.data,
                last_day=form.last_day.data or form.first_day.data,
                starts=form.first_time.clock if timed else None,
                ends=form.last_time.clock if timed else None,
                zone=who.zone,
            )
            _warn_of_booked(row)
            return see("scheduling.availability", practitioner=str(who.id))
        except WrongHours:
            form.last_time.errors = [_("The end must be after the beginning.")]
    return _page(people, chosen, exception_form=form)


@blueprint.route("/staff/availability/exceptions/<uuid:exception>/remove", methods=["POST"])
@requires(Permission.AVAILABILITY_EDIT, purpose="scheduling")
@writes
def remove_hours_exception(exception: UUID) -> ResponseReturnValue:
    """Take it back."""
    _people, chosen = whose_hours()
    who = found(chosen)
    if ConfirmForm().validate_on_submit():
        remove_exception(db(), exception_id=exception, practitioner_id=who.id, now=now())
    return see("scheduling.availability", practitioner=str(who.id))


def _warn_of_booked(row: AvailabilityException) -> None:
    """Closing a time cancels nothing: somebody must move what is booked in it."""
    if row.kind != "closed":
        return
    booked = count_booked(db(), practitioner_id=row.practitioner_id, start=row.starts_at, end=row.ends_at)
    if booked:
        flash(
            ngettext(
                "%(num)s visit is booked in this time. It stays booked until somebody moves it.",
                "%(num)s visits are booked in this time. They stay booked until somebody moves them.",
                booked,
            ),
            "warning",
        )


def whose_hours() -> tuple[list[Practitioner], Practitioner | None]:
    """Whose hours this reader may edit, and whose are asked for by ?practitioner= (or the first)."""
    own = practitioner_of_account(db(), account_id=principal().actor_id)
    people = list_practitioners(db()) if Role.CLINIC_ADMIN in principal().roles else [own] if own else []
    asked = request.args.get("practitioner")
    first = own if own in people else people[0] if people else None
    return people, next((one for one in people if str(one.id) == asked), None if asked else first)


def _page(
    people: list[Practitioner],
    chosen: Practitioner | None,
    *,
    hours_form: HoursForm | None = None,
    exception_form: ExceptionForm | None = None,
) -> ResponseReturnValue:
    if chosen is None and request.args.get("practitioner"):
        found(chosen)
    ids = [chosen.id] if chosen else []
    zone = chosen.zone if chosen else "UTC"
    hours = hours_of(db(), practitioner_ids=ids, on_or_after=day_of(now(), zone))
    exceptions = upcoming_exceptions(db(), practitioner_ids=ids, start=now())
    names = dict(weekdays())
    order = list(names)
    show = render if hours_form is None and exception_form is None else refused
    return show(
        "scheduling/availability.html",
        people=[(str(one.id), one.name) for one in people],
        practitioner=chosen,
        hours=[
            {
                "id": row.id,
                "text": _(
                    "%(day)s, %(start)s to %(end)s",
                    day=str(names[str(row.weekday)]),
                    start=format_clock(row.starts),
                    end=format_clock(row.ends),
                ),
            }
            for row in sorted(hours, key=lambda row: order.index(str(row.weekday)))
        ],
        exceptions=[
            {
                "id": row.id,
                "text": _(
                    "%(what)s: %(start)s to %(end)s",
                    what=_("Not working") if row.kind == "closed" else _("Working extra hours"),
                    start=format_datetime(row.starts_at, zone, named=False),
                    end=format_datetime(row.ends_at, zone, named=False),
                ),
            }
            for row in exceptions
        ],
        hours_form=hours_form or HoursForm(formdata=None),
        exception_form=exception_form or ExceptionForm(formdata=None),
    )
