"""The reader's language and zone: their choice, their account, the link of a message by which they came, their
browser, the clinic's default, in this order.

A link chooses nothing: it was written for whom the message went to, and who follows it may have chosen, or be somebody
whose account says better.
"""

from collections.abc import Mapping
from functools import lru_cache
from zoneinfo import available_timezones

from flask import g, request, session

from portal.kernel.links import LINK_PARAMETER
from portal.kernel.locale import (
    ALIASES,
    LANGUAGES,
    STAFF_LANGUAGES,
    ReaderLocale,
    known_language,
    set_locale,
)

CHOSEN, CAME_BY = "language", "link_language"


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
    for name, place in (("lang", CHOSEN), (LINK_PARAMETER, CAME_BY)):
        said = request.args.get(name)
        if said in LANGUAGES and session.get(place) != said:
            session[place] = said
    signed_in = g.get("signed_in") or g.get("locked")
    clinic = g.get("clinic")
    wanted = (
        session.get(CHOSEN),
        signed_in.language if signed_in else None,
        session.get(CAME_BY),
        _accepted(),
        clinic.default_language if clinic else None,
    )
    language = next((one for one in map(_known, wanted) if one in spoken()), "en")
    zone = request.args.get("zone")
    if zone and zone in _zones():
        session["zone"] = zone
    place = session.get("zone") or (signed_in.zone if signed_in else None) or (clinic.zone if clinic else "UTC")
    set_locale(ReaderLocale(language, place))


def forget_all_but_language() -> None:
    """What is left of a browser's session when somebody signs out."""
    kept = {place: session[place] for place in (CHOSEN, CAME_BY) if place in session}
    session.clear()
    session.update(kept)


def _known(language: str | None) -> str:
    return known_language(language, "")


def _accepted() -> str | None:
    """What the browser asks for first of what there is."""
    found = request.accept_languages.best_match([*LANGUAGES, *ALIASES])
    return ALIASES.get(found, found) if found else None
