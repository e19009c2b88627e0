"""Addresses of intake."""

from portal.intake.routes import advice, filling, photos
from portal.intake.routes.blueprint import blueprint

__all__ = ["advice", "blueprint", "filling", "photos"]
