"""What a browser knows of itself: that somebody has signed in on it before. A signed cookie, which opens nothing."""

import secrets
from uuid import UUID

from flask import Response, current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from portal.identity.operations import marks_of
from portal.identity.queries import contact_of_account
from portal.identity.rules import KnownDevice
from portal.web.access import db

COOKIE = "__Host-device"
#: As long as browsers keep a cookie.
KEPT_SECONDS = 400 * 86_400
#: So many people at a shared PC, with two marks each; the oldest are forgotten.
MOST_MARKS = 40


def known_device() -> KnownDevice | None:
    """What this browser's cookie says; None without one, or with one that is not ours."""
    try:
        said = _signer().loads(request.cookies.get(COOKIE, ""), max_age=KEPT_SECONDS)
    except BadSignature:
        return None
    return KnownDevice(id=str(said["id"]), marks=tuple(said["marks"]))


def remember_device(response: Response, account_id: UUID) -> None:
    """After somebody has signed in for good: this browser is known for their account from here on."""
    device = known_device() or KnownDevice(id=secrets.token_urlsafe(12), marks=())
    contact = contact_of_account(db(), account_id=account_id).target
    fresh = marks_of(db(), account_id=account_id, contact=contact)
    marks = [*(mark for mark in device.marks if mark not in fresh), *fresh][-MOST_MARKS:]
    value = _signer().dumps({"id": device.id, "marks": marks})
    response.set_cookie(COOKIE, value, max_age=KEPT_SECONDS, secure=True, httponly=True, samesite="Lax", path="/")


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.config["SECRET_KEY"]), salt="identity.device")
