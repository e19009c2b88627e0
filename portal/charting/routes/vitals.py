"""A patient's vital signs over time: a curve for each kind, with its numbers behind it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.charting.access import Permission
from portal.charting.queries import vitals_over_time
from portal.charting.routes.blueprint import blueprint, next_path
from portal.charting.rules import Measured, side_by_side, unit_name, vital_name
from portal.kernel.locale import format_number
from portal.kernel.locale import gettext as _
from portal.patients import age_on, patient_by_id
from portal.web.access import clinic, db, now, requires
from portal.web.pages import found, render

YEAR = timedelta(days=365)
#: Nobody leafs further; a greater number is a slip.
LAST_PAGE = 1000


@blueprint.get("/staff/patients/<uuid:patient>/vitals")
@requires(Permission.HISTORY_READ, purpose="care")
def vitals(patient: UUID) -> ResponseReturnValue:
    """Of the last year, or of all time; thirty values of each kind on a page."""
    person = found(patient_by_id(db(), patient_id=patient))
    period = "all" if request.args.get("period") == "all" else "year"
    number = max(1, min(request.args.get("page", 1, type=int), LAST_PAGE))
    since = None if period == "all" else now() - YEAR
    page = vitals_over_time(db(), patient_id=patient, since=since, page=number)
    kinds = [_figure(together) for together in side_by_side(page.kinds)]
    onward = next_path()

    def here(**values: Any) -> str:
        return url_for("charting.vitals", patient=patient, next=onward, **values)

    return render(
        "charting/vitals.html",
        person=person,
        age=age_on(person.birth_date, now().date()),
        page=page,
        curves=[one for one in kinds if one["is_curve"]],
        singles=[one for one in kinds if not one["is_curve"]],
        period=period,
        periods=[("year", _("Last 12 months"), here()), ("all", _("All years"), here(period="all"))],
        newer=here(period=period, page=number - 1) if number > 1 else None,
        older=here(period=period, page=number + 1) if page.has_older else None,
        adding=url_for("charting.history", patient=patient, next=onward, add="vital", _anchor="add-vital"),
        zone=clinic().zone,
        onward=onward,
    )


def _figure(together: Sequence[Measured]) -> dict[str, Any]:
    """What the page shows of a kind, or of both blood pressures: a curve where there is more than one value."""
    first, *others = together
    unit = unit_name(first.unit)
    return {
        "title": _("Blood pressure") if others else vital_name(first.code, first.display),
        "unit": unit,
        "last": _last(together, unit),
        "is_curve": max(one.total for one in together) > 1,
        "name": vital_name(first.code, first.display),
        "points": first.rounded,
        "beside": [
            {"name": vital_name(one.code, one.display), "points": one.rounded, "believed": one.believed}
            for one in others
        ],
        "believed": first.believed,
    }


def _last(together: Sequence[Measured], unit: str) -> list[tuple[str, str, datetime]]:
    """(name, value, when) of the last of each; as one, without a name, where they are of one moment."""
    values = [
        (vital_name(one.code, one.display), format_number(one.rounded[-1][1]), one.points[-1][0]) for one in together
    ]
    if len({at for _name, _value, at in values}) == 1:
        values = [("", "/".join(value for _name, value, _at in values), values[0][2])]
    return [(name, f"{value} {unit}".strip(), at) for name, value, at in values]
