"""Linking an account that is known already with whom the identity provider has vouched for."""

from uuid import UUID

from flask import flash, request
from flask.typing import ResponseReturnValue

from portal.audit import record_event
from portal.identity.access import Permission
from portal.identity.operations import AlreadyLinked, link_identity
from portal.identity.provider_queries import provider_in_use
from portal.identity.routes.blueprint import blueprint
from portal.identity.routes.step_up import ask_step_up
from portal.identity.routes.ways import holder, way_of
from portal.kernel.locale import gettext as _
from portal.web.access import db, now, requires
from portal.web.pages import found, render, see, see_next
from portal.web.transactions import writes


@blueprint.route("/staff/single-sign-on/<uuid:way>/link", methods=["GET", "POST"])
@requires(Permission.PASSWORD_OWN, purpose="factors")
@writes
def link_account(way: UUID) -> ResponseReturnValue:
    """Whom the provider vouched for says that this account is theirs, after signing in to it."""
    row = found(way_of(way))
    if row.subject is None or row.identity_id is not None or row.linked_at is not None or row.ended_at is not None:
        return see("identity.staff_sign_in")
    # A screen that was left open would link its owner's account with whoever comes by.
    if (question := ask_step_up("link", since=row.taken_at)) is not None:
        return question
    if request.method == "POST":
        try:
            link_identity(db(), federated_id=way, holder=holder(), now=now())
        except AlreadyLinked:
            flash(_("That sign-in belongs to another account. Ask your administrator."), "warning")
            return see("identity.factors")
        record_event(db(), what="single-sign-on:linked")
        flash(_("From now on you can sign in there."), "success")
        return see_next(row.onward, "identity.factors")
    return render("identity/link_account.html", said=row.said or {}, provider=provider_in_use(db()), way=way)
