"""Addresses of identity: sign-in by code, passkey or password, second factors, sign-out, and one's own sessions."""

from portal.identity.routes import (
    codes,
    factors,
    forgotten,
    own_passkeys,
    own_password,
    passkeys,
    passwords,
    provider_logout,
    provider_settings,
    second_factor,
    sessions,
    single_sign_on,
    step_up,
)
from portal.identity.routes.blueprint import blueprint

__all__ = [
    "blueprint",
    "codes",
    "factors",
    "forgotten",
    "own_passkeys",
    "own_password",
    "passkeys",
    "passwords",
    "provider_logout",
    "provider_settings",
    "second_factor",
    "sessions",
    "single_sign_on",
    "step_up",
]
