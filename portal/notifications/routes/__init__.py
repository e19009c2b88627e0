"""Addresses of notifications."""

from portal.notifications.routes.troubles import blueprint

__all__ = ["blueprint"]
