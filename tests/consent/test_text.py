"""The text that is signed, without a database."""

import copy
import hashlib

import pytest

from portal.consent import canonical_text, reading_of, standard_telehealth
from portal.consent.rules import UnreadableDocument, check_texts
from portal.kernel.locale import LANGUAGES


def test_the_standard_text_is_the_same_in_every_language() -> None:
    texts = standard_telehealth()
    check_texts(texts)
    assert set(texts) == set(LANGUAGES)
    shapes = {
        language: [next(iter(block)) + str(len(block.get("items", []))) for block in text["body"]]
        for language, text in texts.items()
    }
    assert all(shape == shapes["en"] for shape in shapes.values())


def test_the_check_number_is_of_exactly_the_words_shown() -> None:
    texts = standard_telehealth()
    reading = reading_of(kind="telehealth", version=1, texts=texts, language="ar")
    text = canonical_text(kind="telehealth", version=1, language="ar", title=reading.title, body=reading.body)
    assert reading.sha256 == hashlib.sha256(text.encode()).hexdigest()
    for block in reading.body:
        for words in block.values():
            for one in [words] if isinstance(words, str) else words:
                assert one in text


def test_version_language_and_each_word_change_the_check_number() -> None:
    texts = standard_telehealth()
    other = copy.deepcopy(texts)
    other["en"]["body"][0]["text"] += "."
    numbers = [
        reading_of(kind="telehealth", version=version, texts=which, language=language).sha256
        for version, which, language in ((1, texts, "en"), (2, texts, "en"), (1, texts, "es"), (1, other, "en"))
    ]
    assert len(set(numbers)) == 4


def test_a_missing_language_falls_back_and_says_in_which_language_it_is() -> None:
    reading = reading_of(kind="telehealth", version=1, texts=standard_telehealth(), language="de")
    assert (reading.language, reading.direction) == ("en", "ltr")
    assert reading_of(kind="telehealth", version=1, texts=standard_telehealth(), language="ar").direction == "rtl"


@pytest.mark.parametrize(
    ("texts", "path"),
    [
        ({}, "texts"),
        ({"en": {"title": " ", "body": [{"text": "x"}]}}, "texts.en.title"),
        ({"en": {"title": "T", "body": []}}, "texts.en.body"),
        ({"en": {"title": "T", "body": [{"text": "x"}, {"html": "<b>"}]}}, "texts.en.body[1]"),
        ({"en": {"title": "T", "body": [{"items": [1]}]}}, "texts.en.body[0]"),
    ],
)
def test_a_text_that_cannot_be_shown_is_refused_with_its_path(texts: object, path: str) -> None:
    with pytest.raises(UnreadableDocument, match=path.replace("[", r"\[").replace("]", r"\]")):
        check_texts(texts)
