"""Languages in which people talk."""

import pytest
from babel import Locale, UnknownLocaleError

from portal.kernel.locale import LANGUAGES, use_locale
from portal.kernel.spoken import OTHER, OWN_NAMES, SIGNED, SPOKEN, spoken_choices, spoken_code, spoken_name

#: What CLDR has no word for in the language itself, or writes otherwise than the portal does.
OURS = {"fj", "hmn", "ht", "ilo", "sm", "tl"}


def test_every_language_that_the_portal_writes_can_be_talked() -> None:
    assert set(LANGUAGES) <= set(OWN_NAMES)


def test_own_names_are_those_of_cldr() -> None:
    wrong = {}
    for code in set(OWN_NAMES) - OURS:
        try:
            own = Locale.parse(code).languages.get(code)
        except UnknownLocaleError:
            own = None
        if own != OWN_NAMES[code]:
            wrong[code] = (own, OWN_NAMES[code])
    assert wrong == {}


@pytest.mark.parametrize("reader", LANGUAGES)
def test_no_choice_is_a_bare_code_in_any_language(reader: str) -> None:
    with use_locale(reader, "UTC"):
        choices = dict(spoken_choices())
    assert set(choices) == SPOKEN
    assert [code for code, name in choices.items() if name in ("", code)] == []


def test_a_language_is_found_by_its_own_name() -> None:
    with use_locale("en", "UTC"):
        choices = dict(spoken_choices())
    assert choices["so"] == "Somali – Soomaali" and choices["en"] == "English"


@pytest.mark.parametrize(
    ("written", "code"),
    [("ar-EG", "ar"), ("fil", "tl"), ("zh_CN", "zh"), ("ase", "ase"), ("xx", None), ("", None), (None, None)],
)
def test_codes_of_other_systems_are_read(written: str | None, code: str | None) -> None:
    assert spoken_code(written) == code


def test_sign_languages_have_names_of_their_own() -> None:
    with use_locale("en", "UTC"):
        assert spoken_name("ase") == "American Sign Language"
        assert {spoken_name(code) for code in SIGNED} == {str(name) for name in SIGNED.values()}
        assert spoken_name(OTHER) == "Another language"
