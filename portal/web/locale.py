"""The reader's language and zone: their choice, their account, their browser, the clinic's default, in this order."""

from collections.abc import Mapping
from functools import lru_cache
from zoneinfo import available_timezones

from flask import g, request, session

from portal.kernel.locale import ALIASES, LANGUAGES, STAFF_LANGUAGES, ReaderLocale, known_language, set_locale


@lru_cache
def _zones() -> frozenset[str]:
    # Read from a directory tree: too slow for every page.
    return frozenset(available_timezones())


def spoken() -> Mapping[str, str]:
    """The languages of the pages that whoever asks can get to: staff's own pages are in fewer."""
    signed_in = g.get("signed_in") or g.get("locked")
    return STAFF_LANGUAGES if signed_in and signed_in.principal.is_staff else LANGUAGES


def settle() -> None:
    """Settle the reader's locale for this request, of whom as much is known as is known so far."""
    chosen = request.args.get("lang")
    if chosen in LANGUAGES:
        session["language"] = chosen
    signed_in = g.get("signed_in") or g.get("locked")
    clinic = g.get("clinic")
    wanted = (
        session.get("language"),
        signed_in.language if signed_in else None,
        _accepted(),
        clinic.default_language if clinic else None,
    )
    language = next((one for one in map(_known, wanted) if one in spoken()), "en")
    zone = request.args.get("zone")
    if zone and zone in _zones():
        session["zone"] = zone
    place = session.get("zone") or (signed_in.zone if signed_in else None) or (clinic.zone if clinic else "UTC")
    set_locale(ReaderLocale(language, place))


def _known(language: str | None) -> str:
    return known_language(language, "")


def _accepted() -> str | None:
    """What the browser asks for first of what there is."""
    found = request.accept_languages.best_match([*LANGUAGES, *ALIASES])
    return ALIASES.get(found, found) if found else None
