"""PDFs: words that can be read back, what the document says of itself, and nothing fetched.

Their faces are in test_pdf_faces.py, their order in test_pdf_reading.py.
"""

import unicodedata
from io import BytesIO

import pytest
from markupsafe import Markup
from pypdf import PdfReader

from portal.integrations.pdf import AddressInDocument
from portal.kernel.locale import gettext, use_locale
from tests.support.papers import SERVICES, receipt


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
        receipt("en", references=[planted])
