"""Forms of shared computers: unlocking a screen, choosing a PIN, and what a clinic says of both."""

from collections.abc import Sequence
from typing import Any

from wtforms import BooleanField, HiddenField, IntegerField, PasswordField
from wtforms.validators import InputRequired, Length, NumberRange, ValidationError

from portal.identity.passkeys import ANSWER_LENGTH
from portal.identity.rules import LIMITS_OF_SHARED_PCS, PASSWORD_LENGTH
from portal.kernel.locale import gettext as _
from portal.kernel.locale import lazy_gettext as _l
from portal.web.fields import PortalForm, western_digits


class PinField(PasswordField):
    """A PIN, in the digits of any script; not shown again."""

    def __init__(self, label: Any = None, validators: Any = None, **kwargs: Any) -> None:
        kwargs["render_kw"] = {"inputmode": "numeric", "autocomplete": "off"}
        super().__init__(label, validators, **kwargs)

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        self.data = western_digits(str(valuelist[0])).strip() if valuelist else None


def _between(name: str, message: Any) -> NumberRange:
    least, most = LIMITS_OF_SHARED_PCS[name]
    return NumberRange(min=least, max=most, message=message)


class UnlockForm(PortalForm):
    """One of the three opens a locked session. `held`: a form that came meanwhile, sealed."""

    pin: Any = PinField(_l("PIN"), [Length(max=20)])
    password: Any = PasswordField(
        _l("Password"), [Length(max=PASSWORD_LENGTH[1])], render_kw={"autocomplete": "current-password"}
    )
    passkey: Any = HiddenField(validators=[Length(max=ANSWER_LENGTH)])
    held: Any = HiddenField()

    def validate_password(self, field: Any) -> None:
        """Something must be shown."""
        if not (self.pin.data or field.data or self.passkey.data):
            raise ValidationError(_("Write your PIN or your password."))


class PinForm(PortalForm):
    """A PIN that is being chosen."""

    pin: Any = PinField(
        _l("New PIN"),
        [InputRequired(_l("Write a PIN of 6 digits.")), Length(max=20)],
        description=_l("6 digits that nobody guesses: not a date, not 123456."),
    )


class SharedPcForm(PortalForm):
    """When staff's sessions lock and end; the fields are those of SharedPcRules."""

    lock_minutes = IntegerField(
        _l("A screen that nobody uses locks after how many minutes"),
        [
            InputRequired(_l("Write a number from 1 to 15.")),
            _between("lock_minutes", _l("Write a number from 1 to 15.")),
        ],
    )
    idle_minutes = IntegerField(
        _l("Somebody who does nothing is signed out after how many minutes"),
        [
            InputRequired(_l("Write a number from 5 to 30.")),
            _between("idle_minutes", _l("Write a number from 5 to 30.")),
        ],
    )
    longest_hours = IntegerField(
        _l("Everybody signs in anew after how many hours"),
        [
            InputRequired(_l("Write a number from 1 to 12.")),
            _between("longest_hours", _l("Write a number from 1 to 12.")),
        ],
        description=_l("A call that goes on is not cut."),
    )
    pin_allowed = BooleanField(_l("A PIN may open a locked screen"))

    def validate_idle_minutes(self, field: Any) -> None:
        """A screen cannot lock after its session has ended."""
        if (
            isinstance(field.data, int)
            and isinstance(self.lock_minutes.data, int)
            and field.data < self.lock_minutes.data
        ):
            raise ValidationError(_("Nobody can be signed out before the screen locks. Write a larger number."))

    def values(self) -> dict[str, Any]:
        """As SharedPcRules takes them."""
        return {name: field.data for name, field in self._fields.items() if name != "csrf_token"}
