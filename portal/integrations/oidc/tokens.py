"""Reading tokens that a provider signed: what is not certainly its own, for us and of now is refused.

OpenID Connect Core 1.0 section 3.1.3.7, Back-Channel Logout 1.0 section 2.6, RFC 8725. The signature is joserfc's work,
the ID token's claims are Authlib's; what neither asks is asked here.
"""

import base64
import re
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import Key

from portal.identity.ports import LogoutNotice, Provider, UnverifiedToken, Vouched
from portal.kernel.strict_json import BadJson, read_json

TOKEN_BYTES = 16_000
#: How far the provider's clock may be off.
LEEWAY_SECONDS = 60
#: An ID token is read the moment that it was made, and a logout token is sent then; older ones were kept by somebody.
ID_TOKEN_AGE, LOGOUT_TOKEN_AGE = 600, 600
LONGEST_LOGOUT = 86_400
MOST_GROUPS = 1_000
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
#: Headers that would have us take a key from the token or its sender, or read the token differently.
_REFUSED_HEADERS = frozenset({"crit", "jwk", "jku", "x5u", "x5c", "b64", "zip", "cty", "enc"})
_ID_TOKEN_TYPES, _LOGOUT_TYPES = ("jwt",), ("logout+jwt", "jwt")
#: OpenID Connect Core section 2: at most 255 ASCII characters.
_SUBJECT = re.compile(r"[\x20-\x7e]{1,255}")

#: The key of an id and an algorithm.
FindKey = Callable[[str | None, str], Key]


def read_id_token(
    token: str, *, provider: Provider, nonce: str, access_token: str | None, find_key: FindKey, now: datetime
) -> Vouched:
    """Whom it vouches for; raises UnverifiedToken."""
    header, claims = _verified(token, algorithms=provider.algorithms, types=_ID_TOKEN_TYPES, find_key=find_key)
    made = _check_common(claims, provider=provider, now=now, oldest=ID_TOKEN_AGE)
    checked = CodeIDToken(
        claims,
        header,
        options={"iss": {"essential": True, "value": provider.issuer}, "aud": _audience(provider)},
        params={"nonce": nonce, "client_id": provider.client_id, "access_token": access_token},
    )
    try:
        checked.validate(now=int(now.timestamp()), leeway=LEEWAY_SECONDS)
    except JoseError as error:
        raise UnverifiedToken(str(error.error)) from None
    except (TypeError, ValueError, AttributeError):
        raise UnverifiedToken("claims") from None
    if not isinstance(claims.get("nonce"), str):
        raise UnverifiedToken("nonce")
    subject = _subject(claims)
    if subject is None:
        raise UnverifiedToken("sub")
    return Vouched(
        issuer=provider.issuer,
        subject=subject,
        sid=_text(claims, "sid", refuse=True),
        issued_at=made,
        acr=_text(claims, "acr", refuse=True),
        auth_time=_instant(claims, "auth_time"),
        name=_text(claims, "name") or "",
        email=_text(claims, "email") or "",
        email_verified=_yes_or_no(claims.get("email_verified")),
        groups=_groups(claims.get(provider.groups_claim)),
    )


def read_logout_token(token: str, *, provider: Provider, find_key: FindKey, now: datetime) -> LogoutNotice:
    """What it ends; raises UnverifiedToken."""
    _header, claims = _verified(token, algorithms=provider.algorithms, types=_LOGOUT_TYPES, find_key=find_key)
    made = _check_common(claims, provider=provider, now=now, oldest=LOGOUT_TOKEN_AGE)
    audience = claims.get("aud")
    if provider.client_id not in (audience if isinstance(audience, list) else [audience]):
        raise UnverifiedToken("aud")
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise UnverifiedToken("events")
    if "nonce" in claims:
        raise UnverifiedToken("nonce")  # an ID token must not pass for one
    subject, sid = _subject(claims), _text(claims, "sid", refuse=True)
    if ("sub" in claims and subject is None) or not (subject or sid):
        raise UnverifiedToken("sub")
    jti, ends = _text(claims, "jti", refuse=True), _instant(claims, "exp")
    if not jti or ends is None or (ends - now).total_seconds() > LONGEST_LOGOUT:
        raise UnverifiedToken("jti" if not jti else "exp")
    return LogoutNotice(issuer=provider.issuer, subject=subject, sid=sid, jti=jti, issued_at=made, expires_at=ends)


def _verified(
    token: str, *, algorithms: Collection[str], types: Collection[str], find_key: FindKey
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a compact JWS whose signature is right."""
    if len(token) > TOKEN_BYTES or not token.isascii() or token.count(".") != 2:
        raise UnverifiedToken("form")
    header = _header(token)
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in algorithms or not algorithm.startswith(("RS", "PS", "ES")):
        raise UnverifiedToken("alg")
    if _REFUSED_HEADERS & header.keys() or not isinstance(kid, str | None):
        raise UnverifiedToken("header")
    kind = header.get("typ", "JWT")
    if not isinstance(kind, str) or kind.lower().removeprefix("application/") not in types:
        raise UnverifiedToken("typ")
    key = find_key(kid, algorithm)
    registry = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    try:
        signed = jws.deserialize_compact(token, key, registry=registry)
        claims = read_json(signed.payload or b"", max_bytes=TOKEN_BYTES)
    except (JoseError, BadJson, ValueError):
        raise UnverifiedToken("signature") from None
    if not isinstance(claims, dict):
        raise UnverifiedToken("claims")
    return header, claims


def _header(token: str) -> dict[str, Any]:
    part = token.partition(".")[0]
    try:
        header = read_json(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)), max_bytes=2_000)
    except (ValueError, BadJson):
        raise UnverifiedToken("form") from None
    if not isinstance(header, dict):
        raise UnverifiedToken("form")
    return header


def _check_common(claims: dict[str, Any], *, provider: Provider, now: datetime, oldest: int) -> datetime:
    """Issuer and times, as numbers that are numbers; returns when it was made."""
    if claims.get("iss") != provider.issuer:
        raise UnverifiedToken("iss")
    made, ends, begins = (_instant(claims, name) for name in ("iat", "exp", "nbf"))
    if made is None or ends is None:
        raise UnverifiedToken("times")
    if (now - made).total_seconds() > oldest + LEEWAY_SECONDS or (made - now).total_seconds() > LEEWAY_SECONDS:
        raise UnverifiedToken("iat")
    if (now - ends).total_seconds() >= LEEWAY_SECONDS:
        raise UnverifiedToken("exp")
    if begins is not None and (begins - now).total_seconds() > LEEWAY_SECONDS:
        raise UnverifiedToken("nbf")
    return made


def _audience(provider: Provider) -> dict[str, Any]:
    return {"essential": True, "value": provider.client_id}


def _instant(claims: dict[str, Any], name: str) -> datetime | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnverifiedToken(name)
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        raise UnverifiedToken(name) from None


def _subject(claims: dict[str, Any]) -> str | None:
    value = claims.get("sub")
    return value if isinstance(value, str) and _SUBJECT.fullmatch(value) else None


def _text(claims: dict[str, Any], name: str, *, refuse: bool = False) -> str | None:
    """A short text of one line. What is something else is left out, or refused where more hangs on it."""
    value = claims.get(name)
    if isinstance(value, str) and 0 < len(value) <= 255 and value.isprintable():
        return value.strip() or None
    if value is not None and refuse:
        raise UnverifiedToken(name)
    return None


def _yes_or_no(value: object) -> bool | None:
    """Some providers write it as a text."""
    return (
        {True: True, False: False, "true": True, "false": False}.get(value) if isinstance(value, bool | str) else None
    )


def _groups(value: object) -> tuple[str, ...]:
    found = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    if len(found) > MOST_GROUPS:
        raise UnverifiedToken("groups")
    return tuple(one for one in found if isinstance(one, str) and 0 < len(one) <= 255)
