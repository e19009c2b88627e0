"""A receipt and a signed consent in each language, as the portal's renderer makes them."""

from datetime import UTC, datetime
from typing import Any

from portal.consent import standard_telehealth
from portal.integrations.pdf import WeasyPrintRenderer
from portal.kernel.money import Money
from portal.tenancy import Letterhead

PAID = datetime(2026, 11, 24, 17, 30, tzinfo=UTC)
SERVICES = {
    "en": "First visit",
    "es": "Primera consulta",
    "fr": "Première visite",
    "pt": "Primeira consulta",
    "ar": "الزيارة الأولى",
    "hi": "पहली मुलाकात",
    "bn": "প্রথম সাক্ষাৎ",
    "sw": "Ziara ya kwanza",
    "vi": "Lần khám đầu tiên",
    "zh": "初次就诊",
    "ht": "Premye vizit",
    "tl": "Unang pagbisita",
}
CLINIC = Letterhead(name="Harbour Clinic", country="US", address="1 Harbour Street", phone="+16175550100")


def receipt_values(language: str, **changes: Any) -> dict[str, Any]:
    """What stands on a receipt."""
    return {
        "clinic": CLINIC,
        "number": 1001,
        "patient_name": "María Gómez",
        "service": SERVICES[language],
        "service_language": language,
        "practitioner_name": "Dr. Priya Raman",
        "visit_at": PAID,
        "issued_at": PAID,
        "paid_at": PAID,
        "amount": Money(4500, "USD"),
        "references": ["pi_123"],
        "zone": "America/New_York",
    } | changes


def consent_values(language: str, **changes: Any) -> dict[str, Any]:
    """What stands on a signed consent: the text that a new clinic starts from."""
    return {
        **standard_telehealth()[language],
        "version": 1,
        "typed_name": "María Gómez",
        "signed_at": PAID,
        "zone": "America/New_York",
        "address": "127.0.0.1",
        "sha256": "ab" * 32,
        "reference": "0b7c2f1e-6f5a-4f3c-9d0e-2a1b3c4d5e6f",
        "clinic": CLINIC,
    } | changes


#: A paper's template, and what stands on it.
PAPERS = {
    "receipt": ("billing/receipt.pdf.html", receipt_values),
    "consent": ("consent/signed.pdf.html", consent_values),
}


def paper(kind: str, language: str, **changes: Any) -> bytes:
    """The PDF."""
    template, values = PAPERS[kind]
    return WeasyPrintRenderer().render(template, language, values(language, **changes))


def receipt(language: str, **changes: Any) -> bytes:
    """The PDF of a receipt."""
    return paper("receipt", language, **changes)
