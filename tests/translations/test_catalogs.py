"""Catalogs are complete and whole: nothing missing, nothing left over, placeholders and tags as in the source."""

import pytest
from babel.messages.pofile import PoFileError

from tests.translations.catalogs import TRANSLATED, catalog, key, read_catalog, source_texts, texts_in
from tests.translations.rules import RULES, Rule, missing, unused

GOOD = r"""
msgid ""
msgstr ""
"Language: ar\n"
"Content-Type: text/plain; charset=utf-8\n"

msgid "Hello"
msgstr "مرحبا"

msgid "See <a href=\"/help\">help</a> of %(name)s"
msgstr "مساعدة %(name)s <a href=\"/help\">هنا</a>"

msgid "%(num)s visit"
msgid_plural "%(num)s visits"
msgstr[0] "لا زيارات"
msgstr[1] "زيارة واحدة"
msgstr[2] "زيارتان"
msgstr[3] "%(num)s زيارات"
msgstr[4] "%(num)s زيارة"
msgstr[5] "%(num)s زيارة"
"""
WANTED = {("", "Hello"), ("", 'See <a href="/help">help</a> of %(name)s'), ("", "%(num)s visit")}
#: Rule → what is changed in the good catalog, once for each way to break it.
FAULTS = {
    "missing": [
        ('msgid "Hello"\nmsgstr "مرحبا"', ""),
        ('"مرحبا"', '""'),
        ('"زيارتان"', '""'),
        ('msgstr[5] "%(num)s زيارة"', ""),
    ],
    "unused": [
        ("%(num)s visit", "%(num)s call"),
        ('msgid "Hello"', 'msgctxt "to a friend"\nmsgid "Hello"'),
        ('msgid "Hello"', '#~ msgid "Bye"\n#~ msgstr "وداعا"\n\nmsgid "Hello"'),
    ],
    "fuzzy": [('msgid "Hello"', '#, fuzzy\nmsgid "Hello"')],
    "plural_forms": [
        ('"Language: ar', '"Plural-Forms: nplurals=7; plural=(n != 1);\\n"\n"Language: ar'),
    ],
    "broken_placeholders": [
        ("مساعدة %(name)s", "مساعدة"),
        ("مساعدة %(name)s", "مساعدة %(nom)s"),
        ("مساعدة %(name)s", "مساعدة %(name)"),
        ("مساعدة %(name)s", "مساعدة %(name)s 5%"),
        ("مساعدة %(name)s", "مساعدة %(name)s %(other)"),
    ],
    "lost_tags": [
        ('<a href=\\"/help\\">هنا</a>', "هنا"),
        ('<a href=\\"/help\\">هنا', '<a href=\\"/مساعدة\\">هنا'),
        ("هنا</a>", "هنا<a>"),
    ],
    "edges": [('"مرحبا"', '"مرحبا "'), ('"مرحبا"', '"\\nمرحبا"')],
    "foreign_letters": [("مرحبا", "مرحбا"), ("مرحبا", "नमस्ते")],
    "own_script": [("مرحبا", "Hello to everybody here")],
}


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_catalog_keeps_each_rule(language: str, rule: Rule) -> None:
    # Where staff's pages are not in the language, staff's texts are there and may be empty.
    wanted = texts_in(language) if rule is missing else source_texts()
    assert list(rule(catalog(language), wanted)) == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalog_says_its_language_and_has_each_text_once(language: str) -> None:
    head = dict(catalog(language).mime_headers)
    assert (head["Language"], head["Content-Type"]) == (language, "text/plain; charset=utf-8")
    assert len({key(message) for message in catalog(language)}) == len(list(catalog(language)))


def test_a_whole_catalog_has_no_fault() -> None:
    whole = read_catalog(GOOD.encode(), "ar")
    assert [fault for rule in RULES for fault in rule(whole, WANTED)] == []


@pytest.mark.parametrize(
    ("rule", "before", "after"),
    [(rule, *change) for rule in RULES for change in FAULTS[rule.__name__]],
)
def test_each_rule_sees_its_fault(rule: Rule, before: str, after: str) -> None:
    assert before in GOOD
    broken = read_catalog(GOOD.replace(before, after).encode(), "ar")
    assert list(rule(broken, WANTED)) != []


def test_a_text_that_only_staff_meet_may_be_empty_but_not_left_over() -> None:
    empty = read_catalog(GOOD.replace('"مرحبا"', '""').encode(), "ar")
    assert list(missing(empty, WANTED - {("", "Hello")})) == []
    assert list(unused(empty, WANTED - {("", "Hello")})) == [("", "Hello")]


def test_a_plural_form_too_many_cannot_even_be_read() -> None:
    with pytest.raises(PoFileError, match="more translations"):
        read_catalog(GOOD.replace("msgstr[5]", "msgstr[6]").encode(), "ar")
