"""The messages that belong to no other context."""

from portal.kernel.locale import gettext as _
from portal.kernel.locale import ngettext
from portal.notifications.templates import Template, Values, register_template


def _code_sms(values: Values) -> str:
    return ngettext(
        "Your code for %(clinic)s is %(code)s. It works for %(num)s minute. Do not give it to anybody.",
        "Your code for %(clinic)s is %(code)s. It works for %(num)s minutes. Do not give it to anybody.",
        int(values["minutes"]),
        clinic=values["clinic"],
        code=values["code"],
    )


def _code_body(values: Values) -> list[str]:
    return [
        _("Here is your code to sign in at %(clinic)s.", clinic=values["clinic"]),
        ngettext("It works for %(num)s minute.", "It works for %(num)s minutes.", int(values["minutes"])),
        _("Do not give it to anybody. We never ask for it on the phone."),
        _("Did you not ask for a code? Then you do not have to do anything."),
    ]


register_template(
    Template(
        name="one_time_code",
        sms=_code_sms,
        subject=lambda values: _("Your code for %(clinic)s", clinic=values["clinic"]),
        body=_code_body,
        code="code",
        title=lambda: _("Code to sign in"),
    )
)


def _reset_body(values: Values) -> list[str]:
    return [
        _("Here is your code to choose a new password at %(clinic)s.", clinic=values["clinic"]),
        ngettext("It works for %(num)s minute.", "It works for %(num)s minutes.", int(values["minutes"])),
        _("Do not give it to anybody. We never ask for it on the phone."),
        _("Did you not ask for a code? Then your password stays as it is, and you do not have to do anything."),
    ]


register_template(
    Template(
        name="reset_code",
        sms=_code_sms,
        subject=lambda values: _("Your code for %(clinic)s", clinic=values["clinic"]),
        body=_reset_body,
        code="code",
        title=lambda: _("Code to choose a new password"),
    )
)
