"""What a clinic has not translated shows in another language, marked as such, and the page says so once."""

from collections.abc import Callable

import pytest
from markupsafe import escape

from portal.intake import publish_form, standard_form
from portal.kernel.db import Database
from portal.kernel.locale import ReaderLocale, gettext, languages_instead, own_text, set_locale, use_locale
from portal.kernel.permissions import Role
from tests.factories.identity import staff_member
from tests.factories.intake import publish_standard_form
from tests.factories.patients import make_patient
from tests.factories.scheduling import make_visit_type
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock

NOTE = "Part of this page is in %(language)s, because the clinic has not translated it yet."


def note(reader: str, language: str) -> str:
    """The sentence in the reader's language, as it stands in the page."""
    with use_locale(reader, "UTC"):
        return str(escape(gettext(NOTE, language=language)))


@pytest.fixture
def patient(client: PolicedClient, clinic: Clinic, worker_database: Database, clock: Clock) -> str:
    """Somebody is signed in; where their pages begin."""
    account, record = make_patient(worker_database, clinic, now=clock.now)
    client.sign_in(account)
    return clinic.path(f"p/{record}/")


def test_the_languages_that_stand_in_are_those_of_this_reader_and_page() -> None:
    with use_locale("sw", "UTC"):
        assert own_text({"en": "Rash", "sw": "Upele"})[1] == "sw" and languages_instead() == ""
        with use_locale("vi", "UTC"):
            own_text({"en": "Rash"})
            assert languages_instead() == "Tiếng Anh"
        assert languages_instead() == "", "another reader's"
        own_text({"en": "Rash"}, "fr")
        assert languages_instead() == "", "asked for in that language"
        own_text({}), own_text({"en": ""})
        assert languages_instead() == "", "nothing is shown"
        own_text({"fr": "Éruption"}), own_text({"en": "Rash"}), own_text({"en": "Cough"})
        assert languages_instead() == "Kifaransa na Kiingereza" or languages_instead() == "Kiingereza na Kifaransa"
        set_locale(ReaderLocale("sw", "UTC"))
        assert languages_instead() == "", "a new request"


def test_the_clinics_page_says_once_what_is_in_english(
    client: PolicedClient, clinic: Clinic, worker_database: Database
) -> None:
    make_visit_type(worker_database, clinic, names={"en": "First visit"}, descriptions={"en": "To get to know you."})
    make_visit_type(worker_database, clinic, code="second", names={"en": "Again"}, descriptions={"en": "To go on."})
    page = client.get(clinic.path("?lang=sw"))
    assert page.html.count(note("sw", "Kiingereza")) == 1
    assert page.tree is not None and "First visit" in [one.text() for one in page.tree.css("main [lang=en]")]
    assert "not translated" not in client.get(clinic.path("?lang=en")).html


def test_the_kinds_of_visit_are_marked_with_their_language(
    client: PolicedClient, clinic: Clinic, worker_database: Database, patient: str
) -> None:
    make_visit_type(worker_database, clinic, names={"en": "First visit"}, descriptions={"en": "To get to know you."})
    page = client.get(patient + "book?lang=ar")
    assert page.tree is not None and page.html.count(note("ar", "الإنجليزية")) == 1
    marked = [one.text() for one in page.tree.css("main [lang=en]")]
    assert marked == ["First visit", "To get to know you."]


def _in_english_only(text: object) -> object:
    """A form's definition with its English words only."""
    if isinstance(text, dict):
        if set(text) >= {"en", "es"}:
            return {"en": text["en"]}
        return {key: _in_english_only(value) for key, value in text.items()}
    return [_in_english_only(one) for one in text] if isinstance(text, list) else text


def test_questions_that_are_not_translated_are_marked_and_the_page_says_so(
    client: PolicedClient, clinic: Clinic, worker_database: Database, clock: Clock, patient: str
) -> None:
    definition: dict[str, object] = _in_english_only(standard_form())  # type: ignore[assignment]
    with worker_database.transaction(clinic.system("provisioning")) as session:
        publish_form(session, definition=definition, now=clock.now)
    start = client.get(patient + "intake?lang=vi")
    step = client.submit(start, follow=True)
    assert step.tree is not None and step.html.count(note("vi", "Tiếng Anh")) == 1
    assert step.tree.css_first("h1").attributes["lang"] == "en"
    assert step.tree.css("main div[lang=en] .field")


def test_questions_that_are_translated_say_nothing(
    client: PolicedClient, clinic: Clinic, worker_database: Database, clock: Clock, patient: str
) -> None:
    publish_standard_form(worker_database, clinic, now=clock.now)
    step = client.submit(client.get(patient + "intake?lang=vi"), follow=True)
    assert step.tree is not None and note("vi", "Tiếng Anh") not in step.html
    assert "lang" not in step.tree.css_first("h1").attributes


def test_a_preview_says_it_as_the_page_does(
    new_client: Callable[[], PolicedClient], clinic: Clinic, worker_database: Database, clock: Clock
) -> None:
    make_visit_type(worker_database, clinic, names={"en": "First visit"}, descriptions={})
    admin = new_client().sign_in(staff_member(worker_database, clinic, Role.CLINIC_ADMIN, now=clock.now))
    assert note("hi", "अंग्रेज़ी") in admin.get(clinic.path("staff/preview/book?preview-language=hi")).html
    assert "not translated" not in admin.get(clinic.path("staff/preview/book?preview-language=en")).html
