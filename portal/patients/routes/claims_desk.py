"""Doubtful claims: the desk makes sure who it is, and opens the right record, or none."""

from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from portal.kernel.locale import gettext as _
from portal.patients.access import Permission
from portal.patients.models import ClaimAttempt
from portal.patients.operations import ClaimNotOpen, accept_claim, refuse_claim
from portal.patients.queries import candidates_for, claim_by_id, open_claims
from portal.patients.routes.blueprint import blueprint
from portal.web.access import db, now, requires
from portal.web.pages import found, render, see
from portal.web.paging import asked_place, ways
from portal.web.transactions import writes


@blueprint.route("/staff/claims")
@requires(Permission.DECIDE_CLAIM, purpose="administration")
def claims() -> ResponseReturnValue:
    """Claims that wait, oldest first."""
    page = open_claims(db(), after=asked_place())
    return render("patients/claims.html", page=page, ways=ways(page, "patients.claims"))


@blueprint.route("/staff/claims/<uuid:claim>", methods=["GET", "POST"])
@requires(Permission.DECIDE_CLAIM, purpose="administration")
@writes
def decide_claim(claim: UUID) -> ResponseReturnValue:
    """What was given, the records that it may mean, and a decision."""
    attempt = found(claim_by_id(db(), claim_id=claim))
    if request.method == "GET":
        return _page(attempt)
    chosen = request.form.get("patient") or ""
    candidates = {str(one.id): one for one in candidates_for(db(), claim=attempt)}
    try:
        if chosen in candidates:
            accept_claim(db(), claim_id=claim, patient_id=candidates[chosen].id, now=now())
        elif chosen == "none":
            refuse_claim(db(), claim_id=claim, now=now())
        else:
            return _page(attempt, error=_("Choose a record, or that none of them is right."))
    except ClaimNotOpen:
        return _page(attempt, error=_("Somebody decided this already."), status=409)
    return see("patients.claims")


def _page(attempt: ClaimAttempt, *, error: str = "", status: int = 422) -> ResponseReturnValue:
    return render(
        "patients/decide_claim.html",
        status=status if error else 200,
        claim=attempt,
        error=error,
        candidates=candidates_for(db(), claim=attempt),
    )
