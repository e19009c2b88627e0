"""An administrator says when staff's screens lock and sessions end."""

from dataclasses import asdict

from flask import flash, request
from flask.typing import ResponseReturnValue

from portal.audit import record_event
from portal.identity.access import Permission
from portal.identity.operations import say_shared_pcs
from portal.identity.pc_forms import SharedPcForm
from portal.identity.routes.blueprint import blueprint
from portal.identity.rules import SharedPcRules
from portal.identity.sessions import shared_pc_rules
from portal.kernel.locale import gettext as _
from portal.web.access import db, now, requires
from portal.web.pages import refused, render, see
from portal.web.transactions import writes


@blueprint.route("/staff/shared-computers", methods=["GET", "POST"])
@requires(Permission.SHARED_PC_SET, purpose="administration", step_up="sessions")
@writes
def shared_pcs() -> ResponseReturnValue:
    """The clinic's numbers, within the portal's limits."""
    form = SharedPcForm(data=asdict(shared_pc_rules(db())))
    if form.validate_on_submit():
        say_shared_pcs(db(), says=SharedPcRules(**form.values()), now=now())
        record_event(db(), what="shared-pcs-changed")
        flash(_("Saved. It holds from now on, for people who are signed in, too."), "success")
        return see("identity.shared_pcs")
    show = refused if request.method == "POST" else render
    return show("identity/shared_pcs.html", form=form)
