"""The record of who saw what, with the names of those whom it knows by id only."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.audit import Leaf
from portal.identity import Account, accounts_by_id, staff_accounts
from portal.kernel.db import PortalSession
from portal.kernel.locale import gettext as _
from portal.patients import Patient, patients_by_id, people_of_accounts
from portal.workspaces.audit_words import ACTIONS, BASES, PURPOSES, kinds, roles, word


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A leaf in the reader's words; codes where there are no words."""

    id: UUID
    at: datetime
    person: UUID | None
    who: str
    on_behalf_of: str
    roles: list[str]
    action: str
    what: list[str]
    patient_id: UUID | None
    patient: str
    purpose: str
    basis: str
    permission: str
    address: str
    device: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Names by id, looked up when they are shown: the record keeps none."""

    staff: Mapping[UUID, Account]
    holders: Mapping[UUID, Patient]
    patients: Mapping[UUID, Patient]

    def of_account(self, account: UUID | None) -> str:
        """Somebody who acted; what we are told apart by where the account is not known (any more)."""
        if account is None:
            return ""
        if account in self.staff:
            return self.staff[account].name
        holder = self.holders.get(account)
        return holder.display_name if holder else _("Account %(id)s", id=str(account)[-8:])

    def of_patient(self, patient: UUID | None) -> str:
        """Somebody whose record it is."""
        if patient is None:
            return ""
        return self.patients[patient].display_name if patient in self.patients else _("Not on file")


def names_in(session: PortalSession, *, accounts: Iterable[UUID | None], patients: Iterable[UUID | None]) -> Names:
    """Names of those accounts and patients, in three queries; four for staff who have left."""
    wanted = {one for one in accounts if one}
    staff = {account.id: account for account in staff_accounts(session)}
    if missing := wanted - staff.keys():
        staff |= {one: account for one, account in accounts_by_id(session, missing).items() if account.kind == "staff"}
    return Names(
        staff=staff,
        holders=people_of_accounts(session, wanted - staff.keys()),
        patients=patients_by_id(session, {one for one in patients if one}),
    )


def names_of(
    session: PortalSession, leaves: Sequence[Leaf], *, account: UUID | None = None, patient: UUID | None = None
) -> Names:
    """Everybody in these leaves, and an account and a patient beside them."""
    accounts = {one for leaf in leaves for one in (leaf.user_id, leaf.on_behalf_of)}
    patients = {leaf.patient_id for leaf in leaves}
    return names_in(session, accounts=accounts | {account}, patients=patients | {patient})


def line_of(leaf: Leaf, names: Names) -> Line:
    """One leaf in the reader's words."""
    return Line(
        id=leaf.id,
        at=leaf.at,
        person=leaf.user_id,
        who=names.of_account(leaf.user_id),
        on_behalf_of=names.of_account(leaf.on_behalf_of),
        roles=roles(leaf.roles),
        action=word(ACTIONS, leaf.action),
        what=kinds(leaf.resources),
        patient_id=leaf.patient_id,
        patient=names.of_patient(leaf.patient_id),
        purpose=word(PURPOSES, leaf.purpose),
        basis=word(BASES, leaf.grant_basis) if leaf.grant_basis else "",
        permission=leaf.permission,
        address=leaf.address,
        device=leaf.device,
    )


def people_to_choose(names: Names, chosen: UUID | None) -> list[tuple[str, str]]:
    """Staff by name, and whoever is chosen."""
    people = {str(one): account.name for one, account in names.staff.items()}
    if chosen:
        people.setdefault(str(chosen), names.of_account(chosen))
    return sorted(people.items(), key=lambda one: one[1])
