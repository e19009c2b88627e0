"""Reactions of consent to its own events."""

from datetime import datetime

from portal.consent.events import ConsentSigned
from portal.consent.operations import RenderConsentPdf
from portal.kernel.db import PortalSession
from portal.kernel.tasks import on, schedule


@on(ConsentSigned, kind="consent.ask_for_pdf", purpose="documents")
def ask_for_pdf(session: PortalSession, event: ConsentSigned, *, now: datetime) -> None:
    """Have the signed document made, once a signature."""
    key = f"{RenderConsentPdf.kind}:{event.signature_id}"
    schedule(session, kind=RenderConsentPdf.kind, subject_id=event.signature_id, key=key, due_at=now)
