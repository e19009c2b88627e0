"""Reads of consent."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, exists, func, select

from portal.consent.models import ConsentDocument, DocumentPdf, Signature, Withdrawal
from portal.kernel.db import Asked, PortalSession, Together

TELEHEALTH = "telehealth"


@dataclass(frozen=True, kw_only=True)
class ConsentState:
    """Where a patient stands with the current version: unpublished, unsigned, outdated, signed or withdrawn."""

    state: str
    signature: Signature | None
    document: ConsentDocument | None
    withdrawal: Withdrawal | None = None


def current_document(session: PortalSession, *, kind: str = TELEHEALTH) -> ConsentDocument | None:
    """The version to sign now; None when the clinic has published none."""
    return session.scalar(
        select(ConsentDocument).where(ConsentDocument.kind == kind).order_by(ConsentDocument.version.desc()).limit(1)
    )


def signatures_of(session: PortalSession, *, patient_id: UUID, kind: str = TELEHEALTH) -> list[Signature]:
    """A patient's signatures, newest version first; of one version the latest first, whether withdrawn or not."""
    return list(
        session.scalars(
            select(Signature)
            .where(Signature.patient_id == patient_id, Signature.kind == kind)
            .order_by(Signature.version.desc(), Signature.round.desc())
        )
    )


_STATE = Together(
    Asked(
        select(ConsentDocument).where(ConsentDocument.kind == bindparam("kind")).limit(1),
        ConsentDocument.version.desc(),
    ),
    Asked(
        select(Signature)
        .where(Signature.patient_id == bindparam("patient"), Signature.kind == bindparam("kind"))
        .limit(1),
        Signature.version.desc(),
        Signature.round.desc(),
    ),
    Asked(
        select(Withdrawal).where(Withdrawal.patient_id == bindparam("patient")).limit(1),
        Withdrawal.withdrawn_at.desc(),
    ),
)


_is_withdrawn = exists().where(Withdrawal.tenant_id == Signature.tenant_id, Withdrawal.signature_id == Signature.id)


def consent_state(session: PortalSession, *, patient_id: UUID, kind: str = TELEHEALTH) -> ConsentState:
    """Whether the patient has signed the current version, an earlier one, or none, and stands by it. One query."""
    found = _STATE.read(session, patient=patient_id, kind=kind)
    document, newest = found.first(ConsentDocument), found.first(Signature)
    if document is None:
        return ConsentState(state="unpublished", signature=None, document=None)
    if newest is None:
        return ConsentState(state="unsigned", signature=None, document=document)
    withdrawal = found.first(Withdrawal)
    if withdrawal is not None and withdrawal.signature_id == newest.id:
        return ConsentState(state="withdrawn", signature=newest, document=document, withdrawal=withdrawal)
    state = "signed" if newest.document_id == document.id else "outdated"
    return ConsentState(state=state, signature=newest, document=document)


def has_consent(session: PortalSession, *, patient_id: UUID, kind: str = TELEHEALTH) -> bool:
    """Whether the current version is signed for this patient."""
    return consent_state(session, patient_id=patient_id, kind=kind).state == "signed"


def patients_with_consent(
    session: PortalSession, patient_ids: Collection[UUID], *, kind: str = TELEHEALTH
) -> set[UUID]:
    """Those of the patients who have signed the current version, in two queries."""
    document = current_document(session, kind=kind)
    if document is None:
        return set()
    rows = session.read_rows(
        select(Signature.id).where(
            Signature.document_id == document.id, Signature.patient_id.in_(patient_ids), ~_is_withdrawn
        ),
        patient=Signature.patient_id,
    )
    return {row.audited_patient for row in rows}


def signature_by_id(session: PortalSession, *, patient_id: UUID, signature_id: UUID) -> Signature | None:
    """A patient's signature; None when it is another's."""
    return session.scalar(select(Signature).where(Signature.id == signature_id, Signature.patient_id == patient_id))


def withdrawal_of(session: PortalSession, *, signature_id: UUID) -> Withdrawal | None:
    """The withdrawal of a signature; None while it holds."""
    return session.scalar(select(Withdrawal).where(Withdrawal.signature_id == signature_id))


def times_withdrawn(session: PortalSession, *, patient_id: UUID, document_id: UUID) -> int:
    """How often the patient has withdrawn a text."""
    wanted = (
        select(func.count())
        .select_from(Signature)
        .where(Signature.patient_id == patient_id, Signature.document_id == document_id, _is_withdrawn)
    )
    return session.scalar(wanted) or 0


def pdf_of(session: PortalSession, *, signature_id: UUID) -> DocumentPdf | None:
    """The signed PDF; None while it is being made."""
    return session.scalar(select(DocumentPdf).where(DocumentPdf.signature_id == signature_id))
