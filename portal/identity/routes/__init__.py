"""Addresses of identity: sign-in by code, passkey or password, second factors, sign-out, and one's own sessions."""

from portal.identity.routes import (
    access_review,
    codes,
    factors,
    forgotten,
    locks,
    own_passkeys,
    own_password,
    own_pin,
    passkeys,
    passwords,
    people,
    second_factor,
    sessions,
    shared_pcs,
    staff_invitations,
    step_up,
)
from portal.identity.routes.blueprint import blueprint

__all__ = [
    "access_review",
    "blueprint",
    "codes",
    "factors",
    "forgotten",
    "locks",
    "own_passkeys",
    "own_password",
    "own_pin",
    "passkeys",
    "passwords",
    "people",
    "second_factor",
    "sessions",
    "shared_pcs",
    "staff_invitations",
    "step_up",
]
