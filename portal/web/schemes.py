"""Light, dark and high contrast: what the browser asks for, unless its reader chose for this site.

Owns the choice (a cookie of its own, which outlives signing out), and a clinic's colour and corners in each scheme.
Does not own the schemes' colours: the stylesheet draws them, under the browser's questions. A choice answers such a
question in the browser's stead: the sheet is sent with the question replaced by one that always, or never, holds. So
there is one copy of each set of colours, and no page carries a mark that a script would have to set.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from flask import Response, request
from markupsafe import Markup

from portal.kernel.colours import CONTRAST, DARK, DARK_CONTRAST, LIGHT, OWN, brand_colour, colour_of, faults, nearest
from portal.web.headers import YEAR

COOKIE = "scheme"
AUTOMATIC = "auto"
CHOICES = (AUTOMATIC, "light", "dark", "contrast")
CORNERS: Mapping[str, str] = {"sharp": "0px", "soft": "8px", "round": "14px"}

#: As the sheet is sent, with no space that it can do without.
_DARK, _MORE = "(prefers-color-scheme:dark)", "(prefers-contrast:more)"
_ALWAYS, _NEVER = "(min-width: 0)", "(max-width: 0)"
_ANSWERS: Mapping[str, tuple[str, str]] = {
    "light": (_DARK, _NEVER),
    "dark": (_DARK, _ALWAYS),
    "contrast": (_MORE, _ALWAYS),
}
#: A set of colours in the sheet as it is sent, and the question under which it is drawn.
_SETS = re.compile(r"(?:@media screen and ([^{]*)\{)?:root\{([^}]*)\}")


def chosen_scheme() -> str:
    """What this reader chose; "auto" where their browser decides."""
    choice = request.cookies.get(COOKIE, AUTOMATIC)
    return choice if choice in CHOICES else AUTOMATIC


def remember_scheme(response: Response, choice: str) -> Response:
    """The reader's browser keeps the choice for a year; "auto" forgets it."""
    if choice == AUTOMATIC:
        response.delete_cookie(COOKIE, secure=request.is_secure, httponly=True, samesite="Lax")
    else:
        response.set_cookie(COOKIE, choice, max_age=YEAR, secure=request.is_secure, httponly=True, samesite="Lax")
    return response


def answered(css: str, choice: str) -> str:
    """The sheet with the browser's question answered as the reader chose."""
    if choice == AUTOMATIC:
        return css
    question, answer = _ANSWERS[choice]
    return css.replace(question, answer)


def scheme_head(brand: Mapping[str, str] | None) -> Markup:
    """What the browser paints before it has the sheet, and the tint of its own frame."""
    colour = brand_colour(brand) or OWN
    choice = chosen_scheme()
    dark = Markup('<meta name="theme-color" content="{}"{}>')
    if choice in ("light", "dark"):
        shown = colour if choice == "light" else DARK.paper
        return Markup('<meta name="color-scheme" content="{}">').format(choice) + dark.format(shown, "")
    asked = Markup(' media="{}"').format(_DARK)
    return (
        Markup('<meta name="color-scheme" content="light dark">')
        + dark.format(DARK.paper, asked)
        + dark.format(colour, "")
    )


def brand_style(brand: Mapping[str, str] | None, nonce: str) -> Markup:
    """A clinic's colour and corners as custom properties; nothing of a colour that cannot be read."""
    css = _brand_css(brand_colour(brand), str((brand or {}).get("dark", "")), str((brand or {}).get("corner", "")))
    if not css:
        return Markup("")
    return Markup('<style nonce="{}">{}</style>').format(nonce, answered(css, chosen_scheme()))


@lru_cache(maxsize=256)
def _brand_css(colour: str | None, dark: str, corner: str) -> str:
    rules = []
    if corner in CORNERS and corner != "soft":
        rules.append(f":root{{--corner:{CORNERS[corner]}}}")
    if colour:
        shades = in_each_scheme(colour, dark)
        asked = ("", _MORE, _DARK, f"{_DARK} and {_MORE}")
        for question, shade in zip(asked, shades.values(), strict=True):
            rule = f":root{{--brand:{shade}}}"
            rules.append(f"@media screen and {question}{{{rule}}}" if question else rule)
    return "".join(rules)


def preview_style(css: str, shades: Mapping[str, str], corner: str, nonce: str) -> Markup:
    """Each scheme's colours inside an element of the class preview-…, so that one page shows them all."""
    blocks = dict(_SETS.findall(css))
    asked = {
        LIGHT.name: ("",),
        CONTRAST.name: ("", _MORE),
        DARK.name: ("", _DARK),
        DARK_CONTRAST.name: ("", _MORE, _DARK, f"{_DARK} and {_MORE}"),
    }
    rules = [
        ".preview{overflow:hidden;forced-color-adjust:none}.preview .brand,.preview u{color:var(--brand)}",
        ".preview .hero{margin:0 -16px 12px;padding:16px;border-radius:0}",
    ]
    for scheme, questions in asked.items():
        own = f"--brand:{shades[scheme]};--corner:{CORNERS[corner]};color:var(--ink);background:var(--ground)"
        drawn = ";".join(blocks[question] for question in questions)
        rules.append(f".preview-{scheme}{{{drawn};{own}}}")
    return Markup('<style nonce="{}">{}</style>').format(nonce, "".join(rules))


def in_each_scheme(colour: str, dark: str = "") -> dict[str, str]:
    """The shade that stands for a clinic's colour in each scheme: the one that was chosen, or the nearest to it."""
    on_dark = colour_of(dark)
    deep = on_dark if on_dark and not faults(on_dark, DARK) else nearest(colour, DARK)
    return {
        LIGHT.name: nearest(colour, LIGHT),
        CONTRAST.name: nearest(colour, CONTRAST),
        DARK.name: deep,
        DARK_CONTRAST.name: nearest(deep, DARK_CONTRAST),
    }
