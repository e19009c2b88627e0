"""Forms of the pages about who saw what."""

from datetime import time
from typing import Any

from wtforms import BooleanField, IntegerField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, ValidationError

from portal.kernel.locale import format_clock
from portal.kernel.locale import gettext as _
from portal.kernel.locale import lazy_gettext as _l
from portal.web.fields import PortalForm, choices_of


class SeenForm(PortalForm):
    """What an alert turned out to be."""

    note = TextAreaField(
        _l("What did you find out?"),
        [InputRequired(_l("Write what you found out, even if it is nothing.")), Length(max=1000)],
        description=_l("For example: covered for a colleague, asked them on Monday."),
    )

    def validate_note(self, field: TextAreaField) -> None:
        """Blanks say nothing."""
        if not (field.data or "").strip():
            raise ValidationError(_("Write what you found out, even if it is nothing."))


class WatchForm(PortalForm):
    """What a clinic calls unusual; the fields are those of audit's Thresholds."""

    mass_reads = BooleanField(_l("Somebody opens very many records"))
    mass_patients = IntegerField(
        _l("How many patients are very many"),
        [InputRequired(), NumberRange(min=2, max=10_000)],
        description=_l("The day's board and the calendar do not count."),
    )
    mass_minutes = IntegerField(_l("Within how many minutes"), [InputRequired(), NumberRange(min=1, max=1440)])
    odd_hours = BooleanField(_l("Somebody opens records at night"))
    night_from = SelectField(_l("The night begins at"), coerce=int)
    night_until = SelectField(_l("The night ends at"), coerce=int, description=_l("In the clinic's own time."))
    same_surname = BooleanField(_l("Somebody opens the record of a patient with the same family name"))
    own_record = BooleanField(_l("Somebody opens their own record, or that of a person for whom they act"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hours = [(hour, format_clock(time(hour))) for hour in range(24)]
        self.night_from.choices = self.night_until.choices = choices_of(hours)

    def validate_night_until(self, field: SelectField) -> None:
        """A night that ends when it begins would be none, or all day."""
        if field.data == self.night_from.data:
            raise ValidationError(_("The night must end at another time than it begins."))

    def values(self) -> dict[str, Any]:
        """As Thresholds takes them."""
        return {name: field.data for name, field in self._fields.items() if name != "csrf_token"}
