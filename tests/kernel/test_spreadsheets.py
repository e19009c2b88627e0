"""CSV files that a spreadsheet shows and does not compute."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.spreadsheets import csv_file, harmless

SIGNS = "=+-@＝＋－＠"


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_a_text_that_begins_like_a_formula_is_shown_as_it_is(first: str) -> None:
    assert harmless(f"{first}cmd|' /C calc'!A0") == f"'{first}cmd|' /C calc'!A0"


@pytest.mark.parametrize("text", [" =1+1", "\u00a0=1+1", "\x00=1+1", "Ana;=1+1", "Ana\t@x", "Ana\n-1"])
def test_a_formula_behind_a_space_or_a_separator_is_none_either(text: str) -> None:
    assert "'" in harmless(text)


@pytest.mark.parametrize(
    "text", ["", "Ana Núñez", "2026-11-26T02:00:00Z", "192.0.2.7", "a=b", "O'Hara-Smith", "ana@example.com"]
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text


def test_the_file_is_utf_8_with_its_mark_and_every_cell_quoted() -> None:
    content = csv_file(["name", "note"], [["Ana Núñez", 'says "no", twice'], ["=1+1", None]])
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8-sig") == ('"name","note"\r\n"Ana Núñez","says ""no"", twice"\r\n"\'=1+1",""\r\n')


@given(st.lists(st.text(alphabet=st.sampled_from(SIGNS + "a1 ;,\t\r\n'\"|!"), max_size=12), min_size=1, max_size=4))
def test_no_cell_is_a_formula_whichever_separator_the_reader_takes(cells: list[str]) -> None:
    text = csv_file(["h"] * len(cells), [cells]).decode("utf-8-sig")
    for separator in ",;\t":
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            assert not [cell for cell in row if cell.strip().startswith(tuple(SIGNS))]
