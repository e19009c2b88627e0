"""Who can see a record and why, and who looked: grants from patients, looks from audit, names from identity."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.audit import Look, looks_at
from portal.identity import accounts_by_id, masked_contact
from portal.kernel.db import PortalSession
from portal.kernel.locale import current_locale
from portal.patients import Patient, ProxyInvitation, Seer, open_proxy_invitations, who_can_see
from portal.workspaces.access_words import Who, who_looked, who_sees


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One who can see the record. `may_end`: the reader may end it."""

    seer: Seer
    who: Who
    may_end: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """One who looked."""

    look: Look
    who: Who


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPage:
    """All that the page shows. `looks` None: the reader is not told who looked."""

    patient: Patient
    sights: Sequence[Sight]
    looks: Sequence[Looked] | None
    older: UUID | None
    invitations: Sequence[ProxyInvitation]
    is_own: bool

    @property
    def in_emergency(self) -> bool:
        """Somebody sees the record by emergency access now."""
        return any(one.seer.basis == "break-glass" for one in self.sights)


def access_page_of(
    session: PortalSession,
    *,
    patient: Patient,
    with_looks: bool,
    may_end: bool,
    before: UUID | None,
    with_own: bool,
    now: datetime,
) -> AccessPage:
    """At most four queries. A patient's account is told who looked only where it holds the record itself.

    `may_end`: the reader may end what can be ended, which is what was given to somebody to act for the patient.
    """
    me = session.principal.actor_id
    seers = who_can_see(session, patient_id=patient.id, now=now)
    is_patient = session.principal.is_patient
    holds = any(one.user_id == me and one.basis == "self" for one in seers)
    told = with_looks and (holds or not is_patient)
    looks = (
        looks_at(
            session,
            patient_id=patient.id,
            zone=current_locale().tzinfo,
            before=before,
            except_by=None if with_own else me,
        )
        if told
        else None
    )
    seen = list(looks.looks) if looks else []
    accounts = accounts_by_id(session, {one.user_id for one in seers} | {one.user_id for one in seen})
    # A patient's account has no name; the desk tells two carers apart by where their codes are sent.
    names = {one.id: one.name or masked_contact(one) for one in accounts.values()}
    return AccessPage(
        patient=patient,
        sights=[
            Sight(seer=one, who=who_sees(one, me=me, names=names), may_end=may_end and one.basis == "proxy")
            for one in seers
        ],
        looks=[Looked(look=one, who=who_looked(one, me=me, names=names)) for one in seen] if looks else None,
        older=looks.older if looks else None,
        invitations=open_proxy_invitations(session, patient_id=patient.id, now=now),
        is_own=holds and is_patient,
    )
