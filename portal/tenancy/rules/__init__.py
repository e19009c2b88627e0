"""Pure decisions of tenancy: what a look holds, and how a logo is drawn."""

from portal.tenancy.rules.logos import LARGEST, MAX_BYTES, BadLogo, draw_logo
from portal.tenancy.rules.looks import LONGEST_NAME, LogoPlace, Look, brand_of, logo_in, look_in

__all__ = [
    "LARGEST",
    "LONGEST_NAME",
    "MAX_BYTES",
    "BadLogo",
    "LogoPlace",
    "Look",
    "brand_of",
    "draw_logo",
    "logo_in",
    "look_in",
]
