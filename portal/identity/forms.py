"""Forms of identity."""

from collections.abc import Sequence
from typing import Any, ClassVar

from email_validator import EmailNotValidError, validate_email
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length, StopValidation, ValidationError

from portal.identity.passkeys import ANSWER_LENGTH, PasskeyRefused
from portal.identity.passwords import Fault
from portal.identity.rules import CODE_DIGITS, PASSWORD_LENGTH, RECOVERY_DIGITS
from portal.kernel.locale import gettext as _
from portal.kernel.locale import lazy_gettext as _l
from portal.web.fields import CodeField, PortalForm, western_digits
from portal.web.phone_fields import EmailOrPhoneField

LENGTHS = (CODE_DIGITS, RECOVERY_DIGITS)


class UnlessPasskey:
    """No code is needed where a passkey answered."""

    field_flags: ClassVar[dict[str, Any]] = {}

    def __call__(self, form: Any, field: Any) -> None:
        if form.step_up_passkey.data:
            field.errors = []
            raise StopValidation


class IsEmail:
    """An address as people write it."""

    field_flags: ClassVar[dict[str, Any]] = {}

    def __call__(self, form: Any, field: Any) -> None:
        try:
            validate_email(str(field.data).strip(), check_deliverability=False)
        except EmailNotValidError:
            raise ValidationError(_("Write your work e-mail address.")) from None


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


class FactorField(CodeField):
    """A code of an authenticator app, or a printed one; how long it is says which."""

    def __init__(self, label: Any = None, validators: Any = None, **kwargs: Any) -> None:
        super().__init__(label, validators, **kwargs, digits=RECOVERY_DIGITS)

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        typed = western_digits(str(valuelist[0])) if valuelist else ""
        self.data = "".join(sign for sign in typed if not sign.isspace() and sign != "-") or None
        if self.data and not (self.data.isascii() and self.data.isdigit() and len(self.data) in LENGTHS):
            raise ValueError(_("Write the 6 digits from your app, or the 12 digits of a printed code."))


class SecondFactorForm(PortalForm):
    """The second factor, after the password."""

    code = FactorField(
        _l("Code from your app"),
        [InputRequired(_l("Write the code that your app shows."))],
        description=_l("Or one of your printed codes."),
    )


class PasskeyForm(PortalForm):
    """What a passkey answered; a script puts it in."""

    passkey: Any = HiddenField(validators=[Length(max=ANSWER_LENGTH)])

    def answer(self) -> str:
        """The answer; raises PasskeyRefused when there is none, or too much of it."""
        if not self.validate_on_submit() or not self.passkey.data:
            raise PasskeyRefused
        return str(self.passkey.data)


class StepUpForm(PortalForm):
    """The second factor, again. Its names are nobody else's: the form is sent on to another address with them."""

    step_up_passkey: Any = HiddenField(validators=[Length(max=ANSWER_LENGTH)])
    step_up_code = FactorField(
        _l("Code from your app"),
        [UnlessPasskey(), InputRequired(_l("Write the code that your app shows."))],
        description=_l("Or one of your printed codes."),
    )


class ConfirmForm(PortalForm):
    """The first code of an app that is being set up."""

    code = CodeField(
        _l("Code from your app"), [InputRequired(_l("Write the code that your app shows."))], digits=CODE_DIGITS
    )


class FactorNameForm(PortalForm):
    """What somebody calls their app."""

    name: Any = StringField(_l("Name"), [InputRequired(_l("Write a name.")), Length(max=60)])


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


class EmailForm(PortalForm):
    """Whose password is forgotten."""

    email: Any = StringField(
        _l("Work e-mail"),
        [InputRequired(_l("Write your work e-mail address.")), Length(max=254), IsEmail()],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false", "inputmode": "email"},
    )


class NewPasswordField(PasswordField):
    """A password that is being chosen."""

    def __init__(self, label: Any = None, validators: Any = None, **kwargs: Any) -> None:
        kwargs["render_kw"] = {"autocomplete": "new-password"}
        super().__init__(label, validators, **kwargs)


def new_password_field() -> NewPasswordField:
    """The field in which a password is chosen."""
    return NewPasswordField(
        _l("New password"),
        [InputRequired(_l("Write a new password."))],
        description=_l("At least 12 letters or signs. Four or five words that nobody expects are good."),
    )


class ResetForm(PortalForm):
    """The code that was mailed, and a new password."""

    code = CodeField(_l("Your code"), [InputRequired(_l("Write the code that we sent you."))], digits=CODE_DIGITS)
    new_password: Any = new_password_field()


class ChangePasswordForm(PortalForm):
    """The password of now, and a new one."""

    password: Any = PasswordField(
        _l("Password of now"), [InputRequired(_l("Write your password.")), Length(max=PASSWORD_LENGTH[1])]
    )
    new_password: Any = new_password_field()


def weakness_in_words(fault: Fault) -> str:
    """What is wrong with a password, for whoever chose it."""
    return {
        "length": _("Write a password of 12 to 200 letters or signs."),
        "personal": _("Do not use your name, your e-mail address or the clinic's name as your password."),
        "common": _("That password is easy to guess. Choose another one."),
    }[fault]
