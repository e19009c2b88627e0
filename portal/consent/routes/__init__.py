"""Addresses of consent."""

from portal.consent.routes.signing import blueprint

__all__ = ["blueprint"]
