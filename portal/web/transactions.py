"""One commit a request, at the door: after rendering, before the first byte.

`@writes` on a view that changes something; a GET may read and audit only, and the few that must write say why with
`@writes_on_get(reason)`. A refused form (status 400 and up) rolls back, and frees its idempotency key. The same form
sent again gets the first one's Location; sent at the same moment, it waits for it.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import UUID

from flask import Flask, Response, current_app, g, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import text

from portal.kernel.db import PortalSession
from portal.web.access import View, db, door, form_session, is_activity, now

_CLAIM = text(
    "INSERT INTO kernel.submission (tenant_id, session_key, key, location, submitted_at)"
    " VALUES (:tenant, :session, :key, '', :now) ON CONFLICT DO NOTHING RETURNING 1"
)
_FIND = text("SELECT location FROM kernel.submission WHERE session_key = :session AND key = :key")
_SETTLE = text("UPDATE kernel.submission SET location = :location WHERE session_key = :session AND key = :key")


def writes(view: View) -> View:
    """The view changes something when it is posted to."""
    view.__writes__ = True  # type: ignore[attr-defined]
    return view


def writes_on_get(reason: str) -> Callable[[View], View]:
    """The view changes something on a GET, and why it must."""

    def mark(view: View) -> View:
        view.__writes__ = True  # type: ignore[attr-defined]
        view.__writes_on_get__ = reason  # type: ignore[attr-defined]
        return view

    return mark


def carries_form(view: View) -> View:
    """The form belongs to another address, where the browser sends it next: its key is claimed there."""
    view.__carries_form__ = True  # type: ignore[attr-defined]
    return view


def install(app: Flask) -> None:
    """Claim forms before the view, commit after it."""
    app.before_request(_claim)
    app.after_request(_commit)
    app.teardown_request(_close)


def _claim() -> ResponseReturnValue | None:
    g.claimed = None
    given = request.form.get("idempotency_key") if request.method == "POST" else None
    session: PortalSession | None = g.get("db")
    if not given or session is None or not session.writable or g.clinic is None:
        return None
    if hasattr(current_app.view_functions[str(request.endpoint)], "__carries_form__"):
        return None
    try:
        key = UUID(given)
    except ValueError:
        return None
    place = {"session": form_session(), "key": key}
    if session.execute(_CLAIM, {**place, "tenant": session.tenant_id, "now": now()}).first() is None:
        location = session.execute(_FIND, place).scalar_one()
        return redirect(location or request.path, 303)
    g.claimed = place
    return None


def _commit(response: Response) -> Response:
    session: PortalSession | None = g.get("db")
    if session is None:
        return response
    if response.status_code >= 400:
        _roll_back(session)
    else:
        if g.get("claimed"):
            session.execute(_SETTLE, {**g.claimed, "location": _location(response)})
        session.commit()
        if is_activity() and g.signed_in.is_stale:
            with door().database.transaction(g.principal.acting(purpose="session")) as short:
                door().touch_session(short, current_user.token, now=now())
    return response


def _location(response: Response) -> str:
    return response.location or response.headers.get("HX-Redirect") or request.path


def _roll_back(session: PortalSession) -> None:
    """Undo, but keep the record of what was read: it is on the page that says no."""
    access = session.access
    access.written.clear()
    session.rollback()
    if access:
        with door().database.transaction(session.principal) as short:
            short.access = access


def _close(error: BaseException | None) -> None:
    session: PortalSession | None = g.pop("db", None)
    if session is not None:
        session.close()


def commit_before_call(location: str) -> None:
    """Commit what this request did so far: a call to the outside follows, and no transaction may be open meanwhile.

    `location`: where the request will lead whatever the call brings; the same form sent again gets it at once.
    """
    session = db()
    if g.get("claimed"):
        session.execute(_SETTLE, {**g.claimed, "location": location})
        g.claimed = None
    session.commit()


def in_second_transaction() -> AbstractContextManager[PortalSession]:
    """For what must stay although this request is refused: a failed code, a denial."""
    return door().database.transaction(db().principal)
