"""Addresses of eligibility."""

from portal.eligibility.routes.coverage import blueprint

__all__ = ["blueprint"]
