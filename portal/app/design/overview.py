"""What /design and /design/visit show: the components as they stand together on a page."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from wtforms import (
    BooleanField,
    EmailField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional

from portal.kernel.locale import LANGUAGES, format_date
from portal.kernel.locale import lazy_gettext as _l
from portal.kernel.money import Money
from portal.web.colour_field import ColourField
from portal.web.fields import (
    CodeField,
    DateInThreeBoxesField,
    MoneyField,
    PhotoField,
    PortalForm,
    choices_of,
)
from portal.web.phone_fields import CountryPhoneField, EmailOrPhoneField, PhoneField
from portal.web.translated import in_each_language

READINGS = (118, 124, 121, 132, 128, 119)
NOON = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)


@in_each_language("about", TextAreaField, _l("Description"), longest=400)
class SampleForm(PortalForm):
    """One field of each kind."""

    name = StringField(_l("Full name"), [InputRequired(), Length(max=80)], render_kw={"autocomplete": "name"})
    contact = EmailOrPhoneField(_l("Phone number or e-mail"), [InputRequired()])
    email = EmailField(_l("E-mail"), [Optional()], description=_l("For your receipt."))
    phone = PhoneField(_l("Phone number"), [InputRequired()])
    abroad = CountryPhoneField(_l("Phone number, with its country"), [Optional()])
    code = CodeField(_l("Code"), [InputRequired()], description=_l("Six digits, sent to your phone."))
    birth_date = DateInThreeBoxesField(
        _l("Date of birth"), [InputRequired()], birthday=True, description=_l("For example 31 3 1984")
    )
    days = IntegerField(_l("How many days have you felt like this?"), [InputRequired()])
    price = MoneyField(_l("Price"), [Optional()])
    language = SelectField(_l("Language"), choices=choices_of(LANGUAGES.items()))
    severity = RadioField(
        _l("How bad is it?"),
        [InputRequired()],
        choices=choices_of([("mild", _l("Mild")), ("moderate", _l("Moderate")), ("severe", _l("Severe"))]),
    )
    symptoms = SelectMultipleField(
        _l("What do you have?"),
        choices=choices_of([("fever", _l("Fever")), ("cough", _l("Cough")), ("rash", _l("Rash"))]),
    )
    story = TextAreaField(_l("What happened?"), [Optional()], description=_l("In your own words."))
    photo = PhotoField(_l("Photo"), [Optional()], description=_l("Take a photo or choose one. At most 10 megabytes."))
    colour = ColourField(_l("Main colour"), [Optional()])
    agree = BooleanField(_l("I have read this and I agree"), [InputRequired()])


def _board() -> list[dict[str, Any]]:
    return [
        {
            "title": "Dr. Amina Njoroge",
            "note": "09:00–13:00",
            "cards": [
                {
                    "title": "María Fernanda González Ibarra",
                    "href": "#",
                    "time": NOON,
                    "kind": "warning",
                    "lines": ["Video visit, 20 min"],
                    "badges": [("Waiting", "info"), ("Coverage unclear", "warning")],
                },
                {
                    "title": "ليلى الحسن",
                    "href": "#",
                    "time": NOON + timedelta(minutes=20),
                    "badges": [("Booked", "neutral")],
                },
            ],
        },
        {
            "title": "Dr. Jonas Weber",
            "cards": [
                {"title": "Tom Ode", "href": "#", "time": NOON, "kind": "success", "badges": [("In visit", "success")]}
            ],
        },
        {"title": "Dr. Priya Raman", "cards": []},
    ]


def _slots() -> list[dict[str, Any]]:
    times = ["9:00 AM", "9:20 AM", "9:40 AM", "10:00 AM", "10:20 AM", "11:40 AM", "2:00 PM", "2:20 PM"]
    days = [date(2026, 11, 24), date(2026, 11, 25)]
    return [
        {
            "title": day.strftime("%A %d %B"),
            "slots": [{"text": text, "value": f"{day}-{text}"} for text in times[index:]],
        }
        for index, day in enumerate(days)
    ]


def _filled(form: SampleForm) -> SampleForm:
    form.validate()
    return form


def examples() -> dict[str, Any]:
    """Data of all examples."""
    return {
        "form": SampleForm(formdata=None, birth_date=date(1984, 3, 31), prefix="a-", meta={"csrf": False}),
        "wrong": _filled(SampleForm(formdata=None, prefix="b-", meta={"csrf": False})),
        "board": _board(),
        "slots": _slots(),
        "noon": NOON,
        "price": Money(4500, "USD"),
        "readings": [(format_date(date(2026, 3 + at, 1), format="short"), value) for at, value in enumerate(READINGS)],
    }
