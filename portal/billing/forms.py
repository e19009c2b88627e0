"""Forms of billing."""

from typing import Any

from wtforms import Form, ValidationError
from wtforms.validators import InputRequired

from portal.kernel.locale import gettext as _
from portal.kernel.locale import lazy_gettext as _l
from portal.kernel.money import Money
from portal.web.fields import MoneyField, PortalForm

#: Beyond this somebody has slipped on the keyboard.
HIGHEST_MINOR = 100_000_00


def _sensible(form: Form, field: MoneyField) -> None:
    if isinstance(field.data, Money) and not 0 <= field.data.amount_minor <= HIGHEST_MINOR:
        raise ValidationError(_("Write an amount between 0 and 100,000."))


def price_form(*, currency: str, current: Money | None) -> Any:
    """The form for one price, in the clinic's currency."""
    # The field's currency is the clinic's, so the class is made for it.
    field = MoneyField(
        _l("Price of a visit"),
        [InputRequired(), _sensible],
        currency=currency,
        description=_l("Write 0 if the visit is free."),
    )
    form = type("PriceForm", (PortalForm,), {"amount": field})
    return form(data={"amount": current})
