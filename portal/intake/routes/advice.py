"""Stopped by a red flag: what to do now, and the way back for somebody who is safe."""

from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from portal.intake.access import Permission
from portal.intake.operations import go_on_after_stop
from portal.intake.routes.blueprint import Filling, blueprint
from portal.triage import advice_for, crisis_line, red_flags_of
from portal.web.access import clinic, db, now, requires
from portal.web.pages import render, see
from portal.web.transactions import writes


@blueprint.route("/p/<uuid:patient>/intake/advice", methods=["GET", "POST"])
@requires(Permission.INTAKE_FILL, purpose="intake")
@writes
def advice(patient: UUID) -> ResponseReturnValue:
    """Call for help; or say that it was a mistake, or that one is safe."""
    filling = Filling(patient)
    if filling.intake is None or filling.state != "stopped":
        return see("intake.start", patient=patient)
    if request.method == "POST":
        stopped_at = filling.intake.current_step
        if request.form.get("reason") == "safe":
            go_on_after_stop(db(), intake_id=filling.intake.id, reason="safe", now=now())
            return see("intake.start", patient=patient)
        go_on_after_stop(db(), intake_id=filling.intake.id, reason="mistake", now=now())
        return see("intake.step", patient=patient, step=stopped_at)
    flags = [flag for flag in red_flags_of(db(), intake_id=filling.intake.id) if flag.withdrawn_at is None]
    codes = list(dict.fromkeys(code for flag in flags for code in flag.codes))
    return render(
        "intake/advice.html",
        patient_name=filling.person.display_name,
        advice=advice_for(codes),
        crisis_line=crisis_line(codes, country=clinic().country),
    )
