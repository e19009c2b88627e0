"""Dates are Gregorian for all: CLDR, as browsers carry it, prefers no other calendar where our languages are spoken."""

from typing import Any

from babel.core import get_global
from playwright.sync_api import Browser

from portal.kernel.locale import ALIASES, LANGUAGES

PREFERRED = """spoken => Object.fromEntries(
    spoken.map(one => [one, new Intl.DateTimeFormat(one).resolvedOptions().calendar])
)"""


def where_spoken() -> set[str]:
    """Each language of ours with each country in which it is official or a tenth of the people speak it."""
    countries: Any = get_global("territory_languages")
    return {
        f"{language}-{country}"
        for country, spoken in countries.items()
        for code, facts in spoken.items()
        if (language := ALIASES.get(code, code)) in LANGUAGES
        and (facts["official_status"] or facts["population_percent"] >= 10)
    }


def test_the_gregorian_calendar_comes_first_in_each_country_of_our_languages(browser: Browser) -> None:
    places = sorted(where_spoken())
    assert {"ar-SA", "bn-BD", "hi-IN", "tl-PH", "zh-CN", "ht-HT"} <= set(places)
    found: dict[str, str] = browser.new_page().evaluate(PREFERRED, [*places, "th-TH", "fa-IR"])
    others = {place: calendar for place, calendar in found.items() if calendar != "gregory"}
    assert others == {"th-TH": "buddhist", "fa-IR": "persian"}
