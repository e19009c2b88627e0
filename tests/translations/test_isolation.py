"""What is put into a sentence turns nothing around it: a name, an address, a code in text of the other direction."""

import re
from html import unescape

import pytest
from jinja2 import Environment, select_autoescape
from markupsafe import Markup

from portal.kernel.bidi import inserted
from portal.kernel.locale import (
    LANGUAGES,
    format_list,
    gettext,
    lazy_gettext,
    left_to_right,
    ngettext,
    pgettext,
    use_locale,
)
from portal.kernel.speaking import speak
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.translations.catalogs import source_texts

ARABIC, LATIN = "د. ليلى (القلب)", "Ann O'Neil, M.D."
#: Reader's language → what turns a sentence in it, and what does not.
NAMES = {"ar": (LATIN, ARABIC), "en": (ARABIC, LATIN), "hi": (ARABIC, "अनीता (डॉ.)"), "zh": (ARABIC, "王小明")}
PLACES = re.compile(r"%\((\w+)\)s")


def sentences() -> list[tuple[str, str, set[str]]]:
    """Each text that is told something: its context, its words, and what. What is counted may leave its number out."""
    found = ((context, text, {*PLACES.findall(text)}) for context, text in source_texts())
    return sorted((context, text, places) for context, text, places in found if places and "num" not in places)


@pytest.fixture(scope="module")
def templates() -> Environment:
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=select_autoescape(default_for_string=True))
    speak(environment)
    return environment


def wrapped(value: str) -> str:
    return f"\u2068{value}\u2069"


def test_there_are_sentences_with_names() -> None:
    assert len(sentences()) > 100
    assert any("name" in places for _context, _text, places in sentences())


@pytest.mark.parametrize("language", NAMES)
def test_a_name_of_the_other_direction_is_isolated_in_every_sentence_of_the_code(language: str) -> None:
    foreign, own = NAMES[language]
    with use_locale(language, "UTC"):
        for context, text, places in sentences():
            for name, shown in ((foreign, wrapped(foreign)), (own, own)):
                values = dict.fromkeys(places, name)
                said = pgettext(context, text, **values) if context else gettext(text, **values)
                assert said.count(shown) >= len(places), (text, said)
                assert said.count("\u2068") == (said.count(name) if name == foreign else 0), (text, said)


@pytest.mark.parametrize("language", NAMES)
def test_and_in_every_sentence_of_a_template(language: str, templates: Environment) -> None:
    foreign, own = NAMES[language]
    by_context = templates.from_string("{{ pgettext(context, text, **values) }}")
    plain = templates.from_string("{{ _(text, **values) }}")
    with use_locale(language, "UTC"):
        for context, text, places in sentences():
            said = unescape(
                (by_context if context else plain).render(
                    context=context, text=text, values=dict.fromkeys(places, foreign)
                )
            )
            assert said.count(wrapped(foreign)) == said.count(foreign) > 0, (text, said)
            assert wrapped(own) not in said


def test_a_block_of_a_template_isolates_and_escapes_too(templates: Environment) -> None:
    page = templates.from_string("{% trans name=name %}Hello, {{ name }}{% endtrans %}")
    with use_locale("en", "UTC"):
        assert page.render(name="<b>ليلى</b>") == "Hello, \u2068&lt;b&gt;ليلى&lt;/b&gt;\u2069"
        assert page.render(name=Markup("<b>ليلى</b>")) == "Hello, \u2068<b>ليلى</b>\u2069"


def test_where_things_are_counted_it_is_the_same(templates: Environment) -> None:
    with use_locale("en", "UTC"):
        assert ngettext("%(num)s visit of %(name)s", "%(num)s visits of %(name)s", 2, name="ليلى") == (
            "2 visits of \u2068ليلى\u2069"
        )


def test_a_label_that_is_read_later_isolates_for_its_reader() -> None:
    label = lazy_gettext("Hello, %(name)s", name=LATIN)
    with use_locale("en", "UTC"):
        assert str(label) == f"Hello, {LATIN}"
    with use_locale("ar", "UTC"):
        assert wrapped(LATIN) in str(label)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_number_and_a_web_address_stay_as_they_are(language: str) -> None:
    with use_locale(language, "UTC") as locale:
        phone = left_to_right("+1 617 555 0100")
        values = {"link": "https://localhost/harbour/v/1?in=ar", "phone": phone, "num": "12", "count": 3, "none": None}
        assert inserted(values, locale.direction) == values


def test_names_in_a_list_do_not_turn_each_other() -> None:
    with use_locale("ar", "UTC"):
        assert format_list([LATIN, ARABIC]) == f"{wrapped(LATIN)} و{ARABIC}"
    with use_locale("en", "UTC"):
        assert format_list([LATIN, ARABIC]) == f"{LATIN} and {wrapped(ARABIC)}"


def test_what_is_isolated_already_is_not_isolated_twice() -> None:
    values = {"name": wrapped(ARABIC), "markup": Markup(f"<bdi>{ARABIC}</bdi>")}
    assert inserted(values, "ltr") == values


def test_a_name_by_itself_keeps_its_own_end(templates: Environment) -> None:
    line = templates.from_string("<h1>{{ name|settled }}</h1>")
    with use_locale("ar", "UTC"):
        assert unescape(line.render(name=LATIN)) == f"<h1>{wrapped(LATIN)}</h1>"
        assert line.render(name=ARABIC) == f"<h1>{ARABIC}</h1>"
        assert line.render(name=lazy_gettext("Close")) == line.render(name=gettext("Close"))
    with use_locale("en", "UTC"):
        assert unescape(line.render(name=LATIN)) == f"<h1>{LATIN}</h1>"


@pytest.mark.parametrize("path", ["", "sign-in"])
def test_the_clinics_name_and_each_link_of_an_arabic_page_are_settled(
    client: PolicedClient, clinic: Clinic, path: str
) -> None:
    page = client.get(clinic.path(f"{path}?lang=ar"))
    assert page.tree is not None
    title = page.tree.css_first("title").text()
    assert title.endswith(wrapped("Harbour Clinic"))
    footer = page.tree.css_first("body > footer").text()
    assert wrapped("Harbour Clinic") in footer
    assert "\u2068" not in client.get(clinic.path(f"{path}?lang=en")).html
