"""One English word with several meanings has a translation for each, told apart by its context."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from jinja2 import Environment

from portal.integrations.pdf import renderer
from portal.kernel import locale
from portal.kernel.locale import gettext, lazy_pgettext, npgettext, pgettext, use_locale
from portal.kernel.speaking import speak
from portal.notifications import rendering
from tests.translations.catalogs import source_texts

#: Words that no place asks for without a context.
AMBIGUOUS = {"From", "To", "Number", "For", "None", "Signed", "Asked for"}


def test_the_plan_of_an_insurance_is_another_word_than_that_of_a_note() -> None:
    with use_locale("zh", "UTC"):
        assert (pgettext("of an insurance", "Plan"), gettext("Plan")) == ("保险计划", "计划")
    with use_locale("en", "UTC"):
        assert pgettext("of an insurance", "Plan") == "Plan"


def test_a_label_is_read_in_the_language_of_the_moment() -> None:
    label = lazy_pgettext("moving a visit", "To")
    with use_locale("fr", "UTC"):
        assert str(label) == "À"
    with use_locale("zh", "UTC"):
        assert str(label) == "新时间"


@pytest.mark.parametrize("make", [renderer._environment, rendering._environment], ids=["documents", "messages"])
def test_documents_and_messages_know_contexts(make: object) -> None:
    template = make().from_string("{{ pgettext('moving a visit', 'From') }} {{ pgettext('x', 'a %(b)s', b='<c>') }}")  # type: ignore[operator]
    with use_locale("zh", "UTC"):
        assert template.render().startswith("原时间 a ")


def test_a_template_fills_in_and_counts_within_a_context() -> None:
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    speak(environment)
    text = "{{ pgettext('x', 'by %(who)s', who='<b>') }}: {{ npgettext('x', '%(num)s copy', '%(num)s copies', 2) }}"
    with use_locale("en", "UTC"):
        assert environment.from_string(text).render() == "by &lt;b&gt;: 2 copies"


def test_a_plural_is_chosen_within_its_context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = Catalog(locale="fr")
    catalog.add(("%(num)s bill", "%(num)s bills"), ("%(num)s facture", "%(num)s factures"), context="of a clinic")
    catalog.add(("%(num)s bill", "%(num)s bills"), ("%(num)s billet", "%(num)s billets"), context="of a bank")
    folder = tmp_path / "fr" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "messages.mo").open("wb") as file:
        write_mo(file, catalog)
    monkeypatch.setattr(locale, "LOCALES_DIR", tmp_path)
    monkeypatch.setattr(locale, "_catalog", locale._catalog.__wrapped__)
    with use_locale("fr", "UTC"):
        said = [npgettext(context, "%(num)s bill", "%(num)s bills", 2) for context in ("of a clinic", "of a bank")]
        assert said == ["2 factures", "2 billets"]
        assert npgettext("of a bird", "%(num)s bill", "%(num)s bills", 1) == "1 bill"


def test_words_of_several_meanings_are_asked_for_with_a_context() -> None:
    assert {text for context, text in source_texts() if not context} & AMBIGUOUS == set()
    assert {context for context, text in source_texts() if text == "Plan"} == {"", "of an insurance"}
    assert {context for context, text in source_texts() if text == "Note"} == {"", "a remark"}


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        # A clinician's note is the visit's record in these languages, and what somebody remarks is none.
        ("vi", "Note", {"": "Ghi chép", "a remark": "Ghi chú"}),
        ("zh", "Note", {"": "记录", "a remark": "备注"}),
        # The word for the day of a signature is no state of a note.
        ("ar", "Signed", {"a note": "موقّعة", "on a day": "تاريخ التوقيع"}),
        ("ar", "Asked for", {"sensitive parts of a record": "طُلبت", "where a refund was asked for": "مكان الطلب"}),
        # What there is none of, or all of, has a gender.
        ("es", "None", {"an account": "Ninguna", "a way to reach somebody": "Ninguno"}),
        ("fr", "All", {"records": "Tous", "bills": "Toutes"}),
    ],
)
def test_meanings_that_a_language_tells_apart_have_their_own_words(
    language: str, text: str, said: dict[str, str]
) -> None:
    with use_locale(language, "UTC"):
        shown = {context: pgettext(context, text) if context else gettext(text) for context in said}
    assert shown == said
