"""Forms of charting: what a clinician writes into a patient's history."""

from decimal import Decimal
from typing import Any

from wtforms import DecimalField, RadioField, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from portal.charting.rules import VITALS, implausible, unit_name
from portal.kernel.locale import gettext as _
from portal.kernel.locale import lazy_gettext as _l
from portal.web.fields import PortalForm, choices_of


class ConditionForm(PortalForm):
    """A problem in words."""

    condition = StringField(_l("Problem"), [DataRequired(), Length(max=200)])


class AllergyForm(PortalForm):
    """What is not borne, and what it does."""

    allergy = StringField(_l("Allergic to"), [DataRequired(), Length(max=200)])
    criticality = RadioField(_l("How dangerous?"), [Optional()], default="unable-to-assess")
    reaction = StringField(_l("What happens"), [Optional(), Length(max=200)])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [("high", _("Dangerous")), ("low", _("Not dangerous")), ("unable-to-assess", _("Not known"))]
        self.criticality.choices = choices_of(kinds)


class MedicationForm(PortalForm):
    """What is taken, and how."""

    medication = StringField(_l("Medicine"), [DataRequired(), Length(max=200)])
    dosage = StringField(_l("How it is taken"), [Optional(), Length(max=200)])


class VitalForm(PortalForm):
    """A measured value."""

    code = SelectField(_l("What was measured"), [InputRequired()])
    value = DecimalField(_l("Value"), [InputRequired()], places=None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.code.choices = choices_of(
            (code, _("%(name)s (%(unit)s)", name=str(vital.name), unit=unit_name(vital.unit)) if unit_name(vital.unit)
             else str(vital.name))
            for code, vital in VITALS.items()
        )  # fmt: skip

    def validate_value(self, field: DecimalField) -> None:
        """Within what a person can have."""
        if isinstance(field.data, Decimal) and implausible(str(self.code.data), field.data):
            raise ValidationError(_("Check this value. No person has it."))
