"""Staff sign in with e-mail and password, and go on to the second factor."""

from flask import g, request
from flask.typing import ResponseReturnValue

from portal.audit import record_event
from portal.identity.forms import StaffSignInForm
from portal.identity.operations import (
    OwnSignInOff,
    PasswordRefused,
    TooManyPasswords,
    begin_sign_in,
    check_password,
    count_password_attempt,
)
from portal.identity.passwords import PasswordsBusy
from portal.identity.provider_queries import provider_in_use
from portal.identity.routes.blueprint import blueprint, next_path, wait_in_words
from portal.identity.routes.devices import known_device
from portal.identity.routes.second_factor import go_on_to_second_step
from portal.identity.wiring import wiring
from portal.kernel.locale import gettext as _
from portal.web.access import db, now, principal, public
from portal.web.pages import render
from portal.web.transactions import in_second_transaction, writes


@blueprint.route("/staff/sign-in", methods=["GET", "POST"])
@public("Staff sign in here", purpose="sign-in")
@writes
def staff_sign_in() -> ResponseReturnValue:
    """E-mail and password."""
    form = StaffSignInForm()
    if not form.validate_on_submit():
        return password_page(form, status=422 if request.method == "POST" else 200)
    email, password = form.email.data.strip(), form.password.data
    try:
        with in_second_transaction() as short:
            attempt = count_password_attempt(
                short, email=email, address=principal().address, device=known_device(), now=now()
            )
        account_id = check_password(db(), email=email, password=password, attempt_id=attempt, now=now())
    except PasswordsBusy:
        form.form_errors.append(_("Many people are signing in at this moment. Try again in a few seconds."))
        return password_page(form, status=503)
    except TooManyPasswords as limit:
        form.form_errors.append(wait_in_words(limit.wait))
        return password_page(form, status=429)
    except OwnSignInOff:
        form.form_errors.append(_("Your clinic signs in another way. Use the button below."))
        return password_page(form, status=422)
    except PasswordRefused:
        form.form_errors.append(_("That e-mail and password do not belong together. Check both and try again."))
        with in_second_transaction() as short:
            record_event(short, what="sign-in-refused:password")
        return password_page(form, status=422)
    token = begin_sign_in(db(), account_id=account_id, name=_("Authenticator app"), now=now())
    return go_on_to_second_step(token, staff=True)


def password_page(form: StaffSignInForm, *, status: int) -> ResponseReturnValue:
    """E-mail and password, or a passkey."""
    onward = wiring().landing(principal()) if g.signed_in else None
    return render(
        "identity/staff_sign_in.html",
        form=form,
        next=next_path(),
        onward=onward,
        host=wiring().passkeys.host,
        provider=provider_in_use(db()),
        status=status,
    )
