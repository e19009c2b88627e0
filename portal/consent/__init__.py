"""Consents: documents by version and language, and who signed which, having read exactly what.

Owns the documents that a clinic publishes, signatures with the SHA-256 of the text that was shown, withdrawals, and the
signed PDF (made by a job through the port `PdfRenderer`). Does not decide what needs a consent: visits asks
`has_consent`.
"""

from portal.consent import access
from portal.consent.access import Permission
from portal.consent.events import ConsentSigned, ConsentWithdrawn
from portal.consent.models import ConsentDocument, DocumentPdf, Signature, Withdrawal
from portal.consent.operations import (
    BadDocument,
    DocumentChanged,
    RenderConsentPdf,
    publish_document,
    sign_document,
    withdraw_consent,
)
from portal.consent.ports import PdfRenderer
from portal.consent.queries import (
    ConsentState,
    consent_state,
    current_document,
    has_consent,
    patients_with_consent,
    pdf_of,
    signature_by_id,
    signatures_of,
    withdrawal_of,
)
from portal.consent.rules import Reading, canonical_text, digest, reading_of
from portal.consent.standard import standard_telehealth

__all__ = [
    "BadDocument",
    "ConsentDocument",
    "ConsentSigned",
    "ConsentState",
    "ConsentWithdrawn",
    "DocumentChanged",
    "DocumentPdf",
    "PdfRenderer",
    "Permission",
    "Reading",
    "RenderConsentPdf",
    "Signature",
    "Withdrawal",
    "access",
    "canonical_text",
    "consent_state",
    "current_document",
    "digest",
    "has_consent",
    "patients_with_consent",
    "pdf_of",
    "publish_document",
    "reading_of",
    "sign_document",
    "signature_by_id",
    "signatures_of",
    "standard_telehealth",
    "withdraw_consent",
    "withdrawal_of",
]
