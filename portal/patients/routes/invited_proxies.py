"""A patient invites somebody to act for them; the invited opens the link, proves the contact and accepts.

The link shows the clinic only, and leads nobody on who does not sign in with the contact to which it went.
"""

from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import g, request, url_for
from flask.typing import ResponseReturnValue

from portal.identity import TooManyCodes, request_code
from portal.kernel.locale import current_locale
from portal.kernel.locale import gettext as _
from portal.kernel.principal import Principal
from portal.patients.access import Permission
from portal.patients.forms import InviteProxyForm
from portal.patients.operations import (
    InvitationVoid,
    OwnRecord,
    TooManyInvitations,
    accept_proxy_invitation,
    end_proxy_invitation,
    invite_proxy,
)
from portal.patients.operations.claims import token_digest
from portal.patients.queries import held_patient, patient_by_id, proxy_invitation_by_digest
from portal.patients.routes.blueprint import blueprint, home
from portal.web.access import clinic, db, door, now, principal, public, requires
from portal.web.pages import found, refused, render, see
from portal.web.transactions import writes


@blueprint.route("/p/<uuid:patient>/helpers/new", methods=["GET", "POST"])
@requires(Permission.PROXY_INVITE, purpose="own-proxies", step_up="invite-proxy")
@writes
def invite_helper(patient: UUID) -> ResponseReturnValue:
    """Whom, in which parts, until when. The answer is the same whoever the contact is."""
    person = found(held_patient(db(), patient_id=patient))
    form = InviteProxyForm()
    if form.validate_on_submit():
        last = form.until.data + timedelta(days=1)
        try:
            invite_proxy(
                db(),
                patient_id=patient,
                channel=form.contact.channel,
                target=form.contact.data or "",
                parts=form.parts.data or [],
                until=datetime.combine(last, time.min, ZoneInfo(person.zone)),
                language=current_locale().language,
                now=now(),
            )
        except OwnRecord:
            form.contact.errors = [_("You sign in with this contact yourself. Write the other person’s own.")]
        except TooManyInvitations:
            form.form_errors.append(_("You have invited several people today. Please try again tomorrow."))
        else:
            return see("home.own_access", patient=patient)
    show = refused if request.method == "POST" else render
    return show(
        "patients/invite_helper.html",
        form=form,
        patient_name=person.display_name,
        patient_href=url_for("home.own_access", patient=patient),
    )


@blueprint.post("/p/<uuid:patient>/helpers/end")
@requires(Permission.PROXY_INVITE, purpose="own-proxies")
@writes
def end_invitation(patient: UUID) -> ResponseReturnValue:
    """Take an invitation back. Used or ended already, nothing changes."""
    found(held_patient(db(), patient_id=patient))
    end_proxy_invitation(db(), patient_id=patient, invitation_id=request.form.get("invitation", ""), now=now())
    return see("home.own_access", patient=patient)


@blueprint.post("/staff/patients/<uuid:patient>/helpers/end")
@requires(Permission.PROXY_APPOINT, purpose="proxies")
@writes
def end_invitation_at_desk(patient: UUID) -> ResponseReturnValue:
    """The desk takes it back, for a patient who phones."""
    found(patient_by_id(db(), patient_id=patient))
    end_proxy_invitation(db(), patient_id=patient, invitation_id=request.form.get("invitation", ""), now=now())
    return see("workspaces.access", patient=patient)


@blueprint.get("/act-for/<proxy_token>")
@public("The link of a message; it shows the clinic's name only and changes nothing", purpose="registration")
def act_for(proxy_token: str) -> ResponseReturnValue:
    """Where the patient's invitation leads: to a code first, then to one button."""
    if proxy_invitation_by_digest(db(), digest=token_digest(proxy_token), now=now()) is None:
        return render("patients/invitation_void.html", status=404)
    return _page(proxy_token)


def _page(proxy_token: str, *, problem: str = "") -> ResponseReturnValue:
    return render(
        "patients/act_for.html",
        status=429 if problem else 200,
        signed_in=g.signed_in is not None and principal().is_patient,
        proxy_token=proxy_token,
        problem=problem,
    )


@blueprint.post("/act-for/<proxy_token>/code")
@public("Sends a code to the contact to which the link went, and to no other", purpose="invitation")
@writes
def act_for_code(proxy_token: str) -> ResponseReturnValue:
    """A code to the invited contact; with it, the sign-in leads back to the invitation."""
    ours = Principal.system(tenant_id=clinic().id, purpose="invitation")
    with door().database.transaction(ours) as session:
        invited = proxy_invitation_by_digest(session, digest=token_digest(proxy_token), now=now())
        if invited is None:
            return render("patients/invitation_void.html", status=404)
        locale = current_locale()
        try:
            code_id = request_code(
                session,
                channel=invited.channel,
                target=invited.contact,
                language=locale.language,
                zone=locale.zone,
                address=principal().address,
                now=now(),
            )
        except TooManyCodes:
            return _page(proxy_token, problem=_("Too many codes were sent. Please wait an hour."))
    return see("identity.code", code=code_id, next=url_for("patients.act_for", proxy_token=proxy_token))


@blueprint.post("/act-for/<proxy_token>")
@requires(Permission.CLAIM, purpose="registration")
@writes
def accept_act_for(proxy_token: str) -> ResponseReturnValue:
    """Act for the patient from now on, with the contact to which the link went."""
    try:
        return home(accept_proxy_invitation(db(), token=proxy_token, now=now()).patient_id)
    except InvitationVoid:
        return render("patients/invitation_void.html", status=404)
