"""Emergency access as others see it: the queue of who judges it, and the banner of who has it."""

from uuid import UUID

from flask import g, request
from flask.typing import ResponseReturnValue
from werkzeug.local import LocalProxy

from portal.audit import looks_at
from portal.identity import accounts_by_id
from portal.kernel.locale import current_locale
from portal.kernel.locale import gettext as _
from portal.patients import (
    FINDINGS,
    DecidedAlready,
    Emergency,
    OwnEmergency,
    ReasonMissing,
    emergencies_judged,
    emergencies_to_judge,
    emergency_by_id,
    emergency_reason,
    finding_name,
    judge_emergency,
    my_emergencies,
    patients_by_id,
)
from portal.web.access import db, now, principal, requires
from portal.web.pages import found, render, see
from portal.web.paging import asked_place, ways
from portal.web.transactions import writes
from portal.workspaces.access import Permission
from portal.workspaces.access_words import areas, looked_for
from portal.workspaces.routes import blueprint


@blueprint.app_context_processor
def _emergencies() -> dict[str, object]:
    """What staff pages say while somebody sees a record by emergency access."""
    return {"emergencies": LocalProxy(_mine)}


def _mine() -> list[Emergency]:
    """Known from the session, whose query every page makes: without emergency access nothing is asked."""
    signed_in = g.get("signed_in")
    if (
        signed_in is None
        or signed_in.is_locked
        or signed_in.emergency_until is None
        or signed_in.emergency_until <= now()
    ):
        return []
    if "emergencies" not in g:
        g.emergencies = list(my_emergencies(db(), now=now()))
    mine: list[Emergency] = g.emergencies
    return mine


@blueprint.get("/staff/emergency-access")
@requires(Permission.EMERGENCY_JUDGE, purpose="access")
def emergencies() -> ResponseReturnValue:
    """What nobody has judged yet, the oldest first; then what was judged."""
    waiting = emergencies_to_judge(db(), after=asked_place())
    judged = emergencies_judged(db(), after=asked_place("judged"))
    rows = (*waiting.rows, *judged.rows)
    staff = accounts_by_id(db(), {one.user_id for one in rows})
    return render(
        "workspaces/emergencies.html",
        waiting=waiting,
        waiting_ways=ways(waiting, "workspaces.emergencies"),
        judged=judged,
        judged_ways=ways(judged, "workspaces.emergencies", name="judged"),
        patients=patients_by_id(db(), {one.patient_id for one in rows}),
        names={account.id: account.name for account in staff.values()},
        emergency_reason=emergency_reason,
        finding_name=finding_name,
    )


@blueprint.route("/staff/emergency-access/<uuid:emergency>", methods=["GET", "POST"])
@requires(Permission.EMERGENCY_JUDGE, purpose="access")
@writes
def judge(emergency: UUID) -> ResponseReturnValue:
    """What was done and why, and whether it was right."""
    one = found(emergency_by_id(db(), emergency_id=emergency))
    if request.method == "GET":
        return _page(one)
    try:
        judge_emergency(
            db(),
            emergency_id=emergency,
            finding=request.form.get("finding", ""),
            remark=request.form.get("remark", "")[:5000],
            now=now(),
        )
    except ReasonMissing:
        return _page(one, error=_("Choose whether it was appropriate, and write why."))
    except OwnEmergency:
        return _page(one, error=_("Somebody else must judge what you did yourself."), status=403)
    except DecidedAlready:
        return _page(one, error=_("Somebody decided this already."), status=409)
    return see("workspaces.emergencies")


def _page(one: Emergency, *, error: str = "", status: int = 422) -> ResponseReturnValue:
    access = one.access
    looks = looks_at(
        db(),
        patient_id=access.patient_id,
        zone=current_locale().tzinfo,
        by=access.user_id,
        since=access.since,
        until=access.until,
    )
    staff = accounts_by_id(db(), {one for one in (access.user_id, access.decided_by) if one})
    return render(
        "workspaces/emergency.html",
        status=status if error else 200,
        one=one,
        looks=looks.looks,
        looked_for=looked_for,
        areas=areas,
        names={account.id: account.name for account in staff.values()},
        error=error,
        findings=[(code, finding_name(code)) for code in FINDINGS],
        finding=request.form.get("finding", ""),
        remark=request.form.get("remark", ""),
        emergency_reason=emergency_reason,
        finding_name=finding_name,
        may_judge=access.decided_at is None and access.user_id != principal().user_id,
    )
