"""Form fields that people meet: date in three boxes, code, money, photograph. Phones are phone_fields.py's.

Owns the base form and our own fields. How a field is drawn is the
`field` macro's business (field_views.py is the way there); what a form asks is its context's.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from babel.numbers import NumberFormatError, get_currency_precision, get_decimal_symbol, parse_decimal
from flask import current_app
from flask_wtf import FlaskForm
from PIL import Image, UnidentifiedImageError
from werkzeug.datastructures import FileStorage
from wtforms import Field, FileField, StringField, ValidationError
from wtforms.fields import choices

from portal.kernel.locale import current_locale, ngettext
from portal.kernel.locale import gettext as _
from portal.kernel.money import Money
from portal.web.field_views import FieldView, Kind, Part, field_view, form_errors, input_view
from portal.web.purposes import purpose
from portal.web.wording import Wording

__all__ = [
    "CodeField", "DateInThreeBoxesField", "FieldView", "MoneyField", "PhotoField",
    "PortalForm", "choices_of", "field_view", "first_of", "form_errors", "input_view", "western_digits",
]  # fmt: skip


class PortalForm(FlaskForm):  # type: ignore[misc]  # flask-wtf carries no types
    """Base of all forms: CSRF token, plain messages, fields drawn by the `field` macro (`{{ form.name }}` too)."""

    class Meta:
        # The shared session's end is what ends a form; an hour would lose what a slow reader typed.
        csrf_time_limit = None

        def get_translations(self, form: Any) -> Wording:
            return Wording()

        def render_field(self, field: Field, render_kw: dict[str, Any]) -> Any:
            draw: Any = current_app.jinja_env.globals["ui"]
            return draw.field(field, **render_kw)


def choices_of(pairs: Iterable[tuple[Any, Any]]) -> list[Any]:
    """(value, label) pairs as WTForms wants its choices; labels may be lazy."""
    # wtforms.SelectChoice by its module: the type stubs do not know it yet.
    make: Any = vars(choices)["SelectChoice"]
    return [make(value, label) for value, label in pairs]


def western_digits(text: str) -> str:
    """Digits of any script (٣, ३) as 0 to 9; all else unchanged."""
    return "".join(str(unicodedata.digit(sign)) if sign.isdigit() else sign for sign in text)


def first_of(valuelist: Sequence[Any]) -> str:
    return western_digits(str(valuelist[0]).strip()) if valuelist else ""


class CodeField(StringField):
    """A one-time code: digits of any script, spaces forgiven. `data` is digits only."""

    kind: ClassVar[Kind] = "code"

    def __init__(self, label: Any = None, validators: Any = None, *, digits: int = 6, **kwargs: Any) -> None:
        kwargs["render_kw"] = {"maxlength": digits + 6} | (kwargs.get("render_kw") or {})
        super().__init__(label, validators, **kwargs)
        self.digits = digits

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        text = "".join(sign for sign in first_of(valuelist) if not sign.isspace() and sign != "-")
        self.data = text or None
        if text and not (text.isascii() and text.isdigit() and len(text) == self.digits):
            raise ValueError(ngettext("The code is %(num)s digit.", "The code is %(num)s digits.", self.digits))

    def _value(self) -> str:
        # A code is typed afresh, never shown again.
        return ""


class DateInThreeBoxesField(Field):
    """Day, month and year in a box each, in the reader's order. `data` is a date or None.

    `birthday=True` adds the browser's autofill. Form names: <name>-day, <name>-month, <name>-year.
    """

    kind: ClassVar[Kind] = "date"
    UNITS: ClassVar[tuple[str, ...]] = ("day", "month", "year")

    def __init__(self, label: Any = None, validators: Any = None, *, birthday: bool = False, **kwargs: Any) -> None:
        super().__init__(label, validators, **kwargs)
        self.birthday = birthday
        self._typed: dict[str, str] = {}

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None, **kwargs: Any) -> None:
        given = {unit: f"{self.name}-{unit}" for unit in self.UNITS}
        if formdata is not None and any(name in formdata for name in given.values()):
            self._typed = {unit: western_digits(formdata.get(name, "").strip()) for unit, name in given.items()}
            joined = "-".join(self._typed[unit] for unit in ("year", "month", "day"))
            formdata = _One(self.name, joined if any(self._typed.values()) else "")
        else:
            formdata = None if formdata is None else _One(self.name, None)
        arguments = {} if data is None else {"data": data}
        super().process(formdata, extra_filters=extra_filters, **arguments, **kwargs)

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        self.data = None
        if not valuelist or not valuelist[0]:
            return
        missing = [unit for unit in self.UNITS if not self._typed[unit]]
        if missing:
            raise ValueError(_("Fill in the day, the month and the year."))
        if len(self._typed["year"]) != 4:
            raise ValueError(_("Write the year with four digits, for example 1984."))
        try:
            self.data = date(*(int(self._typed[unit]) for unit in ("year", "month", "day")))
        except ValueError:
            raise ValueError(_("Write a real date. There is no such day in that month.")) from None

    def parts(self) -> list[Part]:
        """The three boxes, in the order in which the reader writes a date."""
        labels = {"day": _("Day"), "month": _("Month"), "year": _("Year")}
        return [
            Part(
                id=f"{self.id}-{unit}",
                name=f"{self.name}-{unit}",
                label=labels[unit],
                value=self._typed.get(unit, "") if self._typed else self._stored(unit),
                autocomplete=purpose(f"bday-{unit}") if self.birthday else "off",
                size=4 if unit == "year" else 2,
            )
            for unit in _date_order()
        ]

    def _stored(self, unit: str) -> str:
        return str(getattr(self.data, unit)) if isinstance(self.data, date) else ""


class _One(dict[str, Any]):
    """Form data that holds one value under one name, for WTForms' own processing."""

    def __init__(self, name: str, value: str | None) -> None:
        super().__init__({} if value is None else {name: value})

    def getlist(self, name: str) -> list[str]:
        return [self[name]] if name in self else []


def _date_order() -> tuple[str, ...]:
    pattern = current_locale().babel.date_formats["short"].pattern.lower()
    return tuple(sorted(DateInThreeBoxesField.UNITS, key=lambda unit: pattern.index(unit[0])))


class MoneyField(Field):
    """An amount in `currency`; `data` is Money or None. Takes the reader's decimal sign."""

    kind: ClassVar[Kind] = "number"
    data: Money | None

    def __init__(self, label: Any = None, validators: Any = None, *, currency: str = "USD", **kwargs: Any) -> None:
        super().__init__(label, validators, **kwargs)
        self.currency = currency

    @property
    def unit(self) -> str:
        return self.currency

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        text = first_of(valuelist)
        self.data = None
        if not text:
            return
        try:
            amount = Decimal(parse_decimal(text, locale=current_locale().babel, strict=True))
            minor = amount.scaleb(get_currency_precision(self.currency))
        except (NumberFormatError, InvalidOperation):
            raise ValueError(_("Write an amount of money, for example 25.50.")) from None
        if minor != minor.to_integral_value():
            raise ValueError(_("This amount has too many digits after the decimal sign."))
        self.data = Money(int(minor), self.currency)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        sign = get_decimal_symbol(current_locale().babel)
        return str(self.data.amount).replace(".", sign) if isinstance(self.data, Money) else ""


class PhotoField(FileField):
    """A photograph from the camera or the gallery; `data` is a FileStorage at its start, or None.

    Two inputs of one name, since a browser that is asked for the camera offers no gallery: the one that is filled
    counts, and of two the camera's.

    Checks that it is an image of a known format and not too large; making it safe (re-encoding) is the taker's.
    """

    kind: ClassVar[Kind] = "photo"
    accept: ClassVar[str] = "image/*"
    FORMATS: ClassVar[tuple[str, ...]] = ("JPEG", "PNG", "WEBP")
    MAX_PIXELS: ClassVar[int] = 50_000_000

    def __init__(
        self, label: Any = None, validators: Any = None, *, max_bytes: int = 10_000_000, **kwargs: Any
    ) -> None:
        super().__init__(label, validators, **kwargs)
        self.max_bytes = max_bytes

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        given = next((item for item in valuelist if isinstance(item, FileStorage) and item.filename), None)
        self.data = given
        self.raw_data = [given] if given else []

    def pre_validate(self, form: Any) -> None:
        if self.data is None:
            return
        stream = self.data.stream
        size = stream.seek(0, 2)
        stream.seek(0)
        if size > self.max_bytes:
            megabytes = self.max_bytes // 1_000_000
            raise ValidationError(
                ngettext(
                    "This file is too large. A photo may have at most %(num)s megabyte.",
                    "This file is too large. A photo may have at most %(num)s megabytes.",
                    megabytes,
                )
            )
        try:
            with Image.open(stream, formats=self.FORMATS) as picture:
                readable = picture.width * picture.height <= self.MAX_PIXELS
                picture.verify()
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
            readable = False
        finally:
            stream.seek(0)
        if not readable:
            raise ValidationError(_("This file is not a photo that we can read. Send a JPEG, PNG or WebP photo."))
