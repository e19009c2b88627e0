"""Reads of patients, always as far as the reader's grants and roles reach."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, ScalarSelect, func, or_, select, union_all
from sqlalchemy.orm import aliased

from portal.kernel.db import Page, Place, PortalSession, blind_index, page_of
from portal.patients.models import AccessGrant, ClaimAttempt, Identifier, Invitation, Patient
from portal.patients.queries.by_name import ways_by_name
from portal.patients.rules import canonical_phone, fold, surnames_in
from portal.tenancy import own_clinic

PAGE = 25
#: Hits beyond these are not counted: nobody pages through them, and to count thousands takes longer than to find them.
COUNTED = 500
#: How many claims wait, for a statement that counts other things as well.
OPEN_CLAIMS = (
    select(func.count())
    .select_from(ClaimAttempt)
    .where(ClaimAttempt.state == "open", ClaimAttempt.invitation_id.is_(None))
    .scalar_subquery()
)


@dataclass(frozen=True, kw_only=True)
class PatientContact:
    """Where a patient is reached, and how they read."""

    channel: str
    target: str
    language: str
    zone: str


@dataclass(frozen=True, kw_only=True)
class Found:
    """A page of a search, and how many there are in all; `is_more`: that many were counted, and there are others."""

    patients: Sequence[Patient]
    total: int
    is_more: bool
    has_next: bool


def patient_by_id(session: PortalSession, *, patient_id: UUID) -> Patient | None:
    """A patient whom the reader may see."""
    return session.get(Patient, (session.tenant_id, patient_id))


def patients_by_id(session: PortalSession, ids: Collection[UUID]) -> dict[UUID, Patient]:
    """Those of the patients whom the reader may see, in one query."""
    if not ids:
        return {}
    return {row.id: row for row in session.scalars(select(Patient).where(Patient.id.in_(set(ids))))}


def patients_and_counts(
    session: PortalSession, ids: Collection[UUID], *, counts: Mapping[str, ScalarSelect[int]]
) -> tuple[dict[UUID, Patient], dict[str, int]]:
    """`patients_by_id`, and what is counted beside it by the same names, in one query: for the desk's screen."""
    if not counts:
        return patients_by_id(session, ids), {}
    counted = select(*(count.label(f"count_{place}") for place, count in enumerate(counts.values()))).subquery()
    wanted = select(*counted.c, Patient).join_from(counted, Patient, Patient.id.in_(set(ids)), isouter=True)
    rows = session.execute(wanted).all()
    found = {row.Patient.id: row.Patient for row in rows if row.Patient is not None}
    return found, dict(zip(counts, rows[0][:-1], strict=True))


def people_of_accounts(session: PortalSession, accounts: Collection[UUID]) -> dict[UUID, Patient]:
    """Who the holders of patients' accounts are, as far as their own record says so; for the desk."""
    if not accounts:
        return {}
    wanted = (
        select(AccessGrant.user_id, Patient)
        .join(Patient, (Patient.tenant_id == AccessGrant.tenant_id) & (Patient.id == AccessGrant.patient_id))
        .where(AccessGrant.user_id.in_(set(accounts)), AccessGrant.basis == "self")
    )
    # Whose grant it is says nothing that the patient beside it, which is audited, does not say.
    rows = session.execute(wanted.order_by(AccessGrant.since), execution_options={"audited": True})
    return {row.user_id: row.Patient for row in rows}


def with_surname_of(session: PortalSession, ids: Collection[UUID], *, name: str) -> set[UUID]:
    """Those of the patients whose family name, or its first word, stands in a member of staff's name. For our process.

    Names are compared in the database: only who is found counts as read.
    """
    surnames = surnames_in(name)
    first_word = func.split_part(Patient.family_key, " ", 1)
    wanted = select(Patient.id).where(
        Patient.id.in_(set(ids)), or_(Patient.family_key.in_(surnames), first_word.in_(surnames))
    )
    return {row.id for row in session.read_rows(wanted, patient=Patient.id)}


def own_records_of(
    session: PortalSession, ids: Collection[UUID], *, account_id: UUID, email: str | None, phone: str | None
) -> set[UUID]:
    """Those of the patients that a member of staff is, or acts for: by grant or by the contact on file."""
    acts_for = select(AccessGrant.patient_id).where(
        AccessGrant.user_id == account_id, AccessGrant.basis.in_(("self", "proxy"))
    )
    same: list[ColumnElement[bool]] = [Patient.id.in_(acts_for)]
    if email:
        same.append(Patient.email_index == blind_index(session, Patient.email, email, owner=Patient))
    if phone:
        same.append(Patient.phone_index == blind_index(session, Patient.phone, phone, owner=Patient))
    wanted = select(Patient.id).where(Patient.id.in_(set(ids)), or_(*same))
    return {row.id for row in session.read_rows(wanted, patient=Patient.id)}


def my_patients(session: PortalSession) -> list[Patient]:
    """The people for whom the signed-in account acts, in the order in which they came."""
    now = func.kernel.now(type_=DateTime(timezone=True))
    mine = select(AccessGrant.patient_id).where(
        AccessGrant.user_id == session.principal.actor_id,
        AccessGrant.basis.in_(("self", "proxy")),
        AccessGrant.since <= now,
        or_(AccessGrant.until.is_(None), AccessGrant.until > now),
    )
    wanted = select(Patient).where(Patient.id.in_(mine), Patient.status == "active")
    return list(session.scalars(wanted.order_by(Patient.created_at, Patient.id)))


def contact_of(session: PortalSession, *, patient_id: UUID) -> PatientContact | None:
    """Where messages to the patient go: the phone, else the e-mail address; None when there is neither."""
    patient = patient_by_id(session, patient_id=patient_id)
    contact = patient.contact if patient else None
    if patient is None or contact is None:
        return None
    return PatientContact(channel=contact[0], target=contact[1], language=patient.language, zone=patient.zone)


def identifiers_of(session: PortalSession, *, patient_id: UUID) -> list[Identifier]:
    """Numbers under which other systems know the patient."""
    return list(session.scalars(select(Identifier).where(Identifier.patient_id == patient_id).order_by(Identifier.id)))


def patient_by_identifier(session: PortalSession, *, system: str, value: str) -> Patient | None:
    """The patient whom another system knows under a number."""
    digest = blind_index(session, Identifier.value, value, owner=Identifier)
    known = session.scalar(select(Identifier).where(Identifier.system == system, Identifier.value_index == digest))
    return patient_by_id(session, patient_id=known.patient_id) if known else None


def search_patients(
    session: PortalSession, *, text: str, status: str | None = "active", limit: int = PAGE, offset: int = 0
) -> Found:
    """By name, phone, e-mail, date of birth (year-month-day) or identifier; all of them for an empty text."""
    ways = _ways(session, text.strip())
    if status is not None:
        ways = [[*way, Patient.status == status] for way in ways]
    rows = _in_order(session, ways, limit=limit, offset=offset)
    if offset == 0 and len(rows) < limit:
        return Found(patients=rows, total=len(rows), is_more=False, has_next=False)
    each = (select(Patient.id).where(*way) for way in ways)
    some = union_all(*each).limit(COUNTED + 1).subquery()
    counted = session.scalar(select(func.count()).select_from(some)) or 0
    is_more = counted > COUNTED
    return Found(
        patients=rows,
        total=min(counted, COUNTED),
        is_more=is_more,
        has_next=len(rows) == limit if is_more else offset + limit < counted,
    )


def _in_order(
    session: PortalSession, ways: Sequence[Sequence[ColumnElement[bool]]], *, limit: int, offset: int
) -> Sequence[Patient]:
    """Whom the ways lead to, by name."""
    order = (Patient.family_key, Patient.given_key, Patient.id)
    each = (select(Patient).where(*way).order_by(*order).limit(offset + limit) for way in ways)
    found = aliased(Patient, union_all(*each).subquery())
    wanted = select(found).order_by(found.family_key, found.given_key, found.id)
    return session.scalars(wanted.limit(limit).offset(offset)).all()


def _ways(session: PortalSession, text: str) -> list[list[ColumnElement[bool]]]:
    """What is searched for, as conditions that exclude each other: nobody is found by two."""
    if not text:
        return [[]]
    if "@" in text:
        return [[Patient.email_index == blind_index(session, Patient.email, text, owner=Patient)]]
    if (born := _day(text)) is not None:
        return [[Patient.birth_date == born]]
    if sum(sign.isdigit() for sign in text) >= 4:
        digest = blind_index(session, Identifier.value, text, owner=Identifier)
        # Asked for first: with a subquery beside it, the phone's index would not be used.
        known = [one.patient_id for one in session.scalars(select(Identifier).where(Identifier.value_index == digest))]
        number = canonical_phone(text, country=own_clinic(session).country) or text
        phone = blind_index(session, Patient.phone, number, owner=Patient)
        same_phone = Patient.phone_index == phone
        return [[or_(same_phone, Patient.id.in_(known)) if known else same_phone]]
    return ways_by_name(fold(text).split()[:4])


def namesakes(session: PortalSession, family_name: str, birth_date: date) -> list[Patient]:
    """Records with the same family name and day of birth."""
    wanted = select(Patient).where(Patient.family_key == fold(family_name), Patient.birth_date == birth_date)
    return list(session.scalars(wanted.limit(5)))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def open_invitations(session: PortalSession, *, patient_id: UUID, now: datetime) -> list[Invitation]:
    """Invitations that still lead on, newest first."""
    wanted = select(Invitation).where(
        Invitation.patient_id == patient_id, Invitation.used_at.is_(None), Invitation.expires_at > now
    )
    return list(session.scalars(wanted.order_by(Invitation.created_at.desc())))


def invitation_by_digest(session: PortalSession, *, digest: bytes, now: datetime) -> Invitation | None:
    """An invitation that still leads on."""
    return session.scalar(
        select(Invitation).where(
            Invitation.token_hash == digest, Invitation.used_at.is_(None), Invitation.expires_at > now
        )
    )


def open_claims(session: PortalSession, *, after: Place | None = None) -> Page[ClaimAttempt]:
    """A page of the doubtful claims that the desk has to decide, oldest first."""
    wanted = select(ClaimAttempt).where(ClaimAttempt.state == "open", ClaimAttempt.invitation_id.is_(None))
    return page_of(session, wanted, by=ClaimAttempt.at, after=after)


def count_open_claims(session: PortalSession) -> int:
    """How many claims wait for the desk."""
    return session.scalar(select(OPEN_CLAIMS)) or 0


def claim_by_id(session: PortalSession, *, claim_id: UUID) -> ClaimAttempt | None:
    """A claim."""
    return session.get(ClaimAttempt, (session.tenant_id, claim_id))


def candidates_for(session: PortalSession, *, claim: ClaimAttempt) -> list[Patient]:
    """Records that a claim may mean: the same contact, or the same day of birth and a name that begins alike."""
    same_contact = or_(Patient.phone_index == claim.contact_index, Patient.email_index == claim.contact_index)
    found = list(session.scalars(select(Patient).where(same_contact, Patient.status == "active").limit(PAGE)))
    if claim.birth_date is not None:
        words = fold(claim.name or "").split()
        born = session.scalars(select(Patient).where(Patient.birth_date == claim.birth_date).limit(PAGE))
        found += [
            one for one in born if one not in found and set(words) & {*one.family_key.split(), *one.given_key.split()}
        ]
    return found
