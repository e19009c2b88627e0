"""The reader's language and zone: their choice, their account, their browser, the clinic's default, in this order."""

from functools import lru_cache
from zoneinfo import available_timezones

from flask import g, request, session

from portal.kernel.locale import LANGUAGES, ReaderLocale, known_language, set_locale


@lru_cache
def _zones() -> frozenset[str]:
    # Read from a directory tree: too slow for every page.
    return frozenset(available_timezones())


def settle() -> None:
    """Settle the reader's locale for this request, of whom as much is known as is known so far."""
    chosen = request.args.get("lang")
    if chosen in LANGUAGES:
        session["language"] = chosen
    signed_in = g.get("signed_in") or g.get("locked")
    clinic = g.get("clinic")
    default = known_language(clinic.default_language if clinic else None)
    accepted = request.accept_languages.best_match([*LANGUAGES], default=default)
    language = session.get("language") or (signed_in.language if signed_in else None) or accepted
    zone = request.args.get("zone")
    if zone and zone in _zones():
        session["zone"] = zone
    place = session.get("zone") or (signed_in.zone if signed_in else None) or (clinic.zone if clinic else "UTC")
    set_locale(ReaderLocale(known_language(language, default), place))
