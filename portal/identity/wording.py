"""Words of identity that are codes in the database: roles, clearances, states, and what became of an account."""

from collections.abc import Iterable, Mapping
from typing import Any

from portal.identity.operations import LastAdministrator, NotGrantable, OwnAccount
from portal.kernel.locale import gettext as _
from portal.kernel.locale import lazy_gettext as _l
from portal.kernel.permissions import Role

STAFF_ROLE_NAMES: Mapping[str, Any] = {
    Role.FRONT_DESK: _l("Front desk"),
    Role.CLINICIAN: _l("Clinician"),
    Role.CLINIC_ADMIN: _l("Clinic administrator"),
    Role.PRIVACY_OFFICER: _l("Privacy officer"),
}
CLEARANCE_NAMES: Mapping[str, Any] = {
    Role.SEES_PSY: _l("Reads notes about mental health"),
    Role.SEES_SEX: _l("Reads notes about sexual health and pregnancy"),
    Role.SEES_HIV: _l("Reads notes about HIV"),
    Role.SEES_ETH: _l("Reads notes about alcohol and drugs"),
}
#: What each may do, in a sentence; the page that shows it has the registered permissions beside it.
WHAT_FOR: Mapping[str, Any] = {
    Role.FRONT_DESK: _l(
        "Books visits, keeps names and contacts right, sees who has come and who owes. Reads nothing of health."
    ),
    Role.CLINICIAN: _l("Sees the records of their own patients, holds visits, writes and signs notes."),
    Role.CLINIC_ADMIN: _l(
        "Gives and takes roles, sets visit types and prices, and looks into who saw what. Reads no notes."
    ),
    Role.PRIVACY_OFFICER: _l(
        "Looks into who saw what and judges emergency access. Reads nothing of health and changes no roles."
    ),
    **dict.fromkeys(
        CLEARANCE_NAMES,
        _l("For clinicians: opens notes with this label, if they see the patient’s record anyway."),
    ),
}


def role_name(role: str) -> str:
    """A role or a clearance of staff; the code of any other."""
    known = {**STAFF_ROLE_NAMES, **CLEARANCE_NAMES}
    return str(known.get(Role(role), role))


def role_names(roles: Iterable[str]) -> list[str]:
    """Roles first, in the order in which a clinic knows them, then clearances."""
    held = {Role(role) for role in roles}
    return [role_name(role) for role in (*STAFF_ROLE_NAMES, *CLEARANCE_NAMES) if role in held]


def status_badge(status: str) -> tuple[str, str]:
    """Whether somebody works here, as a badge."""
    return {
        "active": (_("Active"), "success"),
        "suspended": (_("Suspended"), "warning"),
        "ended": (_("Left"), "neutral"),
    }[status]


def change_name(kind: str) -> str:
    """What happened to somebody's roles or account."""
    return {
        "made": _("Account made at the command line"),
        "joined": _("Took up an invitation"),
        "roles": _("Roles changed"),
        "suspended": _("Suspended"),
        "reactivated": _("Taken back"),
        "ended": _("Left"),
    }[kind]


def factor_names(factors: Iterable[str]) -> list[str]:
    """How somebody shows a second factor."""
    names = {"app": _("App"), "passkey": _("Passkey")}
    return [names[one] for one in factors]


def refusal_in_words(error: Exception) -> str:
    """Why nothing was changed."""
    if isinstance(error, OwnAccount):
        return _("You cannot change your own account. Ask another administrator.")
    if isinstance(error, LastAdministrator):
        return _("This is the clinic's only administrator who can sign in. Make somebody else an administrator first.")
    if isinstance(error, NotGrantable):
        return _("Choose at least one role of the list.")
    return _("Somebody else changed this person's roles or state in the meantime. Look again before you go on.")


def decision_names() -> list[tuple[str, str]]:
    """What a review may decide about somebody."""
    return [("keep", _("Keep as it is")), ("change", _("Change the roles")), ("end", _("End the account"))]


def flag_name(flag: str) -> str:
    """What stands out about somebody in a review."""
    return {
        "idle": _("Has not signed in for 60 days"),
        "no-factor": _("No second factor"),
        "unused-clearance": _("May read sensitive notes, and has read no note for 90 days"),
        "suspended": _("Suspended"),
        "no-role": _("Holds no role"),
    }[flag]
