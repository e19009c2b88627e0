"""Forms of scheduling. What they mean for the tables is the operations' business."""

from datetime import time as time_of_day
from typing import Any

from wtforms import BooleanField, IntegerField, RadioField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp

from portal.kernel.locale import first_week_day, lazy_pgettext
from portal.kernel.locale import gettext as _
from portal.kernel.locale import lazy_gettext as _l
from portal.kernel.spoken import spoken_choices
from portal.web.fields import DateInThreeBoxesField, PortalForm, choices_of, western_digits
from portal.web.translated import in_each_language

WEEKDAYS = [
    ("0", _l("Monday")),
    ("1", _l("Tuesday")),
    ("2", _l("Wednesday")),
    ("3", _l("Thursday")),
    ("4", _l("Friday")),
    ("5", _l("Saturday")),
    ("6", _l("Sunday")),
]
#: FHIR appointment-cancellation-reason, in the words of staff.
REASONS = [
    ("pat", _l("The patient asked for it")),
    ("prov", _l("The clinician cannot see the patient then")),
    ("maint", _l("Technical problems at the clinic")),
    ("other", _l("Another reason")),
]


def weekdays() -> list[tuple[str, Any]]:
    """Value and name of each day (Monday is "0"), from the one with which the reader's week begins."""
    first = first_week_day()
    return [*WEEKDAYS[first:], *WEEKDAYS[:first]]


class ClockField(StringField):
    """A time of day, 24 hours, digits of any script: "9:30", "0930", "17". `data` is a time or None."""

    clock: time_of_day | None = None

    @property
    def time(self) -> time_of_day:
        """The time of a field that validated."""
        if self.clock is None:
            raise ValueError("no time was given")
        return self.clock

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = western_digits(str(valuelist[0])).strip().replace(".", ":").replace("h", ":") if valuelist else ""
        self.data = text or None
        if not text:
            return
        hours, _sign, minutes = text.partition(":")
        if not minutes and len(hours) in (3, 4):
            hours, minutes = hours[:-2], hours[-2:]
        try:
            self.clock = time_of_day(int(hours) % 24 if int(hours) == 24 else int(hours), int(minutes or 0))
        except ValueError:
            raise ValueError(_("Write a time from 0:00 to 24:00, for example 14:30.")) from None


class PlaceForm(PortalForm):
    """Where the patient will be during the visit."""

    place = RadioField(_l("Where will you be during the visit?"), [InputRequired()])


class LanguageForm(PortalForm):
    """In which language the patient talks, and whether somebody has to interpret."""

    spoken = SelectField(_l("Which language do you want to speak?"), [InputRequired()])
    interpreter = RadioField(
        _l("Do you need an interpreter?"),
        [InputRequired()],
        description=_l("An interpreter says in your language what the clinician says, and the other way round."),
        choices=choices_of([("yes", _l("Yes, an interpreter is needed")), ("no", _l("No, without an interpreter"))]),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.spoken.choices = choices_of(spoken_choices())


class InterpreterForm(PortalForm):
    """What is settled of one visit."""

    spoken = SelectField(_l("Spoken language"), [InputRequired()])
    state = RadioField(
        _l("Interpreter at this visit"),
        [InputRequired()],
        choices=choices_of(
            [
                ("needed", _l("Needed, not arranged yet")),
                ("arranged", _l("Arranged")),
                ("not-needed", _l("Not needed")),
            ]
        ),
    )
    note = StringField(
        _l("Who interprets, and how are they reached?"),
        [Optional(), Length(max=200)],
        description=_l("A name or a service, and a phone number. Only staff read it."),
        render_kw={"autocomplete": "off"},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.spoken.choices = choices_of(spoken_choices())


class ConfirmForm(PortalForm):
    """A button; what it confirms is on the page."""


class ReasonForm(PortalForm):
    """Why staff cancel."""

    reason = RadioField(_l("Why is this visit cancelled?"), [InputRequired()], choices=choices_of(REASONS))


class HoursForm(PortalForm):
    """Working hours of a weekday."""

    weekday = SelectField(_l("Day of the week"), [InputRequired()], choices=lambda: choices_of(weekdays()))
    starts = ClockField(lazy_pgettext("since an hour", "From"), [InputRequired()], description=_l("For example 9:00"))
    ends = ClockField(_l("Until"), [InputRequired()], description=_l("For example 17:00. Write 24:00 for midnight."))


class ExceptionForm(PortalForm):
    """Days away, or extra hours."""

    kind = RadioField(
        _l("What is different?"),
        [InputRequired()],
        choices=choices_of([("closed", _l("Not working")), ("open", _l("Working extra hours"))]),
    )
    first_day = DateInThreeBoxesField(_l("First day"), [InputRequired()])
    last_day = DateInThreeBoxesField(_l("Last day"), [Optional()], description=_l("Leave out for a single day."))
    first_time = ClockField(
        lazy_pgettext("since an hour", "From"), [Optional()], description=_l("Leave out for the whole day.")
    )
    last_time = ClockField(_l("Until"), [Optional()])

    def validate_last_day(self, field: DateInThreeBoxesField) -> None:
        if field.data and self.first_day.data and field.data < self.first_day.data:
            raise ValidationError(_("The last day is before the first day."))

    def validate(self, extra_validators: Any = None) -> bool:
        """Also across fields: an empty optional field's own validators are not run."""
        valid = bool(super().validate(extra_validators))
        problem = None
        if bool(self.last_time.data) != bool(self.first_time.data):
            problem = _("Write both times, or leave both out for whole days.")
        elif self.kind.data == "open" and not self.last_time.data:
            problem = _("Write from when until when the extra hours are.")
        if problem:
            self.last_time.errors = [*self.last_time.errors, problem]
        return valid and problem is None


def _minutes(label: Any, most: int, **options: Any) -> IntegerField:
    return IntegerField(label, [InputRequired(), NumberRange(options.pop("least", 0), most)], **options)


@in_each_language("name", StringField, _l("Name"), longest=80, required=True)
@in_each_language("about", TextAreaField, _l("Description"), longest=400)
class VisitTypeForm(PortalForm):
    """What the clinic offers, in its languages, and the rules for booking it."""

    code = StringField(
        lazy_pgettext("of a visit type", "Code"),
        [InputRequired(), Length(max=40), Regexp(r"^[a-z][a-z0-9-]*$", message=_l("Use small letters, digits and -."))],
        description=_l("A short name for reports, for example first-visit. It cannot be changed later."),
    )
    modality = RadioField(
        _l("How do patient and clinician meet?"),
        [InputRequired()],
        choices=choices_of([("video", _l("By video")), ("phone", _l("By phone"))]),
        default="video",
    )
    minutes = _minutes(_l("Length in minutes"), 240, least=5, default=20)
    buffer_before = _minutes(_l("Minutes kept free before"), 120, default=0)
    buffer_after = _minutes(_l("Minutes kept free after"), 120, default=5)
    lead_minutes = _minutes(_l("Booked at least this many minutes ahead"), 20160, default=30)
    horizon_days = _minutes(_l("Booked at most this many days ahead"), 366, least=1, default=60)
    change_minutes = _minutes(_l("Patients can move or cancel until this many minutes before"), 20160, default=60)
    position = _minutes(_l("Place in the list"), 1000, default=0)
    active = BooleanField(_l("Patients can book it"), default=True)
