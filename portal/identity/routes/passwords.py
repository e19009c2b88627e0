"""Staff sign in with e-mail and password."""

from flask import g, request
from flask.typing import ResponseReturnValue

from portal.audit import record_event
from portal.identity.forms import StaffSignInForm
from portal.identity.operations import PasswordRefused, TooManyPasswords, check_password, count_password_attempt
from portal.identity.routes.blueprint import blueprint, next_path, welcome
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
        return _page(form, status=422 if request.method == "POST" else 200)
    email, password = form.email.data.strip(), form.password.data
    try:
        with in_second_transaction() as short:
            attempt = count_password_attempt(short, email=email, address=principal().address, now=now())
        account_id = check_password(db(), email=email, password=password, attempt_id=attempt, now=now())
    except TooManyPasswords:
        form.form_errors.append(_("Too many tries. Wait one hour and try again."))
        return _page(form, status=429)
    except PasswordRefused:
        form.form_errors.append(_("That e-mail and password do not belong together. Check both and try again."))
        with in_second_transaction() as short:
            record_event(short, what="sign-in-refused:password")
        return _page(form, status=422)
    answer = welcome(account_id, channel="password")
    if answer is None:
        raise LookupError("an active account has no session in force")
    return answer


def _page(form: StaffSignInForm, *, status: int) -> ResponseReturnValue:
    onward = wiring().landing(principal()) if g.signed_in else None
    return render("identity/staff_sign_in.html", form=form, next=next_path(), onward=onward, status=status)
