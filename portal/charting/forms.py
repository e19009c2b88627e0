"""Forms of charting: what a clinician writes into a patient's history."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from wtforms import DecimalField, RadioField, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from portal.charting.rules import (
    ICD_10_CM,
    NORMAL,
    SENSITIVITIES,
    VITALS,
    diagnosis_by_code,
    dotted,
    implausible,
    suggested_sensitivity,
    unit_name,
)
from portal.charting.wording import sensitivity_name
from portal.kernel.locale import gettext as _
from portal.kernel.locale import lazy_gettext as _l
from portal.web.fields import PortalForm, choices_of


def sensitivity_choices() -> list[tuple[str, str]]:
    """The labels, in the reader's words."""
    return [(code, sensitivity_name(code)) for code in SENSITIVITIES]


class ConditionForm(PortalForm):
    """A problem in words, and its code where it is known, which suggests who else may read it."""

    condition = StringField(_l("Problem"), [DataRequired(), Length(max=200)])
    icd = StringField(_l("ICD-10-CM code, if you know it"), [Optional(), Length(max=10)])
    condition_label = SelectField(_l("Sensitive?"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.condition_label.choices = choices_of([("", _("As its code suggests")), *sensitivity_choices()])

    def validate_icd(self, field: StringField) -> None:
        """A whole code, as one is billed."""
        if diagnosis_by_code(self.code) is None:
            raise ValidationError(_("Write a whole code, such as J06.9, or leave this empty."))

    @property
    def code(self) -> str:
        """As ICD writes it."""
        return dotted((self.icd.data or "").strip().upper())

    @property
    def sensitivity(self) -> str:
        """What was chosen, or what the code suggests."""
        return str(self.condition_label.data or suggested_sensitivity(ICD_10_CM, self.code))


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
    medication_label = SelectField(_l("Sensitive?"), default=NORMAL)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.medication_label.choices = choices_of(sensitivity_choices())


class LabelForm(PortalForm):
    """Who else may read one of the problems and medicines on file."""

    entry = SelectField(_l("Which entry?"), [InputRequired()])
    entry_label = SelectField(_l("Sensitive?"), [InputRequired()], default=NORMAL)

    def __init__(self, *args: Any, entries: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.entry.choices = choices_of(entries)
        self.entry_label.choices = choices_of(sensitivity_choices())


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
