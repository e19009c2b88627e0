"""Search over ICD-10-CM, and when a save conflicts."""

import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.charting import NoteText, search_diagnoses
from portal.charting.rules import diagnosis_by_code, implausible, outcome_of_save
from portal.kernel.ids import new_id


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("J06.9", "J06.9"),
        ("j069", "J06.9"),
        ("acute upper resp", "J06.9"),
        ("hypertension essential", "I10"),
        ("DIAB type 2", "E11.9"),
        ("cough", "R05.9"),
    ],
)
def test_a_diagnosis_is_found_by_words_and_by_code(text: str, code: str) -> None:
    assert code in [one.code for one in search_diagnoses(text)]


def test_what_was_typed_as_a_phrase_comes_before_the_same_words_apart() -> None:
    assert search_diagnoses("acute bronchitis")[0].code == "J20.9"
    assert search_diagnoses("essential hypertension")[0].code == "I10"


def test_only_billable_codes_are_found() -> None:
    assert diagnosis_by_code("J06") is None
    assert diagnosis_by_code("J06.9") is not None
    assert {one.code for one in search_diagnoses("J06")} == {"J06.0", "J06.9"}


def test_a_search_is_fast_once_the_index_is_made() -> None:
    search_diagnoses("cough")
    started = time.perf_counter()
    for text in ("unspecified", "initial encounter fracture", "dis", "pain", "a b c"):
        search_diagnoses(text)
    assert time.perf_counter() - started < 2.5


@given(st.text(max_size=40))
def test_no_text_breaks_the_search(text: str) -> None:
    assert len(search_diagnoses(text, limit=5)) <= 5


A, B = NoteText(subjective="a"), NoteText(subjective="b")


def outcome(*, stored: int = 3, base: int = 3, same_page: bool = False, text: NoteText = B) -> str:
    page = new_id()
    return outcome_of_save(
        stored_version=stored,
        stored_text=A,
        stored_editor=page,
        base_version=base,
        text=text,
        editor=page if same_page else new_id(),
    )


def test_what_a_save_means() -> None:
    assert outcome() == "newer"
    assert outcome(text=A, base=1) == "same"
    assert outcome(base=2) == "conflict"
    assert outcome(base=2, same_page=True) == "newer", "its own answer was lost"
    assert outcome(base=1, same_page=True) == "conflict"
    assert outcome(base=4) == "conflict"


def test_line_ends_are_no_change() -> None:
    assert NoteText(plan="a\r\nb").normalised() == NoteText(plan="a\nb")


def test_a_slip_of_the_finger_is_noticed() -> None:
    assert implausible("8310-5", Decimal("375"))
    assert not implausible("8310-5", Decimal("37.5"))
    assert not implausible("unknown", Decimal(1))
