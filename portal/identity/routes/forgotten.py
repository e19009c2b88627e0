"""Staff who have forgotten their password: an address, then the code that came and a new password.

Nothing here depends on whether an account exists. The second factor is asked for afterwards, as at every sign-in.
"""

from uuid import UUID

from flask import flash, request
from flask.typing import ResponseReturnValue

from portal.audit import record_event
from portal.identity.forms import EmailForm, ResetForm, weakness_in_words
from portal.identity.operations import CodeRefused, TooManyCodes, request_reset, reset_password, spend_try
from portal.identity.passwords import PasswordsBusy, WeakPassword
from portal.identity.queries import PendingCode, pending_code
from portal.identity.routes.blueprint import blueprint
from portal.identity.routes.codes import too_many_codes, wrong_code
from portal.identity.rules import masked
from portal.identity.wiring import wiring
from portal.kernel.locale import current_locale
from portal.kernel.locale import gettext as _
from portal.web.access import db, now, principal, public
from portal.web.pages import render, see
from portal.web.transactions import in_second_transaction, writes


@blueprint.route("/staff/sign-in/forgotten", methods=["GET", "POST"])
@public("Whoever cannot sign in asks here", purpose="reset")
@writes
def forgotten() -> ResponseReturnValue:
    """Whose password."""
    form = EmailForm()
    if not form.validate_on_submit():
        return render("identity/forgotten.html", form=form, status=422 if request.method == "POST" else 200)
    locale = current_locale()
    try:
        code_id = request_reset(
            db(),
            email=form.email.data.strip(),
            language=locale.language,
            zone=locale.zone,
            address=principal().address,
            now=now(),
        )
    except TooManyCodes:
        form.form_errors.append(too_many_codes())
        return render("identity/forgotten.html", form=form, status=429)
    return see("identity.new_password", code=code_id)


@blueprint.route("/staff/sign-in/new-password", methods=["GET", "POST"])
@public("Whoever was sent a code chooses a new password here", purpose="reset")
@writes
def new_password() -> ResponseReturnValue:
    """The code and a new password; nobody is signed in by it."""
    pending = _pending()
    if pending is None:
        return see("identity.forgotten")
    form = ResetForm()
    if not form.validate_on_submit():
        return _page(form, pending, status=422 if request.method == "POST" else 200)
    try:
        with in_second_transaction() as short:
            tries_left = spend_try(short, code_id=pending.id, now=now())
        reset_password(
            db(),
            code_id=pending.id,
            code=str(form.code.data),
            password=str(form.new_password.data),
            tries_left=tries_left,
            now=now(),
        )
    except PasswordsBusy:
        form.form_errors.append(_("Many people are signing in at this moment. Try again in a few seconds."))
        return _page(form, pending, status=503)
    except CodeRefused as wrong:
        form.code.errors = [wrong_code(wrong.tries_left)]
        with in_second_transaction() as short:
            record_event(short, what="password-reset-refused")
        return _page(form, pending, status=422, void=wrong.tries_left == 0)
    except WeakPassword as weak:
        form.new_password.errors = [weakness_in_words(weak.fault)]
        return _page(form, pending, status=422)
    record_event(db(), what="password-reset")
    flash(_("Your password is changed. Sign in with the new one."), "success")
    return see("identity.staff_sign_in")


def _pending() -> PendingCode | None:
    try:
        code_id = UUID(request.args.get("code", ""))
    except ValueError:
        return None
    return pending_code(db(), code_id=code_id, now=now())


def _page(form: ResetForm, pending: PendingCode, *, status: int, void: bool = False) -> ResponseReturnValue:
    return render(
        "identity/new_password.html",
        form=form,
        contact=masked(pending.channel, pending.target),
        live=pending.is_live and not void,
        minutes=wiring().rules.code_minutes,
        status=status,
    )
