"""Addresses of identity: sign-in by code, passkey or password, second factors, sign-out, and one's own sessions."""

from portal.identity.routes import (
    codes,
    factors,
    forgotten,
    locks,
    own_passkeys,
    own_password,
    own_pin,
    passkeys,
    passwords,
    second_factor,
    sessions,
    shared_pcs,
    step_up,
)
from portal.identity.routes.blueprint import blueprint

__all__ = [
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
    "second_factor",
    "sessions",
    "shared_pcs",
    "step_up",
]
