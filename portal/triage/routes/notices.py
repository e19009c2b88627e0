"""The front desk's red flags: who has to be phoned, and what was done."""

from datetime import timedelta
from uuid import UUID

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from portal.kernel.locale import gettext as _
from portal.patients import patients_by_id
from portal.triage.access import Permission
from portal.triage.forms import HandleForm
from portal.triage.models import RedFlagNotice
from portal.triage.operations import AlreadyHandled, handle_notice
from portal.triage.queries import open_red_flags, patients_to_phone, recently_handled, red_flag_notice
from portal.triage.wording import DONE
from portal.web.access import db, now, requires
from portal.web.pages import found, refused, render, see
from portal.web.paging import asked_place, ways
from portal.web.transactions import writes

blueprint = Blueprint("triage", __name__, url_prefix="/<clinic>")


@blueprint.route("/staff/red-flags")
@requires(Permission.NOTICE_LIST, purpose="red-flags")
def notices() -> ResponseReturnValue:
    """Open notices, and those handled in the last day."""
    waiting = open_red_flags(db(), after=asked_place())
    handled = recently_handled(db(), since=now() - timedelta(days=1), after=asked_place("handled"))
    return render(
        "triage/notices.html",
        fragment="list",
        waiting=waiting,
        handled=handled,
        to_phone=patients_to_phone(db()),
        people=patients_by_id(db(), {notice.patient_id for notice in (*waiting.rows, *handled.rows)}),
        done=DONE,
        waiting_ways=ways(waiting, "triage.notices"),
        handled_ways=ways(handled, "triage.notices", name="handled"),
    )


@blueprint.route("/staff/red-flags/<uuid:notice>", methods=["GET", "POST"])
@requires(Permission.NOTICE_HANDLE, purpose="red-flags")
@writes
def handle(notice: UUID) -> ResponseReturnValue:
    """Say what was done about a notice."""
    row = found(red_flag_notice(db(), notice_id=notice))
    form = HandleForm()
    if form.validate_on_submit():
        try:
            handle_notice(db(), notice_id=notice, done=form.done.data, note=form.note.data or "", now=now())
        except AlreadyHandled:
            form.form_errors.append(_("Somebody else has already handled this. Nothing was changed."))
            return _page(row, form)
        return see("triage.notices")
    return _page(row, form)


def _page(row: RedFlagNotice, form: HandleForm) -> ResponseReturnValue:
    person = found(patients_by_id(db(), [row.patient_id]).get(row.patient_id))
    show = refused if request.method == "POST" else render
    return show("triage/notice.html", notice=row, person=person, form=form, done=DONE)
