"""Addresses of identity: sign-in by code, staff's sign-in, sign-out, and one's own sessions."""

from portal.identity.routes import codes, passwords, sessions
from portal.identity.routes.blueprint import blueprint

__all__ = ["blueprint", "codes", "passwords", "sessions"]
