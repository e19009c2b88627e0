"""Addresses of intake."""

from portal.intake.routes import advice, filling, photos, sending
from portal.intake.routes.blueprint import blueprint

__all__ = ["advice", "blueprint", "filling", "photos", "sending"]
