"""Somebody leaves the clinic: what they leave behind, and the one step that ends their account."""

from uuid import UUID

from flask import flash, request
from flask.typing import ResponseReturnValue

from portal.identity import (
    Account,
    ChangedMeanwhile,
    LastAdministrator,
    OwnAccount,
    end_account,
    person_by_id,
    refusal_in_words,
)
from portal.identity import Permission as Identity
from portal.identity.people_forms import ReasonForm
from portal.kernel.locale import gettext as _
from portal.web.access import db, now, requires
from portal.web.pages import found, render, see
from portal.web.transactions import writes
from portal.workspaces.leaving import left_behind
from portal.workspaces.routes import blueprint


@blueprint.route("/staff/people/<uuid:account>/leaving", methods=["GET", "POST"])
@requires(Identity.PEOPLE_EDIT, purpose="people", step_up="roles")
@writes
def leaving(account: UUID) -> ResponseReturnValue:
    """What waits for somebody else, and why they leave."""
    one = found(person_by_id(db(), account_id=account, now=now())).account
    form = ReasonForm()
    if not form.validate_on_submit():
        return _page(one, form, status=422 if request.method == "POST" else 200)
    try:
        end_account(db(), account_id=account, reason=str(form.reason.data), now=now())
    except (OwnAccount, LastAdministrator, ChangedMeanwhile) as error:
        form.form_errors.append(refusal_in_words(error))
        return _page(one, form, status=403 if isinstance(error, OwnAccount) else 409)
    flash(_("%(name)s has left: signed out everywhere, and cannot sign in any more.", name=one.name), "success")
    return see("identity.person", account=account)


def _page(one: Account, form: ReasonForm, *, status: int) -> ResponseReturnValue:
    behind = left_behind(db(), account_id=one.id, now=now())
    return render("workspaces/leaving.html", one=one, behind=behind, form=form, status=status)
