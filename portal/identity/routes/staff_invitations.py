"""Invitations to work here: sent, sent again and taken back by administrators; taken up by who got the mail.

The link shows the clinic's name and changes nothing. A link that was used, taken back, ran out or never was one
leads to the same page. With a password of their own somebody goes on to set a second factor up; nothing is open before.
"""

from uuid import UUID

from flask import flash, request
from flask.typing import ResponseReturnValue

from portal.identity.access import Permission
from portal.identity.forms import weakness_in_words
from portal.identity.operations import (
    AlreadyInvited,
    HasAccount,
    InvitationVoid,
    NotGrantable,
    accept_staff_invitation,
    begin_sign_in,
    invite_colleague,
    resend_invitation,
    withdraw_invitation,
)
from portal.identity.passwords import PasswordsBusy, WeakPassword
from portal.identity.people_forms import InviteForm, JoinForm
from portal.identity.queries import account_name
from portal.identity.queries.people import invitation_by_digest
from portal.identity.routes.blueprint import blueprint
from portal.identity.routes.people import ROLES
from portal.identity.routes.second_factor import go_on_to_second_step
from portal.identity.rules import INVITATION_LIFE, token_digest
from portal.kernel.locale import gettext as _
from portal.web.access import db, now, principal, public, requires
from portal.web.pages import render, see
from portal.web.transactions import writes


@blueprint.route("/staff/people/invite", methods=["GET", "POST"])
@requires(Permission.PEOPLE_EDIT, purpose="people", step_up=ROLES)
@writes
def invite() -> ResponseReturnValue:
    """Whom, and to what."""
    form = InviteForm()
    if not form.validate_on_submit():
        return _invite_page(form, status=422 if request.method == "POST" else 200)
    email, name = str(form.email.data).strip(), str(form.name.data).strip()
    try:
        invite_colleague(db(), email=email, name=name, roles=form.held(), now=now())
    except HasAccount as known:
        form.email.errors = [
            _("Somebody here has this address already: %(name)s.", name=account_name(db(), known.account_id))
        ]
    except AlreadyInvited:
        form.email.errors = [
            _("An invitation to this address is open already. Send it again from the list, or take it back.")
        ]
    except NotGrantable:
        form.roles.errors = [_("Choose at least one role of the list.")]
    else:
        flash(_("The invitation to %(name)s is on its way.", name=name), "success")
        return see("identity.people")
    return _invite_page(form, status=422)


@blueprint.post("/staff/people/invitations/<uuid:invitation>/resend")
@requires(Permission.PEOPLE_EDIT, purpose="people", step_up=ROLES)
@writes
def resend(invitation: UUID) -> ResponseReturnValue:
    """A new link; the old one is void."""
    sent = resend_invitation(db(), invitation_id=invitation, now=now())
    flash(_("A new link is on its way to %(name)s. The old one does not work any more.", name=sent.name), "success")
    return see("identity.people")


@blueprint.post("/staff/people/invitations/<uuid:invitation>/withdraw")
@requires(Permission.PEOPLE_EDIT, purpose="people", step_up=ROLES)
@writes
def withdraw(invitation: UUID) -> ResponseReturnValue:
    """The link leads nowhere any more."""
    taken = withdraw_invitation(db(), invitation_id=invitation, now=now())
    flash(_("The invitation to %(name)s is taken back.", name=taken.name), "success")
    return see("identity.people")


@blueprint.route("/staff/invitation/<token>", methods=["GET", "POST"])
@public("The link of a mail; it shows the clinic's name only, and a GET changes nothing", purpose="staff-invitation")
@writes
def join(token: str) -> ResponseReturnValue:
    """A password of one's own; the second factor comes next."""
    if invitation_by_digest(db(), digest=token_digest(token), now=now()) is None:
        return _void_page()
    form = JoinForm()
    if not form.validate_on_submit():
        return _join_page(form, status=422 if request.method == "POST" else 200)
    try:
        account_id = accept_staff_invitation(db(), token=token, password=str(form.new_password.data), now=now())
    except InvitationVoid:
        return _void_page()
    except WeakPassword as weak:
        form.new_password.errors = [weakness_in_words(weak.fault)]
        return _join_page(form, status=422)
    except PasswordsBusy:
        form.form_errors.append(_("Many people are signing in at this moment. Try again in a few seconds."))
        return _join_page(form, status=503)
    # The account is there; from here on it is a sign-in of which the password was just shown.
    db().become(principal().acting(purpose="sign-in"))
    pending = begin_sign_in(db(), account_id=account_id, name=_("Authenticator app"), now=now())
    return go_on_to_second_step(pending, staff=True)


def _invite_page(form: InviteForm, *, status: int) -> ResponseReturnValue:
    return render("identity/invite.html", form=form, days=INVITATION_LIFE.days, status=status)


def _join_page(form: JoinForm, *, status: int) -> ResponseReturnValue:
    return render("identity/join.html", form=form, status=status)


def _void_page() -> ResponseReturnValue:
    return render("identity/join_void.html", status=404)
