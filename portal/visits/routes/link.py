"""The link of a message: names one visit, shows the clinic and the time, changes nothing and grants nothing.

Whoever may see the visit goes on to it. Anybody else can have a code sent to the contact on file, and to no other.
"""

from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from portal.identity import TooManyCodes, request_code
from portal.kernel.db import PortalSession
from portal.kernel.locale import current_locale
from portal.kernel.locale import gettext as _
from portal.kernel.principal import Principal
from portal.patients import contact_of
from portal.scheduling import Appointment, appointment_by_id
from portal.visits.forms import PlainForm
from portal.visits.queries import visit_by_id
from portal.visits.routes import blueprint
from portal.web.access import clinic, db, door, now, principal, public
from portal.web.pages import found, render, see
from portal.web.transactions import writes

PURPOSE = "visit-link"


@blueprint.route("/v/<uuid:visit>", methods=["GET", "POST"])
@public("A message's link shows the clinic and the time only", purpose=PURPOSE)
@writes
def link(visit: UUID) -> ResponseReturnValue:
    """On to the visit, or a code to the contact on file."""
    who = principal()
    if who.is_patient and (known := visit_by_id(db(), visit_id=visit)) is not None:
        return see("visits.join", patient=known.patient_id, visit=visit)
    form = PlainForm()
    as_link = Principal.system(tenant_id=clinic().id, purpose=PURPOSE)
    with door().database.transaction(as_link) as ours:
        appointment = found(appointment_by_id(ours, appointment_id=visit))
        if request.method == "POST" and form.validate():
            return _send_code(ours, appointment)
    return _page(appointment)


def _page(appointment: Appointment, *, problem: str | None = None) -> ResponseReturnValue:
    return render(
        "visits/link.html",
        status=429 if problem else 200,
        starts_at=appointment.starts_at,
        zone=appointment.zone,
        cancelled=appointment.status == "cancelled",
        somebody_else=principal().is_signed_in,
        form=PlainForm(),
        problem=problem,
    )


def _send_code(ours: PortalSession, appointment: Appointment) -> ResponseReturnValue:
    contact = contact_of(ours, patient_id=appointment.patient_id)
    if contact is None:
        return _page(appointment, problem=_("We have no phone number or e-mail for you. Please call us."))
    locale = current_locale()
    try:
        code_id = request_code(
            ours,
            channel=contact.channel,
            target=contact.target,
            language=locale.language,
            zone=locale.zone,
            address=principal().address,
            now=now(),
        )
    except TooManyCodes:
        return _page(appointment, problem=_("Too many codes were sent. Wait one hour and try again, or call us."))
    return see("identity.code", code=code_id, next=f"/{clinic().slug}/v/{appointment.id}")
