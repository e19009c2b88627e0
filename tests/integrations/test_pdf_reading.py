"""How PDFs are read: tagged in the order of their template, right-to-left in order, names that turn nothing."""

import re
from dataclasses import replace
from io import BytesIO

import pytest
from pypdf import PdfReader
from selectolax.lexbor import LexborHTMLParser

from portal.integrations.pdf import renderer
from portal.kernel.locale import LANGUAGES, use_locale
from tests.support.papers import CLINIC, PAPERS, paper, receipt
from tests.support.pdf import Element, tree_of

#: What is read at once: the template's elements, and the structure's.
BLOCKS = "p, h1, h2, li, caption, th, td"
KINDS = {"P", "H1", "H2", "LBody", "Caption", "TH", "TD"}
#: Spaces at the end of a line are not drawn, nor is what only steers the direction.
UNDRAWN = re.compile("[\\s\u200b-\u200f\u202a-\u202e\u2060-\u2069]")


def drawn(text: str) -> str:
    return UNDRAWN.sub("", text)


def blocks_of_template(kind: str, language: str) -> list[str]:
    template, values = PAPERS[kind]
    with use_locale(language, "America/New_York") as locale:
        html = renderer._environment().get_template(template).render({**values(language), "locale": locale})
    body = LexborHTMLParser(html).css_first("body")
    assert body is not None
    return [drawn(block.text()) for block in body.css(BLOCKS)]


def blocks_of(content: bytes) -> list[str]:
    return [drawn(block.words()) for block in tree_of(content).walk() if block.kind in KINDS]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", PAPERS)
def test_paper_is_read_in_the_order_of_its_template(kind, language) -> None:
    assert blocks_of(paper(kind, language)) == blocks_of_template(kind, language)


def test_service_in_another_language_than_the_paper_says_so() -> None:
    tree = tree_of(receipt("ar", service="Quick visit", service_language="en"))
    (service,) = (one for one in tree.walk() if one.says == "Quick visit")
    assert service.language == "en"
    assert {one.language for one in tree.walk() if one is not service} == {""}


def test_order_of_glyphs_is_not_how_hindi_is_read() -> None:
    """Why each line says what it is: this fails when WeasyPrint says it itself."""
    assert "".join(one.text for one in tree_of(receipt("hi")).walk()) != "".join(blocks_of_template("receipt", "hi"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", PAPERS)
def test_paper_says_that_it_is_tagged_and_in_which_language(kind, language) -> None:
    root = PdfReader(BytesIO(paper(kind, language))).root_object
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == language
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    kinds = {element.kind for element in tree_of(paper(kind, language)).walk()}
    assert kinds >= {"Document", "H1", "P"} | ({"Caption"} if kind == "receipt" else {"H2", "L"})
    assert kinds >= {"Table", "TR", "TH", "TD"}


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        ("receipt", {"Patient": "María Gómez", "Clinician": "Dr. Priya Raman"}),
        ("consent", {"Signed by": "María Gómez", "Version": "1", "Signed from the network address": "127.0.0.1"}),
    ],
)
def test_each_fact_of_a_paper_names_the_word_that_it_belongs_to(kind, facts) -> None:
    cells = [one for one in tree_of(paper(kind, "en")).walk() if one.kind in {"TH", "TD"}]
    words = {one.id: one.words() for one in cells if one.kind == "TH"}
    said = {words[one.headers[0]]: one.words().strip() for one in cells if one.kind == "TD"}
    assert said.items() >= facts.items()


def line_with(tree: Element, letter: str) -> str:
    """The one line that holds the letter, as it stands on the page from left to right."""
    (line,) = {one.text.strip() for one in tree.walk() if letter in one.text}
    return line


def test_arabic_stands_from_right_to_left() -> None:
    line = line_with(tree_of(receipt("ar", patient_name="زينب ظظ")), "ظ")
    assert line == "زينب ظظ"[::-1]


ARABIC_NAME = "محمد ظ. م."
ENGLISH_NAME = "Dr. Quinn, M.D."


def test_arabic_name_in_an_english_paper_keeps_its_own_end() -> None:
    line = line_with(tree_of(receipt("en", patient_name=ARABIC_NAME)), "ظ")
    assert line == ARABIC_NAME[::-1]


def test_english_name_in_an_arabic_paper_keeps_its_own_end() -> None:
    assert line_with(tree_of(receipt("ar", practitioner_name=ENGLISH_NAME)), "Q") == ENGLISH_NAME


def test_name_that_is_not_isolated_turns(monkeypatch) -> None:
    monkeypatch.setitem(renderer._environment().globals, "isolated", str)
    assert line_with(tree_of(receipt("en", patient_name=ARABIC_NAME)), "ظ") != ARABIC_NAME[::-1]
    assert line_with(tree_of(receipt("ar", practitioner_name=ENGLISH_NAME)), "Q") != ENGLISH_NAME


@pytest.mark.parametrize("kind", PAPERS)
def test_phone_numbers_plus_sign_stays_before_it_in_an_arabic_paper(kind) -> None:
    assert line_with(tree_of(paper(kind, "ar")), "6175550100") == CLINIC.phone


@pytest.mark.parametrize(
    ("kind", "where"),
    [("receipt", "patient_name"), ("receipt", "practitioner_name"), ("receipt", "service"), ("consent", "typed_name")],
)
def test_what_people_wrote_is_isolated(kind, where) -> None:
    assert line_with(tree_of(paper(kind, "ar", **{where: ENGLISH_NAME})), "Q") == ENGLISH_NAME


def test_clinics_name_and_address_are_isolated() -> None:
    clinic = replace(CLINIC, name="Quay Clinic, Inc.", address="1 Zuider St.")
    tree = tree_of(receipt("ar", clinic=clinic))
    assert line_with(tree, "Q") == clinic.name
    assert line_with(tree, "Z") == clinic.address
