"""Reads of patients, always as far as the reader's grants and roles reach."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, and_, func, not_, or_, select, union_all
from sqlalchemy.orm import aliased

from portal.kernel.db import PortalSession, blind_index
from portal.patients.models import AccessGrant, ClaimAttempt, Identifier, Invitation, Patient
from portal.patients.rules import canonical_phone, fold, prefix_end
from portal.tenancy import own_clinic

PAGE = 25
#: Hits beyond these are not counted: nobody pages through them, and to count thousands takes longer than to find them.
COUNTED = 500
_COUNT_OPEN_CLAIMS = (
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


def patients_and_claims(session: PortalSession, ids: Collection[UUID]) -> tuple[dict[UUID, Patient], int]:
    """`patients_by_id` and `count_open_claims` in one query, for the desk's screen."""
    waiting = select(_COUNT_OPEN_CLAIMS.label("claims")).subquery()
    wanted = select(waiting.c.claims, Patient).join_from(waiting, Patient, Patient.id.in_(set(ids)), isouter=True)
    rows = session.execute(wanted).all()
    return {row.Patient.id: row.Patient for row in rows if row.Patient is not None}, rows[0].claims


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


def held_patient(session: PortalSession, *, patient_id: UUID) -> Patient | None:
    """A patient as the person themselves sees it: nobody else changes where they are reached, whoever acts for them."""
    now = func.kernel.now(type_=DateTime(timezone=True))
    held = select(AccessGrant.patient_id).where(
        AccessGrant.user_id == session.principal.actor_id,
        AccessGrant.basis == "self",
        AccessGrant.since <= now,
        or_(AccessGrant.until.is_(None), AccessGrant.until > now),
    )
    return session.scalar(select(Patient).where(Patient.id == patient_id, Patient.id.in_(held)))


def proxy_grant(session: PortalSession, *, patient_id: UUID, grant_id: str) -> AccessGrant | None:
    """A proxy's grant on the record, in force or ended, by what a form says its id is."""
    grants = grants_on(session, patient_id=patient_id)
    return next((one for one in grants if one.basis == "proxy" and str(one.id) == grant_id), None)


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
    return _ways_by_name(fold(text).split()[:4])


def _ways_by_name(words: Sequence[str]) -> list[list[ColumnElement[bool]]]:
    """Each word begins the family name or the given name. One way for each word that may begin the family name, one
    for none.

    As a single condition the database would walk through the family names from A on until it has a page full.
    """
    family = [_starts(Patient.family_key, word) for word in words]
    given = [_starts(Patient.given_key, word) for word in words]
    either = [or_(*both) for both in zip(family, given, strict=True)]
    return [
        *(
            [leads, *(not_(one) for one in family[:at]), *(one for other, one in enumerate(either) if other != at)]
            for at, leads in enumerate(family)
        ),
        [*given, *(not_(one) for one in family)],
    ]


def namesakes(session: PortalSession, family_name: str, birth_date: date) -> list[Patient]:
    """Records with the same family name and day of birth."""
    wanted = select(Patient).where(Patient.family_key == fold(family_name), Patient.birth_date == birth_date)
    return list(session.scalars(wanted.limit(5)))


def _starts(column: "ColumnElement[str] | object", prefix: str) -> ColumnElement[bool]:
    # Ranges, not LIKE: only comparisons that cannot leak are tried by index before the row's policy.
    key: ColumnElement[str] = column  # type: ignore[assignment]  # a mapped attribute is a column element here
    return and_(key >= prefix, key < prefix_end(prefix))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


#: Whom a person looks for first stands first.
_ORDER = ("self", "proxy", "break-glass", "care-team", "appointment", "thread")


@dataclass(frozen=True, kw_only=True)
class Seer:
    """An account that can see a record, and why. `scope`: parts of it, None: the whole; `until` None: no end is set.

    `grant_id`: the latest of its grants on this basis, by which it is ended where it may be.
    """

    user_id: UUID
    basis: str
    reason: str
    scope: Sequence[str] | None
    since: datetime
    until: datetime | None
    grant_id: UUID


def who_can_see(session: PortalSession, *, patient_id: UUID, now: datetime) -> list[Seer]:
    """Who can see this record now, and why, as far as the reader may know. One query.

    Several appointments with one clinician are one reason: since the first, until the last.
    """
    wanted = select(AccessGrant).where(
        AccessGrant.patient_id == patient_id,
        AccessGrant.since <= now,
        or_(AccessGrant.until.is_(None), AccessGrant.until > now),
    )
    found: dict[tuple[int, UUID, str], Seer] = {}
    for one in session.scalars(wanted.order_by(AccessGrant.since, AccessGrant.id)):
        alike = (_ORDER.index(one.basis), one.user_id, one.reason if one.basis == "proxy" else "")
        before = found.get(alike)
        found[alike] = Seer(
            user_id=one.user_id,
            basis=one.basis,
            reason=one.reason,
            scope=one.scope,
            since=before.since if before else one.since,
            until=_later(one.until, before.until) if before else one.until,
            grant_id=one.id,
        )
    return [found[alike] for alike in sorted(found, key=lambda one: one[0])]


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    """The later of two ends; None, no end, is later than any."""
    return None if one is None or other is None else max(one, other)


def grants_on(session: PortalSession, *, patient_id: UUID) -> list[AccessGrant]:
    """All grants on a record, those that ended too: newest first."""
    wanted = select(AccessGrant).where(AccessGrant.patient_id == patient_id)
    return list(session.scalars(wanted.order_by(AccessGrant.since.desc(), AccessGrant.id.desc())))


def has_holder(session: PortalSession, *, patient_id: UUID, now: datetime) -> bool:
    """Whether the person acts for themselves already; for the desk."""
    return any(
        grant.basis == "self" and (grant.until is None or grant.until > now)
        for grant in grants_on(session, patient_id=patient_id)
    )


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


def open_claims(session: PortalSession, *, limit: int = PAGE) -> list[ClaimAttempt]:
    """Doubtful claims that the desk has to decide, oldest first; one a person and contact."""
    wanted = select(ClaimAttempt).where(ClaimAttempt.state == "open", ClaimAttempt.invitation_id.is_(None))
    return list(session.scalars(wanted.order_by(ClaimAttempt.at).limit(limit)))


def count_open_claims(session: PortalSession) -> int:
    """How many claims wait for the desk."""
    return session.scalar(select(_COUNT_OPEN_CLAIMS)) or 0


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
