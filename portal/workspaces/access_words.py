"""Who can see a record and who looked, in plain words, for the patient and for staff alike."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from portal.audit import Look
from portal.kernel.db import Base
from portal.kernel.locale import format_date, format_datetime, left_to_right
from portal.kernel.locale import gettext as _
from portal.patients import Seer, proof_name
from portal.workspaces.audit_words import PURPOSES, roles

Names = Mapping[UUID, str]

#: What of a record was open, by the context that owns it.
AREAS: dict[str, Callable[[], str]] = {
    "audit": lambda: _("Who looked"),
    "billing": lambda: _("Bills and payments"),
    "charting": lambda: _("Notes and history"),
    "consent": lambda: _("Consent"),
    "eligibility": lambda: _("Insurance"),
    "intake": lambda: _("Health questions"),
    "patients": lambda: _("Name and contact"),
    "scheduling": lambda: _("Appointments"),
    "triage": lambda: _("Warning signs"),
    "visits": lambda: _("Video visit"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """A person: a name or what they are, and why."""

    name: str
    role: str
    why: str


def looked_for(purpose: str) -> str:
    """Why somebody opened a record, by the endpoint's purpose."""
    return str(PURPOSES.get(purpose) or _("Another reason"))


def who_sees(seer: Seer, *, me: UUID, names: Names) -> Who:
    """Somebody with a grant."""
    if seer.basis == "proxy":
        name = _("You act for this person") if seer.user_id == me else _proxy(seer, names)
    elif seer.basis == "self":
        name = _("You") if seer.user_id == me else _("The patient")
    else:
        name = names.get(seer.user_id) or _("A clinician")
    return Who(name=name, role="", why=_ground(seer.basis))


def who_looked(look: Look, *, me: UUID, names: Names) -> Who:
    """Somebody whose request touched the record."""
    purpose = looked_for(look.purpose)
    if look.user_id == me:
        return Who(name=_("You"), role="", why=purpose)
    if "patient" in look.roles:
        name = _("The patient") if look.basis == "self" else _("Somebody who acts for the patient")
        return Who(name=name, role="", why=purpose)
    held = ", ".join(roles(look.roles))
    return Who(name=names.get(look.user_id) or _("Somebody of the clinic"), role=held, why=purpose)


def _proxy(seer: Seer, names: Names) -> str:
    """What they are, and the contact that tells them apart, where the reader may know it."""
    contact = names.get(seer.user_id)
    kind = proof_name(seer.reason)
    return _("%(kind)s (%(contact)s)", kind=kind, contact=left_to_right(contact)) if contact else kind


def _ground(basis: str) -> str:
    return {
        "self": _("It is their own record"),
        "proxy": _("Acts for the patient"),
        "appointment": _("Has an appointment with the patient"),
        "care-team": _("Has treated the patient"),
        "thread": _("Answers the patient’s messages"),
        "break-glass": _("Emergency access"),
    }.get(basis, _("Another reason"))


def term(seer: Seer) -> str:
    """Since when, and until when."""
    since = format_date(seer.since)
    if seer.until is None:
        return _("Since %(day)s, with no end", day=since)
    if seer.basis == "break-glass":
        return _("Until %(time)s", time=format_datetime(seer.until))
    return _("Since %(day)s, until %(end)s", day=since, end=format_date(seer.until))


def areas(resources: Iterable[str]) -> list[str]:
    """What of the record was open: names of models, as parts of a record."""
    schemas = {_schemas().get(name, "") for name in resources}
    return sorted({AREAS[schema]() for schema in schemas if schema in AREAS})


def _schemas() -> dict[str, str]:
    return {mapper.class_.__name__: str(mapper.local_table.schema) for mapper in Base.registry.mappers}
