"""One's own sessions: see where one is signed in, sign out here or elsewhere."""

from uuid import UUID

from flask import flash
from flask.typing import ResponseReturnValue

from portal.audit import record_event
from portal.identity.access import Permission
from portal.identity.operations import end_session, revoke_other_sessions, revoke_session
from portal.identity.queries import my_sessions
from portal.identity.routes.blueprint import blueprint
from portal.kernel.locale import gettext as _
from portal.kernel.locale import ngettext
from portal.web.access import browser_token, db, now, principal, public, requires, sign_out_browser
from portal.web.pages import render, see
from portal.web.paging import asked_place, ways
from portal.web.transactions import writes


@blueprint.route("/sign-out", methods=["POST"])
@public(
    "Everybody may leave; somebody whose session has ended is told that they are out",
    purpose="sign-out",
    while_locked=True,
)
@writes
def sign_out() -> ResponseReturnValue:
    """This browser is signed out, and asked to forget what it kept."""
    token, was_staff = browser_token(), principal().is_staff
    if token is not None:
        end_session(db(), token=token, now=now())
        record_event(db(), what="sign-out")
    sign_out_browser()
    flash(_("You are signed out."), "success")
    response = see("identity.staff_sign_in" if was_staff else "identity.sign_in")
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@blueprint.route("/sessions")
@requires(Permission.SESSION_LIST, purpose="sessions")
def sessions() -> ResponseReturnValue:
    """Where one is signed in."""
    page = my_sessions(db(), after=asked_place(), now=now())
    return render(
        "identity/sessions.html",
        page=page,
        ways=ways(page, "identity.sessions"),
        this=principal().session_id,
        here=principal().address,
    )


@blueprint.route("/sessions/<uuid:session>/revoke", methods=["POST"])
@requires(Permission.SESSION_REVOKE, purpose="sessions")
@writes
def revoke(session: UUID) -> ResponseReturnValue:
    """Sign one browser out."""
    revoke_session(db(), session_id=session, now=now())
    record_event(db(), what="session-revoked")
    flash(_("That device is signed out."), "success")
    return see("identity.sessions")


@blueprint.route("/sessions/revoke-others", methods=["POST"])
@requires(Permission.SESSION_REVOKE, purpose="sessions")
@writes
def revoke_others() -> ResponseReturnValue:
    """Sign all other browsers out."""
    count = revoke_other_sessions(db(), now=now())
    record_event(db(), what="session-revoked")
    flash(ngettext("%(num)s other device is signed out.", "%(num)s other devices are signed out.", count), "success")
    return see("identity.sessions")
