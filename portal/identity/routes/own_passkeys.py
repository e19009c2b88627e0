"""One's own passkeys: made on a page that a second factor was shown for. What names and removes them: factors.py."""

from flask import flash
from flask.typing import ResponseReturnValue

from portal.audit import record_event
from portal.identity.access import Permission
from portal.identity.forms import PasskeyForm
from portal.identity.operations import add_passkey
from portal.identity.passkeys import PasskeyRefused
from portal.identity.routes.asking import ask_to_make_passkey, spend
from portal.identity.routes.blueprint import blueprint, device, session_holder
from portal.identity.routes.factors import FACTORS
from portal.identity.wiring import wiring
from portal.kernel.locale import gettext as _
from portal.web.access import db, now, principal, requires
from portal.web.pages import render, see
from portal.web.transactions import writes

ADD = "add"


@blueprint.route("/factors/passkeys/new", methods=["GET", "POST"])
@requires(Permission.FACTOR_OWN, purpose="factors", step_up=FACTORS)
@writes
def add_own_passkey() -> ResponseReturnValue:
    """A button that a script takes up; without one, the way to an app."""
    form = PasskeyForm()
    if not form.is_submitted():
        return _page(form, status=200)
    try:
        answer, account_id = form.answer(), principal().actor_id
        challenge = spend(answer=answer, use=ADD, holder=session_holder(), account_id=account_id)
        add_passkey(db(), account_id=account_id, answer=answer, challenge=challenge, name=device(), now=now())
    except PasskeyRefused:
        form.form_errors.append(_("The passkey was not kept. Try again, or set up an app."))
        return _page(form, status=422)
    record_event(db(), what="factor-added")
    flash(_("Your passkey is set up."), "success")
    return see("identity.factors")


@blueprint.post("/factors/passkeys/question")
@requires(Permission.FACTOR_OWN, purpose="factors", step_up=FACTORS)
@writes
def own_passkey_question() -> ResponseReturnValue:
    """A question for a new passkey."""
    return ask_to_make_passkey(use=ADD, holder=session_holder(), account_id=principal().actor_id)


def _page(form: PasskeyForm, *, status: int) -> ResponseReturnValue:
    return render("identity/add_passkey.html", form=form, host=wiring().passkeys.host, status=status)
