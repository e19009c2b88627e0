"""What CLDR says of a language in a country: its digits, and the day on which its week begins.

The country is that of the reader's zone. Babel knows a language's system of numbers and its signs, but writes western
digits in each; the digits are put in here.
"""

from dataclasses import dataclass
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.core import get_global

#: The zero of each system of CLDR that a language of the portal is written with; the other nine follow it.
ZEROS = {"latn": 0x30, "arab": 0x660, "beng": 0x9E6}


@dataclass(frozen=True, slots=True)
class Numerals:
    """`locale` groups and separates as the system does; `digits` is for `str.translate`."""

    locale: Locale
    digits: dict[int, int]


@lru_cache(maxsize=512)
def regional(language: str, zone: str) -> Locale:
    """A language (BCP 47) as it is in the country of a zone (IANA); as it is by itself where CLDR knows no more."""
    plain = Locale.parse(language, sep="-")
    try:
        return Locale(plain.language, territory=get_global("zone_territories").get(zone), script=plain.script)
    except UnknownLocaleError:
        return plain


@lru_cache(maxsize=512)
def numerals(language: str, zone: str) -> Numerals:
    """How a language writes numbers in the country of a zone: Bengali always with its own digits, Arabic in some."""
    locale = regional(language, zone)
    zero = ZEROS.get(locale.default_numbering_system, ZEROS["latn"])
    if zero == ZEROS["latn"]:
        return Numerals(Locale.parse(language, sep="-"), {})
    return Numerals(locale, {0x30 + digit: zero + digit for digit in range(10)})
