"""Staff change their own password: the old one is asked for, and every other browser is signed out."""

from flask import flash, g, request
from flask.typing import ResponseReturnValue

from portal.audit import record_event
from portal.identity.access import Permission
from portal.identity.forms import ChangePasswordForm, weakness_in_words
from portal.identity.operations import (
    PasswordRefused,
    TooManyPasswords,
    change_password,
    count_password_attempt,
    renew_token,
)
from portal.identity.passwords import PasswordsBusy, WeakPassword
from portal.identity.queries import contact_of_account
from portal.identity.routes.blueprint import blueprint
from portal.kernel.locale import gettext as _
from portal.web.access import browser_token, db, now, principal, requires, sign_in_browser
from portal.web.pages import render, see
from portal.web.transactions import in_second_transaction, writes


@blueprint.route("/staff/password", methods=["GET", "POST"])
@requires(Permission.PASSWORD_OWN, purpose="factors")
@writes
def own_password() -> ResponseReturnValue:
    """The old password and a new one."""
    form = ChangePasswordForm()
    if not form.validate_on_submit():
        return _page(form, status=422 if request.method == "POST" else 200)
    try:
        _change(form)
    except PasswordsBusy:
        form.form_errors.append(_("Many people are signing in at this moment. Try again in a few seconds."))
        return _page(form, status=503)
    except TooManyPasswords:
        form.form_errors.append(_("Too many tries. Wait one hour and try again."))
        return _page(form, status=429)
    except PasswordRefused:
        form.password.errors = [_("That is not your password.")]
        with in_second_transaction() as short:
            record_event(short, what="password-change-refused")
        return _page(form, status=422)
    except WeakPassword as weak:
        form.new_password.errors = [weakness_in_words(weak.fault)]
        return _page(form, status=422)
    record_event(db(), what="password-changed")
    # The browser gets another token, and the old one is void, as all other browsers' are.
    sign_in_browser(renew_token(db(), token=str(browser_token())), g.signed_in)
    flash(_("Your password is changed. Your other devices are signed out."), "success")
    return see("identity.factors")


def _change(form: ChangePasswordForm) -> None:
    account_id = principal().actor_id
    email = contact_of_account(db(), account_id=account_id).target
    with in_second_transaction() as short:
        attempt = count_password_attempt(short, email=email, address=principal().address, now=now())
    change_password(
        db(),
        account_id=account_id,
        old=str(form.password.data),
        new=str(form.new_password.data),
        attempt_id=attempt,
        now=now(),
    )


def _page(form: ChangePasswordForm, *, status: int) -> ResponseReturnValue:
    return render("identity/own_password.html", form=form, status=status)
