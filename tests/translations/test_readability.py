"""Patients read plain English: at most the sixth grade, which is what a child of eleven reads without effort."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from portal.consent.standard import standard_telehealth
from portal.intake import standard_form
from tests.translations.audience import is_staffs
from tests.translations.catalogs import source_texts
from tests.translations.readability import KNOWN, grade, syllables, words

HARDEST = 6.0
#: A shorter text says little about how hard it is: one long name fills it.
LONG_ENOUGH, PAGE_LONG_ENOUGH = 12, 40
#: Files whose short texts are names, which nobody chose: of the states and countries.
NAMES = {"portal/kernel/places.py"}


def _english(content: Any) -> Iterator[str]:
    """The English texts of what a new clinic starts from."""
    if isinstance(content, dict):
        english = content.get("en")
        yield from [english] if isinstance(english, str) else []
        content = list(content.values())
    for part in content if isinstance(content, list) else []:
        yield from _english(part)


def _paragraphs(document: dict[str, Any]) -> list[str]:
    return [text for part in document["body"] for text in [part.get("text", ""), *part.get("items", [])]]


def test_each_text_that_patients_meet_is_plain() -> None:
    texts = [text for (_context, text), files in source_texts().items() if not all(map(is_staffs, files))]
    long = [text for text in texts if len(words(text)) >= LONG_ENOUGH]
    assert len(long) > 100
    assert [(round(grade(text), 1), text) for text in long if grade(text) > HARDEST] == []


def test_the_short_texts_of_each_page_are_plain_together() -> None:
    pages: dict[str, list[str]] = defaultdict(list)
    for (_context, text), files in source_texts().items():
        for file in files - NAMES:
            if not is_staffs(file):
                pages[file].append(text)
    whole = {file: "\n".join(sorted(texts)) for file, texts in pages.items()}
    long = {file: text for file, text in whole.items() if len(words(text)) >= PAGE_LONG_ENOUGH}
    assert len(long) > 50
    assert {file: round(grade(text), 1) for file, text in long.items() if grade(text) > HARDEST} == {}


def test_the_questions_and_the_consent_of_a_new_clinic_are_plain() -> None:
    texts = [*_english(standard_form()), *_paragraphs(standard_telehealth()["en"])]
    long = [text for text in texts if len(words(text)) >= LONG_ENOUGH]
    assert len(long) > 15
    assert [(round(grade(text), 1), text) for text in long if grade(text) > HARDEST] == []


@pytest.mark.parametrize(
    ("count", "known"),
    [
        (1, "the called saved times used closed notes phone some clothes safe while signed choose"),
        (
            2,
            "clinic patient people table pages needed uses changes handled minutes private trouble passkey e-mail",
        ),
        (3, "appointment everything video allergy medicine area idea created devices messages services usual provided"),
        (4, "available everybody actually information"),
    ],
)
def test_syllables_are_counted_as_they_are_said(count: int, known: str) -> None:
    assert {word: syllables(word) for word in known.split()} == dict.fromkeys(known.split(), count)


@pytest.mark.parametrize(
    ("hardest", "text"),
    [
        (3.0, "Call the clinic. They know what to do, and they can help you now."),
        (6.0, "You can stop at any time. What was done before stays in your record, and you can read it here."),
    ],
)
def test_a_plain_text_is_in_a_low_grade(hardest: float, text: str) -> None:
    assert grade(text) <= hardest


def test_a_hard_text_is_in_a_high_grade() -> None:
    notice = (
        "Notwithstanding the aforementioned provisions, authorization for the disclosure of individually identifiable"
        " information constitutes an irrevocable acknowledgement of the applicable regulations."
    )
    assert grade(notice) > 20
    assert grade(notice.replace(" of ", ". ")) < grade(notice)


def test_what_is_filled_in_and_addresses_do_not_count_as_hard_words() -> None:
    assert words("Call %(name)s: +1 512 555 0142 or <b>name@example.com</b>.") == ["Call", "name", "name", "or", "name"]


def test_each_known_long_word_is_said_to_patients() -> None:
    said = {word.lower().removesuffix("s") for (_context, text) in source_texts() for word in words(text)}
    assert set(KNOWN) - said == set()
