"""Signing in, or up, with a one-time code: the contact, then the code.

Nothing here depends on whether an account exists: a code is made and sent for every contact, and the account comes to
be with the first code that is redeemed.
"""

from uuid import UUID

from flask import g, request, session, url_for
from flask.typing import ResponseReturnValue

from portal.audit import record_event
from portal.identity.forms import CodeForm, ContactForm
from portal.identity.operations import (
    CodeRefused,
    TooManyCodes,
    patient_account,
    redeem_code,
    request_code,
    spend_try,
)
from portal.identity.queries import PendingCode, pending_code
from portal.identity.routes.blueprint import blueprint, next_path, welcome
from portal.identity.rules import masked
from portal.identity.wiring import wiring
from portal.kernel.locale import current_locale, ngettext
from portal.kernel.locale import gettext as _
from portal.web.access import clinic, db, now, principal, public
from portal.web.pages import render, see
from portal.web.transactions import in_second_transaction, writes

#: Which code this browser asked for itself; only then is the contact shown in full.
ASKED = "code_asked"


@blueprint.route("/sign-in", methods=["GET", "POST"])
@public("Everybody may ask to sign in", purpose="sign-in")
@writes
def sign_in() -> ResponseReturnValue:
    """One field: where to send the code."""
    if (next_path() or "").startswith(f"/{clinic().slug}/staff"):
        return see("identity.staff_sign_in", next=next_path())
    form = ContactForm()
    if form.validate_on_submit():
        try:
            return _send(form.contact.channel, str(form.contact.data))
        except TooManyCodes:
            form.form_errors.append(too_many_codes())
            return contact_page(form, status=429)
    return contact_page(form, status=422 if request.method == "POST" else 200)


@blueprint.route("/sign-in/code", methods=["GET", "POST"])
@public("Everybody may show a code that was sent to them", purpose="sign-in")
@writes
def code() -> ResponseReturnValue:
    """The code; with the right one this browser is signed in."""
    pending = _pending()
    if pending is None:
        return see("identity.sign_in", next=next_path())
    form = CodeForm()
    if not form.validate_on_submit():
        return _code_page(form, pending)
    try:
        with in_second_transaction() as short:
            tries_left = spend_try(short, code_id=pending.id, now=now())
        proof = redeem_code(db(), code_id=pending.id, code=str(form.code.data), tries_left=tries_left, now=now())
    except CodeRefused as wrong:
        form.code.errors = [wrong_code(wrong.tries_left)]
        with in_second_transaction() as short:
            record_event(short, what="sign-in-refused:code")
        return _code_page(form, pending, void=wrong.tries_left == 0)
    locale = current_locale()
    account_id = patient_account(
        db(), channel=proof.channel, target=proof.target, language=locale.language, zone=locale.zone, now=now()
    )
    session.pop(ASKED, None)
    answer = welcome(account_id, channel=proof.channel)
    if answer is None:
        form.form_errors.append(_("You cannot sign in here. Call %(clinic)s for help.", clinic=clinic().name))
        return _code_page(form, pending)
    return answer


@blueprint.route("/sign-in/code/again", methods=["POST"])
@public("Everybody may ask for another code", purpose="sign-in")
@writes
def send_again() -> ResponseReturnValue:
    """Another code to the same contact; this browser goes on with the new one."""
    pending = _pending()
    if pending is None or not pending.is_recent:
        return see("identity.sign_in", next=next_path())
    try:
        return _send(pending.channel, pending.target, asked_here=_asked_here(pending))
    except TooManyCodes:
        form = CodeForm(formdata=None)
        form.form_errors.append(too_many_codes())
        return _code_page(form, pending, status=429)


def _send(channel: str, target: str, *, asked_here: bool = True) -> ResponseReturnValue:
    locale = current_locale()
    code_id = request_code(
        db(),
        channel=channel,
        target=target,
        language=locale.language,
        zone=locale.zone,
        address=principal().address,
        now=now(),
    )
    if asked_here:
        session[ASKED] = str(code_id)
    return see("identity.code", code=code_id, next=next_path())


def _pending() -> PendingCode | None:
    try:
        code_id = UUID(request.args.get("code", ""))
    except ValueError:
        return None
    return pending_code(db(), code_id=code_id, now=now())


def _asked_here(pending: PendingCode) -> bool:
    return session.get(ASKED) == str(pending.id)


def contact_page(form: ContactForm, *, status: int) -> ResponseReturnValue:
    """Where to send the code, or a passkey."""
    onward = wiring().landing(principal()) if g.signed_in else None
    return render(
        "identity/sign_in.html", form=form, next=next_path(), onward=onward, host=wiring().passkeys.host, status=status
    )


def _code_page(
    form: CodeForm, pending: PendingCode, *, void: bool = False, status: int | None = None
) -> ResponseReturnValue:
    return render(
        "identity/code.html",
        status=status or (200 if request.method == "GET" else 422),
        form=form,
        contact=pending.target if _asked_here(pending) else masked(pending.channel, pending.target),
        channel=pending.channel,
        live=pending.is_live and not void,
        again=url_for("identity.send_again", code=pending.id, next=next_path()),
        change=url_for("identity.sign_in", next=next_path()),
        minutes=wiring().rules.code_minutes,
    )


def wrong_code(tries_left: int) -> str:
    """What is wrong with a code, in words."""
    if tries_left == 0:
        return _("This code does not work any more. Ask for a new one.")
    return ngettext(
        "That is not the code. You can try %(num)s more time.",
        "That is not the code. You can try %(num)s more times.",
        tries_left,
    )


def too_many_codes() -> str:
    """That no more codes are sent for a while, in words."""
    return _("Too many codes were sent. Wait one hour and try again, or call us at %(phone)s.", phone=clinic().phone)
