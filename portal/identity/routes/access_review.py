"""Reviews of who may do what: begun, decided line by line, signed off, and taken along as a file."""

import json
from collections.abc import Sequence
from uuid import UUID

from flask import abort, flash, request
from flask.typing import ResponseReturnValue

from portal.identity.access import Permission
from portal.identity.models import AccessReview
from portal.identity.operations import ReasonMissing
from portal.identity.operations.reviews import (
    NotReviewed,
    OwnLine,
    ReviewClosed,
    ReviewOpen,
    begin_review,
    decide_line,
    sign_off_review,
)
from portal.identity.queries import accounts_by_id
from portal.identity.queries.reviews import LineView, lines_of, review_by_id, review_due, reviews
from portal.identity.routes.blueprint import blueprint
from portal.identity.wording import decision_names, factor_names, flag_name, role_names
from portal.kernel.locale import gettext as _
from portal.kernel.spreadsheets import csv_file
from portal.web.access import clinic, db, now, principal, requires
from portal.web.pages import document, found, render, see
from portal.web.paging import asked_place, ways
from portal.web.transactions import writes

#: So many forms stand on a page of a review. Who works here is known in full: the review needs each of them decided.
LINES = 25
COLUMNS = (
    "name", "account_id", "roles", "factors", "last_sign_in_at", "flags", "decision", "reason", "decided_by",
    "decided_at",
)  # fmt: skip


@blueprint.get("/staff/access-reviews")
@requires(Permission.REVIEW, purpose="access-review")
def access_reviews() -> ResponseReturnValue:
    """When the next one is due, and those that were."""
    page = reviews(db(), after=asked_place())
    by = accounts_by_id(db(), {one for row in page.rows for one in (row.begun_by, row.signed_off_by) if one})
    names = {account.id: account.name for account in by.values()}
    return render(
        "identity/access_reviews.html",
        due=review_due(db(), now=now()),
        page=page,
        ways=ways(page, "identity.access_reviews"),
        names=names,
    )


@blueprint.post("/staff/access-reviews")
@requires(Permission.REVIEW, purpose="access-review", step_up="roles")
@writes
def begin_access_review() -> ResponseReturnValue:
    """As things stand now; one at a time."""
    try:
        review = begin_review(db(), now=now())
    except ReviewOpen:
        flash(_("A review is open already. Finish it first."), "warning")
        return see("identity.access_reviews")
    return see("identity.access_review", review=review.id)


@blueprint.get("/staff/access-reviews/<uuid:review>")
@requires(Permission.REVIEW, purpose="access-review")
def access_review(review: UUID) -> ResponseReturnValue:
    """Everybody, what stands out, and what was decided."""
    return _page(found(review_by_id(db(), review_id=review)))


@blueprint.post("/staff/access-reviews/<uuid:review>/<uuid:line>")
@requires(Permission.REVIEW, purpose="access-review")
@writes
def decide(review: UUID, line: UUID) -> ResponseReturnValue:
    """Keep, change or end."""
    row = found(review_by_id(db(), review_id=review))
    decision, reason = request.form.get("decision", ""), request.form.get("reason", "")[:1000]
    try:
        decide_line(db(), review_id=review, line_id=line, decision=decision, reason=reason, now=now())
    except ReasonMissing:
        return _page(
            row, wrong=line, error=_("Choose what is to happen, and write why if anything changes."), status=422
        )
    except OwnLine:
        return _page(row, wrong=line, error=_("Somebody else decides about you."), status=403)
    except ReviewClosed:
        return _page(row, error=_("This review is signed off: nothing of it changes any more."), status=409)
    return see("identity.access_review", review=review, page=request.args.get("page"), anchor=f"line-{line}")


@blueprint.post("/staff/access-reviews/<uuid:review>/sign-off")
@requires(Permission.REVIEW, purpose="access-review", step_up="roles")
@writes
def sign_off(review: UUID) -> ResponseReturnValue:
    """All is decided and done."""
    row = found(review_by_id(db(), review_id=review))
    try:
        sign_off_review(db(), review_id=review, now=now())
    except NotReviewed:
        return _page(row, error=_("Not everything is decided and done yet."), status=409)
    except ReviewClosed:
        return _page(row, error=_("This review is signed off: nothing of it changes any more."), status=409)
    flash(_("The review is signed off."), "success")
    return see("identity.access_reviews")


@blueprint.get("/staff/access-reviews/<uuid:review>/export")
@requires(Permission.REVIEW, purpose="access-review", step_up="export")
def export_review(review: UUID) -> ResponseReturnValue:
    """The whole of it as a file: ?format= csv or json. Taking it is recorded."""
    row = found(review_by_id(db(), review_id=review))
    kind = request.args.get("format", "csv")
    if kind not in {"csv", "json"}:
        abort(404)
    db().note_read(None, "AccessReviewExport")
    entries = _entries(lines_of(db(), review_id=review, now=now()))
    name = f"{clinic().slug}-access-review-{row.begun_at:%Y%m%d}.{kind}"
    if kind == "csv":
        cells = ([_cell(entry[column]) for column in COLUMNS] for entry in entries)
        return document(csv_file(COLUMNS, cells), media_type="text/csv; charset=utf-8", filename=name)
    about = {
        "clinic": clinic().slug,
        "review": str(row.id),
        "begun_at": row.begun_at.isoformat(),
        "signed_off_at": row.signed_off_at.isoformat() if row.signed_off_at else None,
        "signed_off_by": str(row.signed_off_by) if row.signed_off_by else None,
        "lines": entries,
    }
    content = json.dumps(about, ensure_ascii=False, indent=1).encode()
    return document(content, media_type="application/json", filename=name)


def _entries(lines: Sequence[LineView]) -> list[dict[str, object]]:
    """Lines as a file has them: codes and ids as they are kept, and the name of today."""
    return [
        {
            "name": one.account.name,
            "account_id": str(one.account.id),
            "roles": one.line.roles,
            "factors": one.line.factors,
            "last_sign_in_at": one.line.last_sign_in_at.isoformat() if one.line.last_sign_in_at else None,
            "flags": one.line.flags,
            "decision": one.line.decision,
            "reason": one.line.reason,
            "decided_by": str(one.line.decided_by) if one.line.decided_by else None,
            "decided_at": one.line.decided_at.isoformat() if one.line.decided_at else None,
        }
        for one in lines
    ]


def _cell(value: object) -> object:
    return " ".join(value) if isinstance(value, list) else value


def _page(row: AccessReview, *, wrong: UUID | None = None, error: str = "", status: int = 200) -> ResponseReturnValue:
    known = lines_of(db(), review_id=row.id, now=now())
    last = max(1, -(-len(known) // LINES))
    page = max(1, min(request.args.get("page", 1, type=int), last))
    lines = known[(page - 1) * LINES : page * LINES]
    by = accounts_by_id(db(), {one.line.decided_by for one in lines if one.line.decided_by})
    return render(
        "identity/access_review.html",
        review=row,
        lines=lines,
        total=len(known),
        first=(page - 1) * LINES + 1,
        page=page,
        last=last,
        left=sum(not one.is_done for one in known),
        names={account.id: account.name for account in by.values()},
        me=principal().user_id,
        wrong=wrong,
        error=error,
        typed=request.form,
        decisions=decision_names(),
        flag_name=flag_name,
        role_names=role_names,
        factor_names=factor_names,
        status=status,
    )
