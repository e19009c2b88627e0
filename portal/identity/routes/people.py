"""The clinic's people: who works here, what each may do and why; inviting, changing roles, suspending."""

from typing import Any
from uuid import UUID

from flask import flash, request, url_for
from flask.typing import ResponseReturnValue

from portal.identity.access import Permission
from portal.identity.operations import (
    ChangedMeanwhile,
    LastAdministrator,
    NotGrantable,
    OwnAccount,
    change_roles,
    reactivate_account,
    suspend_account,
)
from portal.identity.people_forms import ChangeRolesForm, ReasonForm
from portal.identity.queries import accounts_by_id
from portal.identity.queries.people import STATES, Person, changes_of, find_people, open_invitations, person_by_id
from portal.identity.routes.blueprint import blueprint
from portal.identity.wording import (
    CLEARANCE_NAMES,
    STAFF_ROLE_NAMES,
    WHAT_FOR,
    change_name,
    factor_names,
    refusal_in_words,
    role_names,
    status_badge,
)
from portal.kernel.locale import gettext as _
from portal.kernel.permissions import Role, all_permissions
from portal.web.access import db, now, principal, requires
from portal.web.pages import found, refused, render, see
from portal.web.paging import asked_place, ways
from portal.web.transactions import writes

#: The action for which a second factor is shown again before any of this changes.
ROLES = "roles"
_WORDS: dict[str, Any] = {"role_names": role_names, "factor_names": factor_names, "status_badge": status_badge}


@blueprint.get("/staff/people")
@requires(Permission.PEOPLE_READ, purpose="people")
def people() -> ResponseReturnValue:
    """Everybody, by name; and who is invited."""
    state, text = request.args.get("state", "here"), request.args.get("q", "").strip()[:120]
    state = state if state in STATES else "here"
    role = request.args.get("role", "")
    role = role if role in {*STAFF_ROLE_NAMES, *CLEARANCE_NAMES} else ""
    page = max(1, min(request.args.get("page", 1, type=int), 10_000))
    hits = find_people(db(), text=text, state=state, role=Role(role) if role else None, page=page, now=now())
    last = hits.first + len(hits.people) - 1
    invitations = open_invitations(db(), after=asked_place("invited"))

    def at(number: int) -> str:
        return url_for("identity.people", q=text or None, state=state, role=role or None, page=number)

    return render(
        "identity/people.html",
        hits=hits,
        last=last,
        page=page,
        invitations=invitations,
        invited_ways=ways(invitations, "identity.people", name="invited"),
        text=text,
        state=state,
        role=role,
        roles=[*STAFF_ROLE_NAMES.items(), *CLEARANCE_NAMES.items()],
        is_narrowed=bool(text or role or state != "here"),
        previous_href=at(page - 1) if page > 1 else None,
        next_href=at(page + 1) if last < hits.total else None,
        may_edit=principal().has(Permission.PEOPLE_EDIT),
        now=now(),
        **_WORDS,
    )


@blueprint.get("/staff/people/roles")
@requires(Permission.PEOPLE_READ, purpose="people")
def what_roles_may() -> ResponseReturnValue:
    """What each role and clearance may do: a sentence, and what the contexts have registered."""
    registered = all_permissions()
    lines = [
        (name, WHAT_FOR[role], sorted(code for code, holders in registered.items() if role in holders))
        for role, name in (*STAFF_ROLE_NAMES.items(), *CLEARANCE_NAMES.items())
    ]
    return render("identity/what_roles_may.html", lines=lines)


@blueprint.get("/staff/people/<uuid:account>")
@requires(Permission.PEOPLE_READ, purpose="people")
def person(account: UUID) -> ResponseReturnValue:
    """One of them, and all that changed."""
    one = _person(account)
    changes = changes_of(db(), account_id=account)
    by = accounts_by_id(db(), {change.by_id for change in changes if change.by_id})
    return render(
        "identity/person.html",
        one=one,
        changes=changes,
        names={known.id: known.name for known in by.values()},
        change_name=change_name,
        is_own=account == principal().user_id,
        may_edit=principal().has(Permission.PEOPLE_EDIT),
        **_WORDS,
    )


@blueprint.route("/staff/people/<uuid:account>/roles", methods=["GET", "POST"])
@requires(Permission.PEOPLE_EDIT, purpose="people", step_up=ROLES)
@writes
def person_roles(account: UUID) -> ResponseReturnValue:
    """What they hold, to be changed, and why."""
    one = _person(account)
    form = ChangeRolesForm(data=ChangeRolesForm.values_of(one.by_hand))
    if not form.validate_on_submit():
        return _form_page("identity/person_roles.html", one, form)
    try:
        change_roles(
            db(),
            account_id=account,
            roles=form.held(),
            reason=str(form.reason.data),
            seen=(form.seen.data or "").split(),
            now=now(),
        )
    except (OwnAccount, LastAdministrator, ChangedMeanwhile, NotGrantable) as error:
        return refused_page("identity/person_roles.html", one, form, error)
    flash(_("The roles are changed. %(name)s has to sign in again.", name=one.account.name), "success")
    return see("identity.person", account=account)


@blueprint.route("/staff/people/<uuid:account>/suspend", methods=["GET", "POST"])
@requires(Permission.PEOPLE_EDIT, purpose="people", step_up=ROLES)
@writes
def suspend(account: UUID) -> ResponseReturnValue:
    """Keep somebody out for a while, or take them back."""
    one = _person(account)
    form = ReasonForm()
    if not form.validate_on_submit():
        return _form_page("identity/suspend.html", one, form)
    is_out = one.account.status == "suspended"
    try:
        (reactivate_account if is_out else suspend_account)(
            db(), account_id=account, reason=str(form.reason.data), now=now()
        )
    except (OwnAccount, LastAdministrator, ChangedMeanwhile) as error:
        return refused_page("identity/suspend.html", one, form, error)
    name = one.account.name
    flash(_("%(name)s may sign in again.", name=name) if is_out else _("%(name)s is suspended.", name=name), "success")
    return see("identity.person", account=account)


def refused_page(template: str, one: Person, form: Any, error: Exception) -> ResponseReturnValue:
    """The form again, with what is in the way."""
    form.form_errors.append(refusal_in_words(error))
    status = 403 if isinstance(error, OwnAccount) else 409
    return render(template, one=one, form=form, status=status, **_WORDS)


def _form_page(template: str, one: Person, form: Any) -> ResponseReturnValue:
    return (refused if request.method == "POST" else render)(template, one=one, form=form, **_WORDS)


def _person(account: UUID) -> Person:
    return found(person_by_id(db(), account_id=account, now=now()))
