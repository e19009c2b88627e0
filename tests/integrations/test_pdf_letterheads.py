"""A clinic's colour and logo on paper: drawn, and heard by nobody, since the name stands beside it in words."""

from dataclasses import replace
from io import BytesIO
from uuid import UUID

import pytest
from pypdf import PdfReader

from portal.tenancy import Emblem, Letterhead
from portal.tenancy.rules import LARGEST, draw_logo
from tests.support.papers import CLINIC, PAPERS, paper
from tests.support.pdf import tree_of
from tests.tenancy.test_logo import picture

VIOLET = "#5b2a86"


@pytest.fixture(scope="module")
def dressed() -> Letterhead:
    drawn = draw_logo(picture())
    logo = Emblem(id=UUID(int=1), content=drawn.content, width=drawn.width // 2, height=drawn.height // 2)
    return replace(CLINIC, colour=VIOLET, logo=logo)


def pictures(content: bytes) -> set[tuple[int, int]]:
    return {one.image.size for page in PdfReader(BytesIO(content)).pages for one in page.images if one.image}


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("kind", PAPERS)
def test_the_logo_is_drawn_and_is_no_part_of_what_is_read(kind, language, dressed) -> None:
    with_logo, without = paper(kind, language, clinic=dressed), paper(kind, language)
    assert (pictures(with_logo), pictures(without)) == ({(240, 80)}, set())
    assert [one.kind for one in tree_of(with_logo).walk()] == [one.kind for one in tree_of(without).walk()]
    assert tree_of(with_logo).words() == tree_of(without).words()


@pytest.mark.parametrize("kind", PAPERS)
def test_a_logo_weighs_little(kind, dressed) -> None:
    assert len(paper(kind, "en", clinic=dressed)) - len(paper(kind, "en")) < LARGEST


@pytest.mark.parametrize("kind", PAPERS)
def test_the_line_and_the_name_at_the_head_have_the_clinics_colour(kind, dressed) -> None:
    violet, own = b"0.356863 0.164706 0.52549 ", b"0.043137 0.364706 0.4 "
    for content, colour, count in ((paper(kind, "en", clinic=dressed), violet, own), (paper(kind, "en"), own, violet)):
        drawn = PdfReader(BytesIO(content)).pages[0].get_contents()
        assert drawn is not None
        assert colour in drawn.get_data() and count not in drawn.get_data()


@pytest.mark.parametrize("kind", PAPERS)
def test_every_paper_says_who_wrote_it_and_where_they_are(kind) -> None:
    words = tree_of(paper(kind, "en")).words()
    assert words.startswith("Harbour Clinic1 Harbour Street+16175550100")
