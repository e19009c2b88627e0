"""What somebody types at the command line, checked: what is wrong here would break a clinic's pages later."""

import re
from zoneinfo import available_timezones

import click
from babel.numbers import list_currencies

from portal.kernel.places import places_of
from portal.patients import canonical_phone

#: The first part of addresses that are not a clinic's.
RESERVED = frozenset({"static", "assets", "design", "dev", "healthz", "signaling", "webhooks"})
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class Slug(click.ParamType[str]):
    """A clinic's name in the address."""

    name = "slug"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not SLUG.fullmatch(value) or len(value) > 60 or value in RESERVED:
            self.fail(f"{value!r}: small letters, digits and single hyphens, and no address of the portal's own", param)
        return value


class Zone(click.ParamType[str]):
    """An IANA time zone."""

    name = "zone"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in available_timezones():
            self.fail(f"{value!r} is no time zone of the IANA database, such as Europe/Madrid", param)
        return value


class Currency(click.ParamType[str]):
    """An ISO 4217 code."""

    name = "currency"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in list_currencies():
            self.fail(f"{value!r} is no currency of ISO 4217, such as EUR", param)
        return value


class Country(click.ParamType[str]):
    """An ISO 3166-1 code of two letters."""

    name = "country"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not re.fullmatch(r"[A-Z]{2}", value):
            self.fail(f"{value!r} is no country of ISO 3166-1, such as ES", param)
        return value


def place_in(country: str, code: str) -> str:
    """A place where licences are given, in the country; raises UsageError."""
    codes = [known for known, _name in places_of(country)]
    if code not in codes:
        raise click.UsageError(f"Licences of {country} are not given for {code!r}. Choose of: {', '.join(codes)}")
    return code


def phone_in(country: str, text: str) -> str:
    """E.164 of a phone number; raises UsageError."""
    number = canonical_phone(text, country=country)
    if number is None:
        raise click.UsageError(f"{text!r} is no phone number, such as +16175550100")
    return number
