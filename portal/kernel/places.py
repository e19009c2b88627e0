"""Places: countries and, where licences are by state, states (ISO 3166-1 and 3166-2); and their time zones.

Owns codes and their names. Which practitioner may see patients where, practitioners knows.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.core import get_global

from portal.kernel.locale import current_locale, zone_name
from portal.kernel.locale import lazy_gettext as _l

#: States by ISO 3166-2 code, for the countries that license by state.
SUBDIVISIONS: Mapping[str, Any] = {
    "US-AL": _l("Alabama"),
    "US-AK": _l("Alaska"),
    "US-AZ": _l("Arizona"),
    "US-AR": _l("Arkansas"),
    "US-CA": _l("California"),
    "US-CO": _l("Colorado"),
    "US-CT": _l("Connecticut"),
    "US-DE": _l("Delaware"),
    "US-DC": _l("District of Columbia"),
    "US-FL": _l("Florida"),
    "US-GA": _l("Georgia (US state)"),
    "US-HI": _l("Hawaii"),
    "US-ID": _l("Idaho"),
    "US-IL": _l("Illinois"),
    "US-IN": _l("Indiana"),
    "US-IA": _l("Iowa"),
    "US-KS": _l("Kansas"),
    "US-KY": _l("Kentucky"),
    "US-LA": _l("Louisiana"),
    "US-ME": _l("Maine"),
    "US-MD": _l("Maryland"),
    "US-MA": _l("Massachusetts"),
    "US-MI": _l("Michigan"),
    "US-MN": _l("Minnesota"),
    "US-MS": _l("Mississippi"),
    "US-MO": _l("Missouri"),
    "US-MT": _l("Montana"),
    "US-NE": _l("Nebraska"),
    "US-NV": _l("Nevada"),
    "US-NH": _l("New Hampshire"),
    "US-NJ": _l("New Jersey"),
    "US-NM": _l("New Mexico"),
    "US-NY": _l("New York (state)"),
    "US-NC": _l("North Carolina"),
    "US-ND": _l("North Dakota"),
    "US-OH": _l("Ohio"),
    "US-OK": _l("Oklahoma"),
    "US-OR": _l("Oregon"),
    "US-PA": _l("Pennsylvania"),
    "US-PR": _l("Puerto Rico"),
    "US-RI": _l("Rhode Island"),
    "US-SC": _l("South Carolina"),
    "US-SD": _l("South Dakota"),
    "US-TN": _l("Tennessee"),
    "US-TX": _l("Texas"),
    "US-UT": _l("Utah"),
    "US-VT": _l("Vermont"),
    "US-VA": _l("Virginia"),
    "US-WA": _l("Washington (state)"),
    "US-WV": _l("West Virginia"),
    "US-WI": _l("Wisconsin"),
    "US-WY": _l("Wyoming"),
}


def place_name(code: str) -> str:
    """A place's name in the reader's language; the code itself for a place without one."""
    if code in SUBDIVISIONS:
        return str(SUBDIVISIONS[code])
    return str(current_locale().babel.territories.get(code.partition("-")[0], code)) if len(code) == 2 else code


def places_of(country: str) -> list[tuple[str, str]]:
    """(code, name) of a country's states by name, or of the country itself where licences are the country's."""
    codes = [code for code in SUBDIVISIONS if code.startswith(f"{country}-")] or [country]
    return sorted(((code, place_name(code)) for code in codes), key=lambda place: place[1])


def zones_of(country: str, *, also: Iterable[str] = (), now: datetime) -> list[tuple[str, str]]:
    """(zone, name) of a country's time zones by offset, one for each kind of clock, and those named in `also`."""
    zones = sorted(zone for zone, territory in get_global("zone_territories").items() if territory == country)
    known: dict[tuple[object, object], str] = {}
    for zone in (*also, *zones):
        try:
            place = ZoneInfo(zone)
        except (KeyError, ValueError):
            continue  # CLDR knows a name that the tz database has dropped
        winter, summer = datetime(now.year, 1, 1, tzinfo=place), datetime(now.year, 7, 1, tzinfo=place)
        known.setdefault((winter.utcoffset(), summer.utcoffset()), zone)
    ordered = sorted(known.values(), key=lambda zone: (now.astimezone(ZoneInfo(zone)).utcoffset(), zone))
    return [(zone, zone_name(now, zone)) for zone in ordered]
