"""PDFs in each language: words that can be read back, fonts inside, tagged, and nothing fetched."""

import re
import unicodedata
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from markupsafe import Markup
from pypdf import PdfReader

from portal.integrations.pdf import AddressInDocument, WeasyPrintRenderer
from portal.kernel.locale import gettext, use_locale
from portal.kernel.money import Money

PAID = datetime(2026, 11, 24, 17, 30, tzinfo=UTC)
SERVICES = {
    "en": "First visit",
    "es": "Primera consulta",
    "ar": "الزيارة الأولى",
    "hi": "पहली मुलाकात",
    "bn": "প্রথম সাক্ষাৎ",
    "vi": "Lần khám đầu tiên",
    "zh": "初次就诊",
}
#: Which face draws the script that Latin faces lack.
FACES = {"ar": "Arabic", "hi": "Devanagari", "bn": "Bengali", "zh": "CJK|Fallback"}


def receipt(language: str, **changes: Any) -> bytes:
    values: dict[str, Any] = {
        "clinic": {"name": "Harbour Clinic", "country": "US", "address": "1 Harbour Street", "phone": "+16175550100"},
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
    }
    return WeasyPrintRenderer().render("billing/receipt.pdf.html", language, values | changes)


def words_of(content: bytes) -> str:
    """The text as a reader would copy it; Arabic letters in their plain forms."""
    text = "\n".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)
    return unicodedata.normalize("NFKC", " ".join(text.split()))


@pytest.mark.parametrize("language", ["en", "es"])
def test_receipt_can_be_read_back(language) -> None:
    text = words_of(receipt(language))
    with use_locale(language, "UTC"):
        title = gettext("Receipt for bill %(number)s", number=1001)
    for words in (title, SERVICES[language], "María Gómez", "Harbour Clinic", "45", "pi_123"):
        assert words in text


def test_arabic_receipt_holds_arabic_letters_from_right_to_left() -> None:
    content = receipt("ar")
    text = words_of(content)
    letters = {each for each in text if unicodedata.bidirectional(each) == "AL"}
    assert set(SERVICES["ar"].replace(" ", "")) & letters >= set("الزيرة")
    assert "\ufffd" not in text
    assert PdfReader(BytesIO(content)).root_object["/Lang"].startswith("ar")


@pytest.mark.parametrize("language", SERVICES)
def test_all_fonts_are_inside(language) -> None:
    fonts = [
        font.get_object()
        for page in PdfReader(BytesIO(receipt(language))).pages
        for font in page["/Resources"]["/Font"].values()
    ]
    assert fonts
    names = []
    for font in fonts:
        described = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(described)
        names.append(str(font["/BaseFont"]))
    if language in FACES:
        assert any(re.search(FACES[language], name) for name in names), names


def test_document_is_tagged_and_says_its_title_and_language() -> None:
    reader = PdfReader(BytesIO(receipt("es")))
    root = reader.root_object
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert str(root["/Lang"]).startswith("es")
    assert reader.metadata is not None
    assert "1001" in str(reader.metadata.title)


def test_markup_in_a_name_is_words() -> None:
    assert "<b>Eve</b>" in words_of(receipt("en", patient_name="<b>Eve</b>"))


@pytest.mark.parametrize("address", ["file:///etc/hostname", "http://127.0.0.1:9/secret.png"])
def test_no_file_and_no_address_is_read(address) -> None:
    planted = Markup(f'<img alt="x" src="{address}">')  # what a hole in a template would let through
    with pytest.raises(AddressInDocument):
        receipt("en", patient_name=planted)


def test_consent_is_made_by_the_same_renderer() -> None:
    content = WeasyPrintRenderer().render(
        "consent/signed.pdf.html",
        "en",
        {
            "title": "Consent to video visits",
            "body": [{"heading": "What it is"}, {"text": "A visit by video."}, {"items": ["one", "two"]}],
            "version": 1,
            "typed_name": "María Gómez",
            "signed_at": PAID,
            "zone": "America/New_York",
            "address": "127.0.0.1",
            "sha256": "ab" * 32,
            "reference": "1",
            "clinic": {"name": "Harbour Clinic", "country": "US", "phone": "+16175550100"},
        },
    )
    assert "A visit by video." in words_of(content)
