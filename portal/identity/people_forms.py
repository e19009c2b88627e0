"""Forms about the clinic's people."""

from collections.abc import Iterable
from typing import Any, ClassVar

from wtforms import HiddenField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError

from portal.identity.forms import IsEmail, new_password_field
from portal.identity.wording import CLEARANCE_NAMES, STAFF_ROLE_NAMES
from portal.kernel.locale import gettext as _
from portal.kernel.locale import lazy_gettext as _l
from portal.web.fields import PortalForm, choices_of


class SaysSomething:
    """Blanks are no reason."""

    field_flags: ClassVar[dict[str, Any]] = {}

    def __call__(self, form: Any, field: Any) -> None:
        if not (field.data or "").strip():
            raise ValidationError(_("Write why."))


def reason_field() -> TextAreaField:
    """Why somebody's roles or state change; it is kept with the change."""
    return TextAreaField(
        _l("Why?"),
        [InputRequired(_l("Write why.")), SaysSomething(), Length(max=1000)],
        description=_l("It is kept with the change. Write nothing about patients."),
    )


class RolesFields(PortalForm):
    """What somebody is to hold."""

    roles = SelectMultipleField(_l("Roles"), [InputRequired(_l("Choose at least one role."))])
    clearances = SelectMultipleField(
        _l("Sensitive notes"), description=_l("Opened to clinicians beside their role. Most people need none.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.roles.choices = choices_of(STAFF_ROLE_NAMES.items())
        self.clearances.choices = choices_of(CLEARANCE_NAMES.items())

    def held(self) -> list[str]:
        """All that was chosen."""
        return [*(self.roles.data or ()), *(self.clearances.data or ())]


class InviteForm(RolesFields):
    """Who is invited, and to what."""

    name: Any = StringField(_l("Full name"), [InputRequired(_l("Write the name.")), Length(max=120)])
    email: Any = StringField(
        _l("Work e-mail"),
        [InputRequired(_l("Write the work e-mail address.")), Length(max=254), IsEmail()],
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "inputmode": "email"},
    )

    def validate_name(self, field: Any) -> None:
        """Blanks are no name."""
        if not (field.data or "").strip():
            raise ValidationError(_("Write the name."))


class ChangeRolesForm(RolesFields):
    """Somebody's roles, what the page showed of them, and why they change."""

    seen: Any = HiddenField(validators=[Length(max=300)])
    reason = reason_field()

    @classmethod
    def values_of(cls, roles: Iterable[str]) -> dict[str, Any]:
        """The form as it begins."""
        held = sorted(roles)
        return {
            "roles": [one for one in held if one in STAFF_ROLE_NAMES],
            "clearances": [one for one in held if one in CLEARANCE_NAMES],
            "seen": " ".join(held),
        }


class ReasonForm(PortalForm):
    """Why."""

    reason = reason_field()


class JoinForm(PortalForm):
    """The password of somebody who takes an invitation up."""

    new_password: Any = new_password_field()
