"""The front desk's board: a day by clinician. It asks again every 15 seconds; 204 when nothing moved."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.local import LocalProxy

from portal.kernel.locale import format_date
from portal.kernel.permissions import Role
from portal.triage import Permission as Triage
from portal.web.access import clinic, db, now, principal, requires
from portal.web.pages import render, see, unchanged, wants_fragment
from portal.workspaces.access import Permission
from portal.workspaces.board import day_board
from portal.workspaces.navigation import counts_for, staff_navigation, told
from portal.workspaces.pulse import pulse
from portal.workspaces.record_tabs import record_tabs
from portal.workspaces.routes import blueprint

DAY = timedelta(days=1)
#: ?show=: only visits at which nobody interprets yet.
LACKING = "interpreter"


@blueprint.app_context_processor
def _navigation() -> dict[str, object]:
    """The menu of staff pages, made when a page shows it, and the parts of a record."""
    return {"navigation": LocalProxy(staff_navigation), "record_tabs": record_tabs}


@blueprint.get("/staff/")
@requires(Permission.BOARD_READ, purpose="board", polled=True)
def board() -> ResponseReturnValue:
    """The day of ?day=, today without it, in the clinic's zone."""
    if not principal().roles & {Role.FRONT_DESK, Role.CLINIC_ADMIN}:
        return see("workspaces.my_day" if principal().has(Permission.OWN_DAY_READ) else "workspaces.emergencies")
    zone = clinic().zone
    today = now().astimezone(ZoneInfo(zone)).date()
    day = _asked_day(today)
    version = pulse(db(), now=now())
    if wants_fragment() and request.args.get("version") == version:
        return unchanged()
    counts = counts_for(principal(), told={Triage.NOTICE_LIST})
    work = day_board(db(), day=day, zone=zone, now=now(), counts=counts)
    told({Triage.NOTICE_LIST: work.red_flags, **work.counts})
    shown: dict[str, Any] = {"day": None if day == today else day.isoformat()}
    only = request.args.get("show") == LACKING and work.without_interpreter > 0
    filtered = {**shown, "show": LACKING if only else None}
    return render(
        "workspaces/board.html",
        fragment="board",
        board=work.lacking_interpreter() if only else work,
        without_interpreter=work.without_interpreter,
        only=only,
        lacking=url_for("workspaces.board", **shown, show=LACKING),
        whole=url_for("workspaces.board", **shown),
        zone=zone,
        day=day,
        day_text=format_date(day, format="full"),
        is_today=day == today,
        is_past=day < today,
        before=(day - DAY).isoformat(),
        after=(day + DAY).isoformat(),
        here=url_for("workspaces.board", **filtered),
        again=url_for("workspaces.board", version=version, **filtered),
        looked_at=now(),
    )


def _asked_day(today: date) -> date:
    try:
        asked = date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        return today
    far = timedelta(days=3660)
    return asked if today - far < asked < today + far else today
