"""Who can see a record and who looked, in plain words, for the patient and for staff alike."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from portal.audit import Look
from portal.kernel.db import Base
from portal.kernel.locale import format_date, format_datetime, left_to_right
from portal.kernel.locale import gettext as _
from portal.kernel.permissions import CLEARANCES
from portal.patients import Seer, proof_name

Names = Mapping[UUID, str]

#: Why somebody opened a record, by the purpose that the endpoint declares.
PURPOSES: dict[str, Callable[[], str]] = {
    "access": lambda: _("Seeing who has access"),
    "access-log": lambda: _("Seeing who has access"),
    "administration": lambda: _("Keeping the record in order"),
    "audit": lambda: _("Looking into who saw what"),
    "billing-office": lambda: _("Bills and payments"),
    "board": lambda: _("Planning the clinic’s day"),
    "break-glass": lambda: _("Emergency"),
    "care": lambda: _("Care"),
    "consent": lambda: _("Consent"),
    "coverage": lambda: _("Insurance"),
    "details": lambda: _("Name and contact"),
    "home": lambda: _("Own page"),
    "intake": lambda: _("Health questions"),
    "payment": lambda: _("Bills and payments"),
    "proxies": lambda: _("Letting somebody act for the patient"),
    "prices": lambda: _("Bills and payments"),
    "red-flags": lambda: _("Warning signs"),
    "registration": lambda: _("Signing up"),
    "scheduling": lambda: _("Appointments"),
    "visits": lambda: _("Video visit"),
}

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


def role_name(role: str) -> str:
    """In the reader's words."""
    return {
        "patient": _("Patient"),
        "front_desk": _("Front desk"),
        "clinician": _("Clinician"),
        "clinic_admin": _("Clinic administrator"),
        "privacy_officer": _("Privacy officer"),
    }.get(role, _("Staff"))


def looked_for(purpose: str) -> str:
    """Why somebody opened a record, by the endpoint's purpose."""
    return PURPOSES.get(purpose, lambda: _("Another reason"))()


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
    roles = [role_name(role) for role in look.roles if role not in CLEARANCES]
    return Who(name=names.get(look.user_id) or _("Somebody of the clinic"), role=", ".join(roles), why=purpose)


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
