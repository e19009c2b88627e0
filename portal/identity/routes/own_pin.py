"""Staff choose the PIN that opens their locked screens."""

from flask import flash, request
from flask.typing import ResponseReturnValue

from portal.audit import record_event
from portal.identity.access import Permission
from portal.identity.operations import WeakPin, drop_pin, set_pin
from portal.identity.passwords import PasswordsBusy
from portal.identity.pc_forms import PinForm
from portal.identity.routes.blueprint import blueprint
from portal.identity.sessions import has_pin, shared_pc_rules
from portal.kernel.locale import gettext as _
from portal.web.access import db, now, requires
from portal.web.pages import render, see
from portal.web.transactions import writes


@blueprint.route("/staff/pin", methods=["GET", "POST"])
@requires(Permission.PIN_OWN, purpose="factors", step_up="factors")
@writes
def own_pin() -> ResponseReturnValue:
    """A new PIN in place of the one of before."""
    form = PinForm()
    if not form.validate_on_submit():
        return _page(form, status=422 if request.method == "POST" else 200)
    try:
        set_pin(db(), pin=str(form.pin.data), now=now())
    except WeakPin:
        form.pin.errors = [_("Write 6 digits that are not easy to guess.")]
        return _page(form, status=422)
    except PasswordsBusy:
        form.form_errors.append(_("Many people are signing in at this moment. Try again in a few seconds."))
        return _page(form, status=503)
    record_event(db(), what="pin-changed")
    flash(_("Your PIN is set. It opens your locked screen and nothing else."), "success")
    return see("identity.factors")


@blueprint.post("/staff/pin/remove")
@requires(Permission.PIN_OWN, purpose="factors", step_up="factors")
@writes
def remove_pin() -> ResponseReturnValue:
    """No PIN any more."""
    drop_pin(db())
    record_event(db(), what="pin-removed")
    flash(_("Your PIN is removed."), "success")
    return see("identity.factors")


def _page(form: PinForm, *, status: int) -> ResponseReturnValue:
    allowed = shared_pc_rules(db()).pin_allowed
    return render("identity/own_pin.html", form=form, has_pin=has_pin(db()), allowed=allowed, status=status)
