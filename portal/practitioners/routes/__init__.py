"""Addresses of practitioners: the administrator's directory."""

from portal.practitioners.routes.directory import blueprint

__all__ = ["blueprint"]
