"""The messages about an appointment. They say the clinic and the time, never anything of health."""

from collections.abc import Callable

from portal.kernel.locale import gettext as _
from portal.notifications import Template, Values, register_template


def _see(values: Values) -> str:
    return _("See your appointment")


def _register(
    name: str, *, sms: Callable[[Values], str], subject: Callable[[Values], str], lead: Callable[[Values], str]
) -> None:
    def body(values: Values) -> list[str]:
        return [
            lead(values),
            _("If you cannot come, open the link or call %(phone)s.", phone=values["phone"]),
        ]

    register_template(Template(name=name, sms=sms, subject=subject, body=body, link_text=_see))


_register(
    "appointment_confirmed",
    sms=lambda v: _("%(clinic)s: your appointment is on %(starts_at)s. Details: %(link)s", **v),
    subject=lambda v: _("Your appointment at %(clinic)s", **v),
    lead=lambda v: _("Your appointment at %(clinic)s is on %(starts_at)s.", **v),
)
_register(
    "appointment_moved",
    sms=lambda v: _("%(clinic)s: your appointment has moved to %(starts_at)s. Details: %(link)s", **v),
    subject=lambda v: _("New time for your appointment at %(clinic)s", **v),
    lead=lambda v: _("Your appointment at %(clinic)s has moved. The new time is %(starts_at)s.", **v),
)
_register(
    "appointment_cancelled",
    sms=lambda v: _("%(clinic)s: your appointment on %(starts_at)s is cancelled. Questions? Call %(phone)s.", **v),
    subject=lambda v: _("Your appointment at %(clinic)s is cancelled", **v),
    lead=lambda v: _("Your appointment at %(clinic)s on %(starts_at)s is cancelled.", **v),
)
_register(
    "appointment_reminder_24h",
    sms=lambda v: _("%(clinic)s: a reminder of your appointment on %(starts_at)s. Details: %(link)s", **v),
    subject=lambda v: _("Reminder: your appointment at %(clinic)s", **v),
    lead=lambda v: _("This is a reminder of your appointment at %(clinic)s on %(starts_at)s.", **v),
)
_register(
    "appointment_reminder_1h",
    sms=lambda v: _("%(clinic)s: your appointment starts soon, on %(starts_at)s. Come in here: %(link)s", **v),
    subject=lambda v: _("Your appointment at %(clinic)s starts soon", **v),
    lead=lambda v: _("Your appointment at %(clinic)s starts soon, on %(starts_at)s.", **v),
)
