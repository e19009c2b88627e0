"""Verbs of consent."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from portal.consent.events import ConsentSigned, ConsentWithdrawn
from portal.consent.models import ConsentDocument, DocumentPdf, Signature, Withdrawal
from portal.consent.ports import PdfRenderer
from portal.consent.queries import current_document, pdf_of, signature_by_id, times_withdrawn
from portal.consent.rules import LONGEST_NAME, UnreadableDocument, check_texts
from portal.kernel.db import PortalSession, constraint_of
from portal.kernel.errors import Conflict, NotFound, PortalError
from portal.kernel.events import emit
from portal.kernel.objects import ObjectStore
from portal.tenancy import Letterhead, letterhead


class BadDocument(PortalError):
    """The texts of a document cannot be shown; the message is the path at fault."""

    code = "bad-consent-document"


class DocumentChanged(Conflict):
    """Another version was published between reading and signing."""

    code = "consent-document-changed"


def publish_document(session: PortalSession, *, kind: str, texts: dict[str, Any], now: datetime) -> ConsentDocument:
    """Publish the next version of a kind; whoever signed an earlier one is asked again. Raises BadDocument."""
    try:
        check_texts(texts)
    except UnreadableDocument as error:
        raise BadDocument(str(error)) from error
    latest = session.scalar(select(func.max(ConsentDocument.version)).where(ConsentDocument.kind == kind))
    document = ConsentDocument(
        kind=kind,
        version=(latest or 0) + 1,
        texts=texts,
        published_at=now,
        published_by=session.principal.user_id,
    )
    session.add(document)
    session.flush()
    return document


def sign_document(
    session: PortalSession,
    *,
    patient_id: UUID,
    kind: str,
    sha256: str,
    language: str,
    typed_name: str,
    zone: str,
    now: datetime,
) -> Signature:
    """Sign what was read: `sha256` is of the text that the reader was shown in `language`.

    Raises DocumentChanged when that is no longer the current text. Signing the same version again is the same
    signature.
    """
    document = current_document(session, kind=kind)
    if document is None:
        raise DocumentChanged
    reading = document.read_in(language)
    if reading.sha256 != sha256:
        raise DocumentChanged
    who = session.principal
    round_ = times_withdrawn(session, patient_id=patient_id, document_id=document.id)
    signature = Signature(
        patient_id=patient_id,
        document_id=document.id,
        kind=document.kind,
        version=document.version,
        round=round_,
        language=reading.language,
        sha256=reading.sha256,
        typed_name=typed_name.strip()[:LONGEST_NAME],
        signed_at=now,
        signed_by=who.actor_id,
        zone=zone,
        address=who.address,
        device=who.device,
    )
    try:
        with session.begin_nested():
            session.add(signature)
            session.flush()
    except IntegrityError as error:
        if constraint_of(error) != "uq_signature_tenant_id_patient_id_document_id_round":
            raise
        return session.scalars(
            select(Signature).where(
                Signature.patient_id == patient_id, Signature.document_id == document.id, Signature.round == round_
            )
        ).one()
    emit(session, ConsentSigned(patient_id=patient_id, signature_id=signature.id), now=now)
    return signature


def withdraw_consent(session: PortalSession, *, patient_id: UUID, signature_id: UUID, now: datetime) -> None:
    """From now on the signature holds no longer; withdrawn already, nothing changes. Raises NotFound."""
    if signature_by_id(session, patient_id=patient_id, signature_id=signature_id) is None:
        raise NotFound("signature")
    withdrawal = Withdrawal(
        patient_id=patient_id, signature_id=signature_id, withdrawn_at=now, withdrawn_by=session.principal.actor_id
    )
    try:
        with session.begin_nested():
            session.add(withdrawal)
            session.flush()
    except IntegrityError as error:
        if constraint_of(error) != "uq_withdrawal_tenant_id_signature_id":
            raise
        return
    emit(session, ConsentWithdrawn(patient_id=patient_id, signature_id=signature_id), now=now)


@dataclass(frozen=True, kw_only=True)
class PdfRequest:
    """What the renderer needs, read before it starts."""

    language: str
    values: dict[str, Any]


class RenderConsentPdf:
    """Makes the signed PDF (kernel.tasks.Outside): rendering takes long, so no transaction stays open meanwhile."""

    kind = "consent.render_pdf"
    purpose = "documents"
    template = "consent/signed.pdf.html"

    def __init__(self, *, renderer: PdfRenderer, objects: ObjectStore) -> None:
        self._renderer = renderer
        self._objects = objects

    def claim(self, session: PortalSession, subject_id: UUID, *, now: datetime) -> PdfRequest | None:
        """The signature and its text; None when the PDF is there already."""
        signature = session.get(Signature, (session.tenant_id, subject_id))
        if signature is None or pdf_of(session, signature_id=subject_id) is not None:
            return None
        document = session.get_one(ConsentDocument, (session.tenant_id, signature.document_id))
        values = _values(signature, document, letterhead(session))
        return PdfRequest(language=signature.language, values=values)

    def call(self, request: PdfRequest, *, again: bool, now: datetime) -> bytes:
        """Render; doing it again harms nobody."""
        return self._renderer.render(self.template, request.language, request.values)

    def settle(self, session: PortalSession, subject_id: UUID, answer: bytes, *, now: datetime) -> None:
        """Store the object, then the row that names it."""
        if pdf_of(session, signature_id=subject_id) is not None:
            return
        signature = session.get_one(Signature, (session.tenant_id, subject_id))
        stored = self._objects.put(session, answer)
        session.add(
            DocumentPdf(
                patient_id=signature.patient_id,
                signature_id=subject_id,
                object_id=stored.id,
                sha256=stored.sha256,
                size=stored.size,
                made_at=now,
            )
        )
        session.flush()

    def failed(self, session: PortalSession, subject_id: UUID, *, code: str, now: datetime) -> None:
        """Nothing to undo: the signature stands without its PDF, and the dead task names it."""


def _values(signature: Signature, document: ConsentDocument, clinic: Letterhead) -> dict[str, Any]:
    reading = document.read_in(signature.language)
    return {
        "title": reading.title,
        "body": list(reading.body),
        "version": signature.version,
        "typed_name": signature.typed_name,
        "signed_at": signature.signed_at,
        "zone": signature.zone,
        "address": signature.address,
        "sha256": signature.sha256,
        "reference": str(signature.id),
        "clinic": clinic,
    }
