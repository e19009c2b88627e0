"""Translations use the agreed terms of `locales/glossary`, so that a patient meets one word for one thing."""

import pytest

from tests.translations.catalogs import TRANSLATED, forms, messages, sources
from tests.translations.glossary import OTHER_MEANINGS, Term, glossary, missing_terms, plain, read_table, terms_in

#: (term, how the English text begins): why a good sentence of some languages does without the agreed word.
WITHOUT = {
    ("patient", "I was already a patient here"): "one has been treated here, or has a record here",
    ("patient", "May see patients in"): "a licence for places",
    ("patient", "Patients can move or cancel until"): "a label of a number of minutes; the verb needs no subject",
    ("patient", "The clinician cannot see the patient then"): "the clinician is not free then",
    ("patient", "These people say that they were patients"): "they say that they have a record",
    ("clinician", "See a clinician by video"): "in two languages one is seen, and nobody says by whom",
    ("clinician", "Write about the person who will see the clinician"): "the person who has the visit",
    ("clinician", "They are signed out everywhere and cannot sign in until"): "said of the person before",
    ("booked", "Booked for %(when)s. This page shows by itself"): "the time of the visit",
    ("booked", "Somebody else has just booked this time"): "somebody has taken it",
    ("sign in", "If staff sign in with this address"): "an address that staff use",
    ("link", "One a line: the group, an equals sign"): "the verb",
}
#: (term, context): where the context says that the word means another thing than the glossary's.
IN_ANOTHER_SENSE = {("note", "a remark")}
TABLE = """
| English | Deutsch | Note | Also |
|---|---|---|---|
| visit | Termin | what happens (between two) | |
| book, booked | buchen | | buch, gebucht |
| emergency | Notfall | | |
| emergency number | Notrufnummer (112) | | |
| move (a visit) | verschieben | | — |
"""


def _reason(term: str, english: str) -> tuple[str, str] | None:
    return next((key for key in WITHOUT if key[0] == term and english.startswith(key[1])), None)


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_use_the_agreed_terms(language: str) -> None:
    wrong = [
        (term, english, shown)
        for message in messages(language)
        for english, shown in [(" ".join(sources(message)), " ".join(forms(message)))]
        for term in missing_terms(english, shown, glossary(language))
        if _reason(term, english) is None and (term, message.context) not in IN_ANOTHER_SENSE
    ]
    assert wrong == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_most_terms_of_a_glossary_are_words_of_the_portal(language: str) -> None:
    held = {
        word for message in messages(language) for word, _ in terms_in(" ".join(sources(message)), glossary(language))
    }
    asked = [term for term in glossary(language) if not term.advice]
    # The others are words of what clinics write.
    assert sum(bool(set(term.english) & held) for term in asked) > max(35, len(asked) * 3 / 4)


def test_each_exception_is_still_needed() -> None:
    missed = [
        (term, english, message.context)
        for language in TRANSLATED
        for message in messages(language)
        for english in [" ".join(sources(message))]
        for term in missing_terms(english, " ".join(forms(message)), glossary(language))
    ]
    assert set(WITHOUT) - {_reason(term, english) for term, english, _ in missed} == set()
    assert IN_ANOTHER_SENSE - {(term, context) for term, _, context in missed} == set()
    texts = [plain(" ".join(sources(message))) for message in messages("fr")]
    assert [phrase for phrase in OTHER_MEANINGS if not any(phrase in text for text in texts)] == []


def test_a_table_is_read_with_its_variants_and_its_advice() -> None:
    visit, book, _emergency, number, move = read_table(TABLE)
    assert visit == Term(("visit",), ("termin",))
    assert book.english == ("book", "booked") and "gebucht" in book.accepted
    assert number.accepted == ("notrufnummer",)
    assert move.advice


@pytest.mark.parametrize(
    ("english", "shown", "missing"),
    [
        ("Your visits", "Ihre Termine", []),
        ("Your visits", "Ihre Besuche", ["visit"]),
        ("Visitors", "Gäste", []),
        ("Call the emergency number", "Wählen Sie die Notrufnummer", []),
        ("Call the emergency number", "Rufen Sie im Notfall an", ["emergency number"]),
        ("Booked for <b>%(visit)s</b>", "Gebucht für <b>%(visit)s</b>", []),
        ("Move it", "Weg damit", []),
    ],
)
def test_a_term_that_is_not_used_is_seen(english: str, shown: str, missing: list[str]) -> None:
    assert missing_terms(english, shown, tuple(read_table(TABLE))) == missing
