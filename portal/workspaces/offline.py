"""What a patient's browser keeps for when there is no connection: the time of the next visit, and nothing of health.

Owns the address of that page, which changes whenever what stands on it may have changed. The page is kept by
static/js/offline.js and shown by static/js/worker.js.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.kernel.colours import LIGHT, OWN, brand_colour
from portal.kernel.db import PortalSession
from portal.kernel.locale import ReaderLocale
from portal.patients import my_patients
from portal.scheduling import Appointment, next_appointment
from portal.web.ports import Clinic

#: The portal's own: a clinic's logo is a line of 400 by 80 px at most, of which no square icon can be made.
ICONS = (("icons/app-192.png", "192x192", "any"), ("icons/app-512.png", "512x512", "any"),
         ("icons/app-maskable-512.png", "512x512", "maskable"))  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class KeptPage:
    """The next visit of those for whom the reader acts, and until when the page may be shown."""

    appointment: Appointment | None
    until: datetime


def kept_page(session: PortalSession, *, session_ends: datetime, now: datetime) -> KeptPage:
    """Whoever's visit is next. The page ends with the visit, and with the session at the latest; two queries."""
    people = [one.id for one in my_patients(session)]
    found = next_appointment(session, patient_ids=people, now=now)
    return KeptPage(appointment=found, until=min(session_ends, found.ends_at) if found else session_ends)


def mark(session_id: object, locale: ReaderLocale, seen: Appointment | None) -> str:
    """Changes with the session, the language, the zone and the visit that the reader has before them."""
    visit = (seen.id, seen.starts_at, seen.status, seen.sequence) if seen else ()
    parts = (session_id, locale.language, locale.zone, *visit)
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:16]


def manifest(clinic: Clinic, locale: ReaderLocale, *, start: str, icon_url: Mapping[str, str]) -> dict[str, Any]:
    """The clinic as an app on a home screen (W3C Web Application Manifest)."""
    scope = f"/{clinic.slug}/"
    return {
        "id": scope,
        "name": clinic.name,
        "short_name": clinic.name if len(clinic.name) <= 12 else clinic.name.split()[0][:12],
        "lang": locale.language,
        "dir": locale.direction,
        "start_url": start,
        "scope": scope,
        # Not "standalone": who has no script still has the browser's way back.
        "display": "minimal-ui",
        "theme_color": brand_colour(clinic.brand) or OWN,
        # What a home screen shows before a page is there.
        "background_color": LIGHT.ground,
        "icons": [
            {"src": icon_url[path], "sizes": sizes, "type": "image/png", "purpose": purpose}
            for path, sizes, purpose in ICONS
        ],
    }
