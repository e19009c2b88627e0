"""A clinician's day. It asks itself again like the board."""

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.kernel.locale import format_date
from portal.practitioners import practitioner_of_account
from portal.web.access import clinic, db, now, principal, requires
from portal.web.pages import render, unchanged, wants_fragment
from portal.workspaces.access import Permission
from portal.workspaces.my_day import own_day
from portal.workspaces.pulse import pulse
from portal.workspaces.routes import blueprint


@blueprint.get("/staff/my-day")
@requires(Permission.OWN_DAY_READ, purpose="care", polled=True)
def my_day() -> ResponseReturnValue:
    """Own waiting room, own visits of today, own notes to sign."""
    version = pulse(db(), now=now())
    if wants_fragment() and request.args.get("version") == version:
        return unchanged()
    who = practitioner_of_account(db(), principal().actor_id)
    zone = who.zone if who else clinic().zone
    return render(
        "workspaces/my_day.html",
        fragment="day",
        practitioner=who,
        own=own_day(db(), practitioner=who, zone=zone, now=now()) if who else None,
        zone=zone,
        day_text=format_date(now(), zone, format="full"),
        again=url_for("workspaces.my_day", version=version),
        looked_at=now(),
    )
