"""Alerts about unusual reading: the list, what somebody found out, and what the clinic calls unusual."""

from dataclasses import asdict
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import flash, request, url_for
from flask.typing import ResponseReturnValue

from portal.audit import (
    Alert,
    OwnAlert,
    Permission,
    Thresholds,
    alert_by_id,
    change_thresholds,
    find_alerts,
    mark_seen,
    record_event,
    thresholds,
)
from portal.kernel.locale import gettext as _
from portal.web.access import clinic, db, now, principal, requires
from portal.web.pages import found, refused, render, see
from portal.web.paging import asked_place, ways
from portal.web.transactions import writes
from portal.workspaces.audit_filter import Asked
from portal.workspaces.audit_forms import SeenForm, WatchForm
from portal.workspaces.audit_record import names_in
from portal.workspaces.audit_words import ALERTS
from portal.workspaces.routes import blueprint

STATES = ("open", "seen", "all")


@blueprint.get("/staff/audit/alerts")
@requires(Permission.INVESTIGATE, purpose="audit")
def audit_alerts() -> ResponseReturnValue:
    """What waits to be looked at; with ?show= what was looked at, or all."""
    show = request.args.get("show", "open")
    show = show if show in STATES else "open"
    hits = find_alerts(db(), state=None if show == "all" else show, after=asked_place())
    names = names_in(
        db(),
        accounts={one for alert in hits.rows for one in (alert.user_id, alert.seen_by)},
        patients={alert.patient_id for alert in hits.rows},
    )
    return render(
        "workspaces/audit_alerts.html",
        show=show,
        hits=hits,
        names=names,
        kinds=ALERTS,
        zone=clinic().zone,
        ways=ways(hits, "workspaces.audit_alerts", show=show),
    )


@blueprint.route("/staff/audit/alerts/<uuid:alert>", methods=["GET", "POST"])
@requires(Permission.INVESTIGATE, purpose="audit")
@writes
def audit_alert(alert: UUID) -> ResponseReturnValue:
    """One alert, the way to its entries, and saying what it was."""
    row = found(alert_by_id(db(), alert_id=alert))
    form = SeenForm(data={"note": row.note})
    if form.validate_on_submit():
        try:
            mark_seen(db(), alert=row, note=str(form.note.data).strip(), now=now())
        except OwnAlert:
            return _alert_page(row, form, status=403)
        flash(_("Your note is kept. The alert waits no longer."), "success")
        return see("workspaces.audit_alerts")
    return _alert_page(row, form, status=422 if request.method == "POST" else 200)


def _alert_page(row: Alert, form: SeenForm, *, status: int) -> ResponseReturnValue:
    names = names_in(db(), accounts={row.user_id, row.seen_by}, patients={row.patient_id})
    return render(
        "workspaces/audit_alert.html",
        status=status,
        is_own=row.user_id == principal().user_id,
        alert=row,
        form=form,
        names=names,
        kinds=ALERTS,
        zone=clinic().zone,
        entries_href=_entries(row, clinic().zone),
    )


def _entries(alert: Alert, zone: str) -> str:
    """The alert's days in the record."""
    days = [at.astimezone(ZoneInfo(zone)).date() for at in (alert.first_at, alert.last_at)]
    asked = Asked(person=alert.user_id, patient=alert.patient_id, first=days[0], last=days[1])
    return url_for("workspaces.audit_record", **asked.query())


@blueprint.route("/staff/audit/alerts/settings", methods=["GET", "POST"])
@requires(Permission.WATCH, purpose="audit")
@writes
def audit_watch() -> ResponseReturnValue:
    """What this clinic calls unusual."""
    form = WatchForm(data=asdict(thresholds(db())))
    if form.validate_on_submit():
        change_thresholds(db(), says=Thresholds(**form.values()), now=now())
        record_event(db(), what="audit-watch-changed")
        flash(_("Saved. It holds for what happens from now on."), "success")
        return see("workspaces.audit_alerts")
    show = refused if request.method == "POST" else render
    return show("workspaces/audit_watch.html", form=form)
