"""The messages about an invoice. They say the clinic only: no amount, no service, nothing of health."""

from portal.kernel.locale import gettext as _
from portal.notifications import Template, Values, register_template


def _bill(values: Values) -> list[str]:
    return [
        _("There is a bill for your visit at %(clinic)s. You can see it and pay it online.", **values),
        _("Questions about the bill? Call %(phone)s.", **values),
    ]


def _receipt(values: Values) -> list[str]:
    return [
        _("Thank you for your payment to %(clinic)s. Your receipt is ready.", **values),
        _("Questions about the bill? Call %(phone)s.", **values),
    ]


def _see_bill(values: Values) -> str:
    return _("See the bill")


def _see_receipt(values: Values) -> str:
    return _("See the receipt")


register_template(
    Template(
        name="invoice_issued",
        title=lambda: _("Bill for a visit"),
        sms=lambda v: _("%(clinic)s: there is a bill for your visit. See it and pay here: %(link)s", **v),
        subject=lambda v: _("Your bill from %(clinic)s", **v),
        body=_bill,
        link_text=_see_bill,
    )
)
register_template(
    Template(
        name="receipt_ready",
        title=lambda: _("Receipt for a payment"),
        sms=lambda v: _("%(clinic)s: thank you for your payment. Your receipt: %(link)s", **v),
        subject=lambda v: _("Your receipt from %(clinic)s", **v),
        body=_receipt,
        link_text=_see_receipt,
    )
)
