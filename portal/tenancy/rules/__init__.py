"""Pure decisions of tenancy: what a look holds, how a logo is drawn, and a letterhead."""

from portal.tenancy.rules.letterheads import Emblem, Letterhead
from portal.tenancy.rules.logos import LARGEST, MAX_BYTES, BadLogo, draw_logo
from portal.tenancy.rules.looks import LONGEST_NAME, LogoPlace, Look, brand_of, logo_in, look_in

__all__ = [
    "LARGEST",
    "LONGEST_NAME",
    "MAX_BYTES",
    "BadLogo",
    "Emblem",
    "Letterhead",
    "LogoPlace",
    "Look",
    "brand_of",
    "draw_logo",
    "logo_in",
    "look_in",
]
