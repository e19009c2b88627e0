"""The desk lets somebody act for a patient, on proof. What it gave it ends on the list of who can see the record."""

from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import request
from flask.typing import ResponseReturnValue

from portal.identity import patient_account
from portal.kernel.locale import gettext as _
from portal.patients.access import Permission
from portal.patients.forms import ProxyForm
from portal.patients.operations import NotAMinor, OwnRecord, appoint_proxy
from portal.patients.queries import patient_by_id
from portal.patients.routes.blueprint import blueprint
from portal.web.access import clinic, db, now, requires
from portal.web.pages import found, refused, render, see
from portal.web.transactions import writes


@blueprint.route("/staff/patients/<uuid:patient>/proxies/new", methods=["GET", "POST"])
@requires(Permission.PROXY_APPOINT, purpose="proxies")
@writes
def new_proxy(patient: UUID) -> ResponseReturnValue:
    """Who, on which proof, in which parts, until when. Appointed anew, what was before ends."""
    person = found(patient_by_id(db(), patient_id=patient))
    form = ProxyForm()
    if form.validate_on_submit():
        try:
            appoint_proxy(
                db(),
                patient_id=patient,
                user_id=_account(form.contact.data or ""),
                parts=form.parts.data or [],
                proof=form.proof.data,
                until=_end_of(form.until.data),
                now=now(),
            )
        except NotAMinor:
            form.proof.errors = [_("This patient is of age. A parent or guardian acts for a minor only.")]
        except OwnRecord:
            form.contact.errors = [_("The patient signs in with this contact. Ask for the other person’s own.")]
        else:
            return see("workspaces.access", patient=patient)
    show = refused if request.method == "POST" else render
    return show("patients/new_proxy.html", form=form, person=person)


def _account(contact: str) -> UUID:
    """The account of the contact. Who holds it proves that with a code, when they sign in."""
    return patient_account(
        db(),
        channel="email" if "@" in contact else "sms",
        target=contact,
        language=clinic().default_language,
        zone=clinic().zone,
        now=now(),
    )


def _end_of(day: date) -> datetime:
    """The first instant after the day, where the clinic is."""
    return datetime.combine(day + timedelta(days=1), time.min, ZoneInfo(clinic().zone))
