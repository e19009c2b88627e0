"""The administrator's list of prices."""

from uuid import UUID

from flask import flash, request
from flask.typing import ResponseReturnValue

from portal.billing.access import Permission
from portal.billing.forms import price_form
from portal.billing.operations import set_price
from portal.billing.queries import price_history, price_of, prices_of
from portal.billing.routes import blueprint
from portal.kernel.locale import gettext as _
from portal.scheduling import visit_type_by_id, visit_types
from portal.web.access import clinic, db, now, requires
from portal.web.pages import found, refused, render, see
from portal.web.transactions import writes


@blueprint.get("/staff/prices")
@requires(Permission.PRICE_SET, purpose="prices")
def prices() -> ResponseReturnValue:
    """What each visit type costs now."""
    known = visit_types(db(), include_inactive=True)
    shown = prices_of(db(), [one.id for one in known], at=now())
    return render("billing/prices.html", visit_types=known, prices=shown)


@blueprint.route("/staff/prices/<uuid:visit_type>", methods=["GET", "POST"])
@requires(Permission.PRICE_SET, purpose="prices")
@writes
def price(visit_type: UUID) -> ResponseReturnValue:
    """A new price for one of them; what is booked keeps the old one."""
    known = found(visit_type_by_id(db(), visit_type_id=visit_type))
    current = price_of(db(), visit_type_id=visit_type, at=now())
    form = price_form(currency=clinic().currency, current=current)
    if form.validate_on_submit():
        if form.amount.data != current:
            set_price(db(), visit_type_id=visit_type, amount=form.amount.data, now=now())
        flash(_("The price is saved. It counts for visits booked from now on."), "success")
        return see("billing.prices")
    show = render if request.method == "GET" else refused
    history = price_history(db(), visit_type_id=visit_type)
    return show("billing/price.html", form=form, visit_type=known, history=history)
