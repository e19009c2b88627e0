"""Forms of identity."""

from typing import Any

from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from portal.identity.rules import CODE_DIGITS, PASSWORD_LENGTH
from portal.kernel.locale import lazy_gettext as _l
from portal.web.fields import CodeField, EmailOrPhoneField, PortalForm


class ContactForm(PortalForm):
    """Where the code goes. Signing up and signing in are the same."""

    contact = EmailOrPhoneField(
        _l("Your phone number or e-mail"),
        [InputRequired(_l("Write your phone number or your e-mail address.")), Length(max=254)],
        description=_l("We send you a code. You do not need a password."),
    )


class CodeForm(PortalForm):
    """The code that came."""

    code = CodeField(_l("Your code"), [InputRequired(_l("Write the code that we sent you."))], digits=CODE_DIGITS)


class StaffSignInForm(PortalForm):
    """Staff's e-mail and password."""

    email: Any = StringField(
        _l("Work e-mail"),
        [InputRequired(_l("Write your work e-mail address.")), Length(max=254)],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false", "inputmode": "email"},
    )
    password: Any = PasswordField(
        _l("Password"), [InputRequired(_l("Write your password.")), Length(max=PASSWORD_LENGTH[1])]
    )
