"""Signing in with a passkey: alone, since the device asks for its owner, or as the second step after the password."""

import secrets

from flask import abort, session
from flask.typing import ResponseReturnValue

from portal.audit import record_event
from portal.identity.forms import ContactForm, PasskeyForm, SecondFactorForm, StaffSignInForm
from portal.identity.models import PendingSignIn
from portal.identity.operations import AlreadyEnrolled, TooMany, add_passkey, count_try, note_step_up, prove_passkey
from portal.identity.passkeys import PasskeyRefused
from portal.identity.routes.asking import ask_for_passkey, ask_to_make_passkey, spend
from portal.identity.routes.blueprint import blueprint, device, next_path, welcome
from portal.identity.routes.codes import contact_page
from portal.identity.routes.passwords import password_page
from portal.identity.routes.second_factor import PENDING, code_page, pending_here, set_up_page, signed_in, to_start
from portal.kernel.locale import gettext as _
from portal.web.access import db, now, principal, public
from portal.web.pages import see
from portal.web.transactions import in_second_transaction, writes

#: Where a browser that is not signed in keeps what its questions are bound to.
BROWSER = "passkey_browser"
SIGN_IN, SECOND_FACTOR, SET_UP = "sign-in", "second-factor", "set-up"


@blueprint.post("/sign-in/passkey/question")
@public("Everybody may ask to sign in; the question is the same for all", purpose="sign-in")
@writes
def sign_in_question() -> ResponseReturnValue:
    """A question for whichever passkey the device has."""
    try:
        count_try(db(), kind="question", target="", address=principal().address, now=now())
    except TooMany:
        abort(429)
    return ask_for_passkey(use=SIGN_IN, holder=_browser(), account_id=None)


@blueprint.post("/sign-in/passkey", defaults={"staff": False})
@blueprint.post("/staff/sign-in/passkey", defaults={"staff": True})
@public("Everybody may show a passkey", purpose="sign-in")
@writes
def passkey_sign_in(staff: bool) -> ResponseReturnValue:
    """The answer; with the right one this browser is signed in, and has shown a second factor as well."""
    form = PasskeyForm()
    try:
        answer = form.answer()
        challenge = spend(answer=answer, use=SIGN_IN, holder=_browser(), account_id=None)
        account_id = prove_passkey(db(), account_id=None, answer=answer, challenge=challenge, now=now())
        onward = welcome(account_id, channel="passkey", second_factor_at=now())
        if onward is None:
            raise PasskeyRefused
        # A sign-in that was begun with a password here is not gone on with.
        session.pop(PENDING, None)
    except PasskeyRefused:
        _note_refusal()
        page: ContactForm | StaffSignInForm = StaffSignInForm(formdata=None) if staff else ContactForm(formdata=None)
        page.form_errors.append(_("That passkey does not work here. Sign in another way."))
        if isinstance(page, StaffSignInForm):
            return password_page(page, status=422)
        return contact_page(page, status=422)
    return onward


@blueprint.post("/sign-in/second-step/question")
@public("Whoever has just shown a right password, or code, goes on here", purpose="sign-in")
@writes
def second_factor_question() -> ResponseReturnValue:
    """A question for one of the account's passkeys."""
    pending = pending_here()
    if pending is None:
        abort(404)
    return ask_for_passkey(use=SECOND_FACTOR, holder=_holder(pending), account_id=pending.account_id)


@blueprint.post("/sign-in/second-step/passkey")
@public("Whoever has just shown a right password, or code, goes on here", purpose="sign-in")
@writes
def second_factor_passkey() -> ResponseReturnValue:
    """The answer, in place of a code."""
    pending = pending_here()
    if pending is None:
        return to_start()
    form = PasskeyForm()
    try:
        answer, account_id = form.answer(), pending.account_id
        challenge = spend(answer=answer, use=SECOND_FACTOR, holder=_holder(pending), account_id=account_id)
        prove_passkey(db(), account_id=account_id, answer=answer, challenge=challenge, now=now())
    except PasskeyRefused:
        _note_refusal()
        page = SecondFactorForm(formdata=None)
        page.form_errors.append(_("That passkey does not work here. Write a code instead."))
        return code_page(pending, page, status=422)
    record_event(db(), what="second-factor:passkey")
    return signed_in(pending)


@blueprint.post("/sign-in/set-up/question")
@public("Whoever has just shown a right password sets their second factor up here", purpose="sign-in")
@writes
def set_up_question() -> ResponseReturnValue:
    """A question for the account's first passkey."""
    pending = pending_here()
    if pending is None or pending.authenticator_id is None:
        abort(404)
    return ask_to_make_passkey(use=SET_UP, holder=_holder(pending), account_id=pending.account_id)


@blueprint.post("/sign-in/set-up/passkey")
@public("Whoever has just shown a right password sets their second factor up here", purpose="sign-in")
@writes
def set_up_passkey() -> ResponseReturnValue:
    """The first passkey, in place of an app; it ends the sign-in."""
    pending = pending_here()
    if pending is None or pending.authenticator_id is None:
        return to_start()
    form = PasskeyForm()
    try:
        answer, account_id = form.answer(), pending.account_id
        challenge = spend(answer=answer, use=SET_UP, holder=_holder(pending), account_id=account_id)
        add_passkey(
            db(), account_id=account_id, answer=answer, challenge=challenge, name=device(), first=True, now=now()
        )
    except AlreadyEnrolled:
        return to_start()
    except PasskeyRefused:
        return set_up_page(pending, _("The passkey was not kept. Try again, or set up an app."))
    record_event(db(), what="second-factor:set-up")
    signed_in(pending)
    # It was shown this moment; the printed codes, which come next, need it.
    note_step_up(db(), action="factors", now=now())
    return see("identity.recovery_codes", next=next_path())


def _browser() -> str:
    """What this browser's questions are bound to before anybody has signed in."""
    if BROWSER not in session:
        session[BROWSER] = secrets.token_urlsafe(24)
    return f"browser:{session[BROWSER]}"


def _holder(pending: PendingSignIn) -> str:
    return f"pending:{pending.id}"


def _note_refusal() -> None:
    with in_second_transaction() as short:
        record_event(short, what="sign-in-refused:passkey")
