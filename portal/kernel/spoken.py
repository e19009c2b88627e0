"""Languages in which people talk, beyond those that the portal writes: codes (ISO 639) and their names by CLDR.

Sign languages stand as languages of their own. CLDR names hardly one of them, so their names are ours to translate.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel import Locale

from portal.kernel.locale import ALIASES, current_locale, gettext
from portal.kernel.locale import lazy_gettext as _l

#: Code → its own name. What is spoken in waiting rooms, not all that there is. As data, since CLDR keeps each of these
#: names in a file of its own, and all of them at once would fill the memory.
OWN_NAMES: dict[str, str] = json.loads(Path(__file__).with_name("spoken.json").read_text("utf-8"))
SIGNED: dict[str, Any] = {
    "ase": _l("American Sign Language"),
    "bzs": _l("Brazilian Sign Language"),
    "bfi": _l("British Sign Language"),
    "csl": _l("Chinese Sign Language"),
    "fsl": _l("French Sign Language"),
    "ins": _l("Indian Sign Language"),
    "mfs": _l("Mexican Sign Language"),
    "fcs": _l("Quebec Sign Language"),
    "sgn": _l("Another sign language"),
}
#: ISO 639: a language that has no code in the list.
OTHER = "mis"
SPOKEN = frozenset([*OWN_NAMES, *SIGNED, OTHER])


def spoken_code(language: str | None) -> str | None:
    """The code of a language as browsers and other systems write it ("ar-EG"); None for what is none of ours."""
    base = (language or "").replace("_", "-").partition("-")[0].lower()
    base = ALIASES.get(base, base)
    return base if base in SPOKEN else None


def spoken_name(code: str) -> str:
    """In the reader's language; in English where CLDR has no word of theirs."""
    if code in SIGNED:
        return str(SIGNED[code])
    if code == OTHER:
        return gettext("Another language")
    return str(current_locale().babel.languages.get(code) or _english().get(code) or code)


@lru_cache
def _english() -> dict[str, str]:
    return dict(Locale("en").languages)


def spoken_choices() -> list[tuple[str, str]]:
    """To choose from, by name: each in the reader's words and in its own, so that who reads neither finds theirs."""
    spoken = sorted((_both_names(code), code) for code in OWN_NAMES)
    return [*((code, name) for name, code in spoken), *((code, spoken_name(code)) for code in (*SIGNED, OTHER))]


def _both_names(code: str) -> str:
    name, own = spoken_name(code), OWN_NAMES[code]
    return name if own.casefold() == name.casefold() else f"{name} – {own}"
