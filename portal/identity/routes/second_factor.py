"""The second half of a sign-in: a second factor, or for staff setting the first one up. Nothing else is open before.

Staff come here with their password, patients who have an app or a passkey with the code that was sent to them.
"""

from flask import request, session
from flask.typing import ResponseReturnValue

from portal.audit import record_event
from portal.identity.forms import ConfirmForm, SecondFactorForm
from portal.identity.models import Authenticator, PendingSignIn
from portal.identity.operations import (
    AlreadyEnrolled,
    FactorRefused,
    TooManyFactors,
    confirm_authenticator,
    count_factor_attempt,
    finish_sign_in,
    note_step_up,
    prove_factor,
)
from portal.identity.queries import offered_authenticator, passkeys_of, pending_sign_in
from portal.identity.routes.blueprint import blueprint, next_path, wait_in_words, welcome
from portal.identity.routes.devices import known_device
from portal.identity.routes.pictures import app_address, qr_picture
from portal.identity.wiring import wiring
from portal.kernel.locale import gettext as _
from portal.web.access import clinic, db, now, principal, public
from portal.web.pages import render, see
from portal.web.transactions import in_second_transaction, writes

#: Where this browser keeps the token of the sign-in that it began, and whether it began on the staff's page.
PENDING, STARTED_AS_STAFF = "sign_in_pending", "sign_in_staff"


@blueprint.route("/sign-in/second-step", methods=["GET", "POST"])
@public("Whoever has just shown a right password, or code, goes on here", purpose="sign-in")
@writes
def second_factor() -> ResponseReturnValue:
    """The code of the app, or a printed one; with the right one this browser is signed in."""
    pending = pending_here()
    if pending is None:
        return to_start()
    if pending.authenticator_id is not None:
        return see("identity.enrol", next=next_path())
    form = SecondFactorForm()
    if not form.validate_on_submit():
        return code_page(pending, form, status=422 if request.method == "POST" else 200)
    try:
        with in_second_transaction() as short:
            attempt = count_factor_attempt(
                short, account_id=pending.account_id, address=principal().address, device=known_device(), now=now()
            )
        how = prove_factor(db(), account_id=pending.account_id, code=str(form.code.data), attempt_id=attempt, now=now())
    except TooManyFactors as limit:
        form.form_errors.append(wait_in_words(limit.wait))
        return code_page(pending, form, status=429)
    except FactorRefused:
        form.code.errors = [_("That code does not work. Wait for the next one and write that.")]
        with in_second_transaction() as short:
            record_event(short, what="sign-in-refused:factor")
        return code_page(pending, form, status=422)
    record_event(db(), what=f"second-factor:{how}")
    return signed_in(pending)


@blueprint.route("/sign-in/set-up", methods=["GET", "POST"])
@public("Whoever has just shown a right password sets their second factor up here", purpose="sign-in")
@writes
def enrol() -> ResponseReturnValue:
    """An app reads the picture, and its first code ends the sign-in."""
    pending = pending_here()
    if pending is None or pending.authenticator_id is None:
        return to_start()
    offered = _offered(pending)
    if offered is None:
        return to_start()
    form = ConfirmForm()
    status = 422 if request.method == "POST" else 200
    if form.validate_on_submit():
        try:
            confirm_authenticator(
                db(),
                authenticator_id=offered.id,
                account_id=pending.account_id,
                code=str(form.code.data),
                first=True,
                now=now(),
            )
        except AlreadyEnrolled:
            return to_start()
        except FactorRefused:
            form.code.errors = [_("That code does not work. Wait for the next one and write that.")]
        else:
            record_event(db(), what="second-factor:set-up")
            signed_in(pending)
            # It was shown this moment; the printed codes, which come next, need it.
            note_step_up(db(), action="factors", now=now())
            return see("identity.recovery_codes", next=next_path())
    return _set_up(offered, form, status=status)


def set_up_page(pending: PendingSignIn, error: str) -> ResponseReturnValue:
    """The same page again, after a passkey that could not be kept."""
    offered = _offered(pending)
    if offered is None:
        return to_start()
    form = ConfirmForm(formdata=None)
    form.form_errors.append(error)
    return _set_up(offered, form, status=422)


def _offered(pending: PendingSignIn) -> Authenticator | None:
    if pending.authenticator_id is None:
        return None
    return offered_authenticator(db(), authenticator_id=pending.authenticator_id, account_id=pending.account_id)


def _set_up(offered: Authenticator, form: ConfirmForm, *, status: int) -> ResponseReturnValue:
    address = app_address(offered.secret, issuer=clinic().name, account=clinic().slug)
    return render(
        "identity/set_up.html",
        form=form,
        key=offered.secret,
        address=address,
        picture=qr_picture(address),
        signing_in=True,
        next=next_path(),
        host=wiring().passkeys.host,
        status=status,
    )


def go_on_to_second_step(token: str, *, staff: bool, onward: str | None = None) -> ResponseReturnValue:
    """This browser holds a sign-in that is half done."""
    session[PENDING], session[STARTED_AS_STAFF] = token, staff
    return see("identity.second_factor", next=onward or next_path())


def to_start() -> ResponseReturnValue:
    """Back to where this browser's sign-in began."""
    return see(
        "identity.staff_sign_in" if session.get(STARTED_AS_STAFF, True) else "identity.sign_in", next=next_path()
    )


def pending_here() -> PendingSignIn | None:
    """The sign-in that this browser began and has not ended."""
    token = session.get(PENDING)
    return pending_sign_in(db(), token=str(token), now=now()) if token else None


def signed_in(pending: PendingSignIn) -> ResponseReturnValue:
    """A second factor was shown: this browser is signed in."""
    finish_sign_in(db(), pending_id=pending.id, now=now())
    session.pop(PENDING, None)
    answer = welcome(
        pending.account_id, channel=pending.channel, second_factor_at=now(), federated_id=pending.federated_id
    )
    if answer is None:
        # The account was closed since the password was shown, or the provider has told of a logout.
        return to_start()
    return answer


def code_page(pending: PendingSignIn, form: SecondFactorForm, *, status: int) -> ResponseReturnValue:
    """What asks for the second factor; for a passkey where the account has one."""
    return render(
        "identity/second_factor.html",
        form=form,
        next=next_path(),
        staff=pending.channel in {"password", "sso"},
        has_passkey=bool(passkeys_of(db(), account_id=pending.account_id)),
        host=wiring().passkeys.host,
        status=status,
    )
