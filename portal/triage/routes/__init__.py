"""Addresses of triage."""

from portal.triage.routes.notices import blueprint

__all__ = ["blueprint"]
