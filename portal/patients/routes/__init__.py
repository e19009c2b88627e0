"""Addresses of patients: registering and taking up a record, one's own details, and the desk's pages."""

from portal.patients.routes import claim, claims_desk, details, emergency, invited_proxies, proxies, records, register
from portal.patients.routes.blueprint import blueprint

__all__ = [
    "blueprint",
    "claim",
    "claims_desk",
    "details",
    "emergency",
    "invited_proxies",
    "proxies",
    "records",
    "register",
]
