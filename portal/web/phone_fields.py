"""Telephone numbers and addresses of mail, as people write them.

Owns the way from what was typed to E.164 or a normalised address. What is sent there is portal.notifications'.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from flask import g, has_app_context
from wtforms import TelField

from portal.kernel.locale import gettext as _
from portal.kernel.locale import lazy_gettext as _l
from portal.web.field_views import Kind, Part
from portal.web.fields import first_of, western_digits
from portal.web.purposes import purpose

__all__ = ["CountryPhoneField", "EmailOrPhoneField", "PhoneField"]


def _clinic_country() -> str | None:
    clinic = g.get("clinic") if has_app_context() else None
    return clinic.country if clinic else None


def _phone(text: str, region: str | None) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _email(text: str) -> str | None:
    try:
        # Whether the domain takes mail is found out by sending; a look-up here would tell a third party.
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError:
        return None


class PhoneField(TelField):
    """A telephone number as people write it; `data` is E.164 ("+15125550142") or None.

    `region`: ISO 3166 country for numbers without a prefix; the clinic's own without it.
    """

    kind: ClassVar[Kind] = "tel"
    wrong = _l("Write a phone number with its area code, for example 512 555 0142.")

    def __init__(self, label: Any = None, validators: Any = None, *, region: str | None = None, **kwargs: Any) -> None:
        super().__init__(label, validators, **kwargs)
        self.region = region or _clinic_country()

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        text = first_of(valuelist)
        self.data = self.read(text) if text else None
        if text and self.data is None:
            raise ValueError(str(self.wrong))

    def read(self, text: str) -> str | None:
        """The canonical form of what was typed, or None."""
        return _phone(text, self.region)

    def _value(self) -> str:
        # What was typed comes back as it was typed.
        if self.raw_data:
            return str(self.raw_data[0])
        return str(self.data or "")


class EmailOrPhoneField(PhoneField):
    """One box for either; `data` is E.164 or a normalised address, `channel` "sms" or "email"."""

    kind: ClassVar[Kind] = "text"
    wrong = _l("Write a phone number, such as 512 555 0142, or an e-mail address, such as name@example.com.")

    def __init__(self, label: Any = None, validators: Any = None, **kwargs: Any) -> None:
        attributes = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false", "inputmode": "email"}
        kwargs["render_kw"] = attributes | (kwargs.get("render_kw") or {})
        super().__init__(label, validators, **kwargs)

    def read(self, text: str) -> str | None:
        return _email(text) if "@" in text else _phone(text, self.region)

    @property
    def channel(self) -> str:
        return "email" if "@" in (self.data or "") else "sms"


def _calling_code(region: str | None) -> str:
    return f"+{phonenumbers.country_code_for_region(region)}" if region else ""


class CountryPhoneField(PhoneField):
    """A number with its country's code beside it, for people whose phone is not of the clinic's country.

    `data` as PhoneField's. Form names: <name> and <name>-country; without the second the clinic's country holds. A
    number that is written with its own prefix (+44 …) is taken as that, whatever stands beside it. The code is a box
    and not a list: 245 countries weigh more than the rest of the page.
    """

    kind: ClassVar[Kind] = "phone"
    unknown = _l("There is no country with this code. Write it with digits, for example +1 or +254.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.code = _calling_code(self.region)

    def process(self, formdata: Any, *args: Any, **kwargs: Any) -> None:
        typed = formdata.get(f"{self.name}-country") if formdata is not None else None
        if typed is not None:
            self.code = western_digits(typed.strip())[:6]
        super().process(formdata, *args, **kwargs)
        if not self.raw_data and self.data:
            self.code = f"+{phonenumbers.parse(self.data).country_code}"

    def process_formdata(self, valuelist: Sequence[Any]) -> None:
        if first_of(valuelist) and self.code != _calling_code(self.region):
            digits = self.code.removeprefix("+").removeprefix("00")
            self.region = phonenumbers.region_code_for_country_code(int(digits)) if digits.isdecimal() else "ZZ"
            if self.region == "ZZ" and not first_of(valuelist).startswith("+"):
                raise ValueError(str(self.unknown))
        super().process_formdata(valuelist)

    def parts(self) -> list[Part]:
        """The box of the country's code; the number is the field's own."""
        return [
            Part(
                id=f"{self.id}-country",
                name=f"{self.name}-country",
                label=_("Country code"),
                value=self.code,
                autocomplete=purpose("tel-country-code"),
                size=6,
            )
        ]

    def _value(self) -> str:
        if self.raw_data or not self.data:
            return super()._value()
        number = phonenumbers.parse(self.data)
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL))
