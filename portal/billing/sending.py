"""Messages about an invoice: queued with a link to it and nothing else."""

from datetime import datetime

from portal.billing.models import Invoice
from portal.kernel.db import PortalSession
from portal.notifications import Recipient, queue_message
from portal.patients import contact_of
from portal.tenancy import own_clinic


def send_about(session: PortalSession, *, invoice: Invoice, template: str, now: datetime) -> None:
    """Queue a message to the patient's contact on file, once for each invoice and template."""
    contact = contact_of(session, patient_id=invoice.patient_id)
    if contact is None:
        return
    clinic = own_clinic(session)
    queue_message(
        session,
        to=Recipient(channel=contact.channel, target=contact.target, language=contact.language, zone=contact.zone),
        template=template,
        values={
            "phone": clinic.phone,
            "link": f"/{clinic.slug}/p/{invoice.patient_id}/invoices/{invoice.id}",
        },
        key=f"invoice:{invoice.id}:{template}",
        due_at=now,
        now=now,
    )
