"""What the views of single sign-on share: which browser began a way to the provider, and how one is called."""

import secrets
from typing import Any
from uuid import UUID

from flask import g, session, url_for

from portal.identity.models import FederatedSignIn
from portal.identity.ports import SignInProvider
from portal.identity.provider_queries import federated_of
from portal.identity.routes.devices import known_device
from portal.identity.wiring import wiring
from portal.web.access import db, now

#: Where a browser keeps what its ways to the provider are bound to.
BROWSER = "provider_browser"


def redirect_uri() -> str:
    """Where the provider sends browsers back to; it must know this address."""
    return wiring().public_url + url_for("identity.from_provider")


def way_of(way: UUID) -> FederatedSignIn | None:
    """A way that this browser has begun."""
    return federated_of(db(), federated_id=way, holder=holder(), now=now())


def holder() -> str:
    """What this browser's ways to the provider are bound to."""
    if BROWSER not in session:
        session[BROWSER] = secrets.token_urlsafe(24)
    return f"provider:{session[BROWSER]}"


def asks_afresh() -> bool:
    """Somebody has signed in on this browser before: the provider's own session, which we do not see, may be theirs.

    Without asking anew, whoever sits down would open a locked screen with one press.
    """
    return known_device() is not None or g.signed_in is not None or g.locked is not None


def port() -> SignInProvider:
    """The way to call providers."""
    wired: Any = wiring().single_sign_on
    if wired is None:
        raise LookupError("single sign-on is not wired")
    return wired  # type: ignore[no-any-return]  # as wired
