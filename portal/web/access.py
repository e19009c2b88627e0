"""The door: which clinic, who, and whether they may, before any look-up.

Every endpoint declares `@requires(permission)` or `@public(reason)`; an undeclared one answers 500 and fails the
closed-world test. Lacking the permission is 403 (or the sign-in page for somebody not signed in); whose row it is,
the database decides, and what it refuses is a 404 like any other.
"""

import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from flask import Flask, Response, abort, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user, login_user, logout_user

from portal.kernel.db import Database, PortalSession
from portal.kernel.objects import ObjectStore
from portal.kernel.permissions import holders
from portal.kernel.principal import NO_TENANT, Principal
from portal.web.declarations import Declared as Declared
from portal.web.declarations import View as View
from portal.web.declarations import declared as declared
from portal.web.declarations import public as public
from portal.web.declarations import requires as requires
from portal.web.locale import forget_all_but_language, settle
from portal.web.ports import Clinic, ClinicResolver, DenialRecorder, PrincipalLoader, SessionToucher, SignedIn


@dataclass(frozen=True, kw_only=True)
class Door:
    """What app wires: the process's database and objects, and the contexts' answers.

    `step_up`: None when the signed-in person has shown a second factor for the action; else the page that asks for it.
    `ask_unlock`: what a locked session gets in place of what it asked for.
    """

    database: Database
    objects: ObjectStore
    resolve_clinic: ClinicResolver
    load_principal: PrincipalLoader
    touch_session: SessionToucher
    record_denial: DenialRecorder
    step_up: Callable[[str], ResponseReturnValue | None]
    ask_unlock: Callable[[], ResponseReturnValue]
    now: Callable[[], datetime]


class _Account:
    """Flask-Login's user: a session in force."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, token: str, signed_in: SignedIn) -> None:
        self.token = token
        self.signed_in = signed_in

    def get_id(self) -> str:
        return self.token


def door() -> Door:
    """The wiring of this application."""
    found: Door = current_app.extensions["portal"]
    return found


def db() -> PortalSession:
    """This request's one database session."""
    found: PortalSession = g.db
    return found


def principal() -> Principal:
    """Who acts in this request."""
    found: Principal = g.principal
    return found


def clinic() -> Clinic:
    """The clinic of this request's address."""
    found: Clinic = g.clinic
    return found


def now() -> datetime:
    """The request's instant: read once, the same in the whole request."""
    if "now" not in g:
        g.now = door().now()
    instant: datetime = g.now
    return instant


def install(app: Flask, wiring: Door) -> None:
    """Put the door before every request of the application."""
    app.extensions["portal"] = wiring
    manager = LoginManager(app)
    manager.session_protection = None
    manager.user_loader(_load)
    app.before_request(_arrive)
    # Whoever is refused or asked for more reads why in their own language.
    app.before_request(settle)
    app.before_request(_admit)
    app.url_value_preprocessor(_take_clinic)
    app.url_defaults(_give_clinic)


def _load(token: str) -> _Account | None:
    if getattr(g, "clinic", None) is None:
        return None
    found = door().load_principal(db(), token)
    return _Account(token, found) if found else None


def _take_clinic(endpoint: str | None, values: dict[str, Any] | None) -> None:
    g.clinic_slug = values.pop("clinic", None) if values else None


def _give_clinic(endpoint: str, values: dict[str, Any]) -> None:
    slug = g.get("clinic_slug")
    if slug and "clinic" not in values and current_app.url_map.is_endpoint_expecting(endpoint, "clinic"):
        values["clinic"] = slug


def open_session(who: Principal, *, writable: bool) -> None:
    """Open this request's database session."""
    g.principal = who
    g.db = door().database.session(who, writable=writable)


def _arrive() -> None:
    """Which clinic, and who: the session is theirs from here on."""
    g.csp_nonce = secrets.token_urlsafe(16)
    g.request_id = secrets.token_hex(8)
    g.clinic = g.signed_in = g.locked = None
    if _is_nobodys():
        return
    if g.clinic_slug is not None:
        g.clinic = door().resolve_clinic(g.clinic_slug)
        if g.clinic is None:
            return
    says, view = _says(), current_app.view_functions[str(request.endpoint)]
    writable = getattr(view, "__writes__", False) and (request.method == "POST" or hasattr(view, "__writes_on_get__"))
    tenant = g.clinic.id if g.clinic else NO_TENANT
    visitor = _placed(Principal.visitor(tenant_id=tenant).acting(purpose="session"))
    open_session(visitor, writable=writable)
    who = visitor
    if g.clinic is not None and current_user.is_authenticated:
        found: SignedIn = current_user.signed_in
        if found.is_locked and not says.while_locked:
            # Whose session it is, the database is not told: nothing of theirs can be read.
            g.locked = found
        else:
            g.signed_in = found
            who = _placed(found.principal)
    g.principal = who = who.acting(purpose=says.purpose, permission=says.permission or "")
    db().become(who)


def _admit() -> ResponseReturnValue | None:
    """Only who may, and who has shown enough for it, comes to the view."""
    if _is_nobodys():
        return None
    if g.clinic_slug is not None and g.clinic is None:
        abort(404)
    says = _says()
    if says.permission is not None and g.locked is not None:
        return door().ask_unlock()
    if says.permission is not None and not holders(says.permission) & principal().roles:
        return _refuse(says.permission)
    return door().step_up(says.step_up) if says.step_up is not None else None


def _is_nobodys() -> bool:
    """An address that does not exist, or a file that is the same for everybody."""
    return request.endpoint is None or request.endpoint == "static"


def _says() -> Declared:
    says = declared(current_app, str(request.endpoint))
    if says is None:
        raise LookupError(f"{request.endpoint} declares no permission")
    return says


def is_activity() -> bool:
    """Whether the request shows that somebody is there, as its endpoint declares it."""
    says, signed_in = _says(), g.get("signed_in")
    if signed_in is None:
        return False
    clockwork = says.polled and wants_fragment() and request.method != "POST"
    return says.presence or not (signed_in.is_locked or clockwork)


def wants_fragment() -> bool:
    """htmx asks for the live part of the page."""
    return "HX-Request" in request.headers and "HX-Boosted" not in request.headers


def _placed(who: Principal) -> Principal:
    """The principal, with where the request comes from."""
    agent = (request.user_agent.string or "").encode()
    device = hashlib.sha256(agent).hexdigest()[:16]
    return replace(who, address=request.remote_addr or "", device=device, request_id=g.request_id)


def _refuse(permission: str) -> ResponseReturnValue:
    if g.signed_in is not None or g.clinic is None:
        with door().database.transaction(g.principal) as short:
            door().record_denial(short, permission=permission)
        abort(403)
    if request.method == "POST":
        abort(401)
    if "HX-Request" in request.headers:
        return _leave_for_sign_in()
    return sign_in_redirect(request.full_path.rstrip("?"))


def _leave_for_sign_in() -> Response:
    """A fragment cannot be the sign-in page: the browser leaves for it, and comes back to the page that it is on."""
    return Response(status=401, headers={"HX-Redirect": sign_in_redirect(fragments_page()).location})


def fragments_page() -> str:
    """The path of the page that asks for a fragment, as the browser says; to be checked before it is used."""
    page = urlsplit(request.headers.get("HX-Current-URL", ""))
    return page.path + (f"?{page.query}" if page.query else "")


def sign_in_redirect(back: str) -> Response:
    """To the clinic's sign-in, and afterwards back to a path of this clinic."""
    target = url_for("identity.sign_in") + "?" + urlencode({"next": back})
    return redirect(target, 303)  # type: ignore[return-value]  # Werkzeug's response is Flask's here


def browser_token() -> str | None:
    """The session token that this browser holds, while it is in force."""
    return str(current_user.token) if current_user.is_authenticated else None


def sign_in_browser(token: str, signed_in: SignedIn) -> None:
    """This browser holds the session from here on, and the rest of the request is done as whom it stands for."""
    login_user(_Account(token, signed_in))
    g.signed_in = signed_in
    g.principal = who = _placed(signed_in.principal.acting(purpose=principal().purpose))
    db().become(who)


def sign_out_browser() -> None:
    """This browser forgets its session and all that belonged to it but the language."""
    logout_user()
    forget_all_but_language()
    g.signed_in = None


#: Printable ASCII, as browsers write an address; no backslash, which they read as a slash, and no scheme.
_PATH = re.compile(r"/[!-9;-\[\]-~]*")


def safe_next(target: str | None) -> str | None:
    """A path of this clinic to go on to, or None: never another origin, never out of the clinic's addresses."""
    if not target or not target.startswith(f"/{g.clinic_slug}/") or "//" in target or not _PATH.fullmatch(target):
        return None
    steps = unquote(target.partition("?")[0]).split("/")
    return None if {".", ".."} & {*steps} else target


def form_session() -> str:
    """What ties a form to this browser: the session (its token may change), or the CSRF token before signing in."""
    secret = (
        (g.signed_in.principal.session_id if g.get("signed_in") else None)
        or session.get("csrf_token")
        or request.remote_addr
        or ""
    )
    return hashlib.sha256(str(secret).encode()).hexdigest()
