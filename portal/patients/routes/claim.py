"""Taking up a record that the clinic has already: by contact and date of birth, or by the clinic's invitation.

Somebody who fails learns nothing but that the clinic will look: not whether a record exists.
"""

from flask import g, request, url_for
from flask.typing import ResponseReturnValue

from portal.identity import TooManyCodes, request_code
from portal.kernel.locale import current_locale
from portal.kernel.locale import gettext as _
from portal.kernel.principal import Principal
from portal.patients.access import Permission
from portal.patients.forms import ClaimForm
from portal.patients.operations import InvitationVoid, TooManyClaims, accept_invitation, claim_record
from portal.patients.operations.claims import token_digest
from portal.patients.queries import contact_of, invitation_by_digest
from portal.patients.routes.blueprint import blueprint, home
from portal.web.access import clinic, db, door, now, principal, public, requires
from portal.web.pages import refused, render, see
from portal.web.transactions import writes


@blueprint.route("/claim", methods=["GET", "POST"])
@requires(Permission.CLAIM, purpose="registration")
@writes
def claim() -> ResponseReturnValue:
    """Name and date of birth; the contact is the account's own."""
    form = ClaimForm()
    if form.validate_on_submit():
        try:
            patient = claim_record(db(), name=form.name.data or "", birth_date=form.birth_date.data, now=now())
        except TooManyClaims:
            form.form_errors.append(_("You have tried a few times. Please wait an hour, or phone the clinic."))
            return render("patients/claim.html", form=form, status=429)
        return home(patient.id) if patient else see("patients.claim_received")
    show = refused if request.method == "POST" else render
    return show("patients/claim.html", form=form)


@blueprint.route("/claim/received")
@requires(Permission.CLAIM, purpose="registration")
def claim_received() -> ResponseReturnValue:
    """The desk will look; meanwhile one can go on."""
    return render("patients/claim_received.html")


@blueprint.get("/invitation/<token>")
@public("The link of a message; it shows the clinic's name only and changes nothing", purpose="registration")
def invitation(token: str) -> ResponseReturnValue:
    """Where the clinic's invitation leads: to a code first, then to one button."""
    if invitation_by_digest(db(), digest=token_digest(token), now=now()) is None:
        return render("patients/invitation_void.html", status=404)
    return _invitation_page(token)


def _invitation_page(token: str, *, problem: str = "") -> ResponseReturnValue:
    return render(
        "patients/invitation.html",
        status=429 if problem else 200,
        signed_in=g.signed_in is not None and principal().is_patient,
        token=token,
        problem=problem,
    )


@blueprint.post("/invitation/<token>/code")
@public("Sends a code to the contact to which the link went, and to no other", purpose="invitation")
@writes
def invitation_code(token: str) -> ResponseReturnValue:
    """A code to the contact on file; with it, the sign-in leads back to the invitation."""
    ours = Principal.system(tenant_id=clinic().id, purpose="invitation")
    with door().database.transaction(ours) as session:
        invited = invitation_by_digest(session, digest=token_digest(token), now=now())
        contact = contact_of(session, patient_id=invited.patient_id) if invited else None
        if contact is None:
            return render("patients/invitation_void.html", status=404)
        locale = current_locale()
        try:
            code_id = request_code(
                session,
                channel=contact.channel,
                target=contact.target,
                language=locale.language,
                zone=locale.zone,
                address=principal().address,
                now=now(),
            )
        except TooManyCodes:
            return _invitation_page(token, problem=_("Too many codes were sent. Please wait an hour."))
    back = url_for("patients.invitation", token=token)
    return see("identity.code", code=code_id, next=back)


@blueprint.post("/invitation/<token>")
@requires(Permission.CLAIM, purpose="registration")
@writes
def accept(token: str) -> ResponseReturnValue:
    """Take the record up, with the contact to which the link went."""
    try:
        return home(accept_invitation(db(), token=token, now=now()).id)
    except InvitationVoid:
        return render("patients/invitation_void.html", status=404)
    except TooManyClaims:
        return render("patients/invitation_void.html", status=429)
