"""See as a patient: each page in each language, with invented people; nothing acts, nothing of a patient is read."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.audit.models import Leaf
from portal.kernel.db import Database
from portal.kernel.locale import LANGUAGES
from portal.kernel.permissions import Role
from portal.notifications import template_names
from portal.web.previews import inert, previews
from portal.workspaces.message_examples import MESSAGES, TO_STAFF
from tests.factories.billing import make_price
from tests.factories.identity import staff_member
from tests.factories.visits import BookedVisit
from tests.support.client import Page, PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.translations.audience import EXTENDS, TEMPLATES
from tests.workspaces.support import counted

#: Pages of patients and visitors that have no preview, and why.
WITHOUT: dict[str, str] = {
    **dict.fromkeys(("errors/page.html", "errors/signed_out.html"), "what went wrong, the same at every clinic"),
    "layouts/_dictionary.html": "the frame of all pages, of which none is shown",
    "home/display.html": "light or dark is the reader's own, whatever the clinic writes",
    **dict.fromkeys(("root/index.html", "root/inbox.html"), "the demo's own pages, of no clinic"),
    **dict.fromkeys(
        (
            "identity/forgotten.html",
            "identity/join.html",
            "identity/join_void.html",
            "identity/new_password.html",
            "identity/not_signed_on.html",
            "identity/staff_sign_in.html",
            "identity/to_provider.html",
        ),
        "staff's ways in, in the patients' frame",
    ),
    **dict.fromkeys(
        (
            "identity/add_passkey.html",
            "identity/factors.html",
            "identity/recovery_codes.html",
            "identity/second_factor.html",
            "identity/sessions.html",
            "identity/set_up.html",
            "identity/step_up.html",
        ),
        "the same at every clinic, and made of keys and codes that nobody should invent",
    ),
    **dict.fromkeys(
        ("intake/advice.html", "intake/photo_closed.html", "intake/summary.html"),
        "made of answers that somebody gave",
    ),
    **dict.fromkeys(
        ("consent/signed.html", "consent/withdraw.html", "charting/own_note.html", "billing/pay.html"),
        "about a signature, a note or a payment that is there",
    ),
    **dict.fromkeys(
        (
            "patients/act_for.html",
            "patients/claim.html",
            "patients/claim_received.html",
            "patients/invitation.html",
            "patients/invitation_void.html",
            "patients/invite_helper.html",
            "patients/people.html",
            "workspaces/own_access.html",
        ),
        "who may see a record: the same at every clinic, and never an example of it",
    ),
    **dict.fromkeys(
        ("scheduling/move.html", "scheduling/move_taken.html", "scheduling/move_to.html", "scheduling/taken.html"),
        "the times of booking once more",
    ),
    **dict.fromkeys(
        ("visits/call.html", "visits/chat.html", "visits/device_test.html"), "needs a camera and somebody to talk to"
    ),
}
ALL = [
    "clinic", "sign-in", "code", "register", "home", "questions-start", "questions", "questions-done",
    "consent", "no-consent", "book", "place", "times", "language", "confirm", "booked", "appointment", "cancel",
    "too-late", "link", "visit", "waiting", "bills", "bill", "details", "contact",
]  # fmt: skip


@pytest.fixture
def admin(client: PolicedClient, clinic: Clinic, worker_database: Database, clock: Clock) -> PolicedClient:
    return client.sign_in(staff_member(worker_database, clinic, Role.CLINIC_ADMIN, now=clock.now))


@pytest.fixture
def written(booked: BookedVisit, worker_database: Database, clinic: Clinic, clock: Clock) -> None:
    """The clinic has a form, a consent, a kind of visit and its price."""
    make_price(worker_database, clinic, booked.visit_type_id, now=clock.now)


def see(admin: PolicedClient, clinic: Clinic, name: str, language: str = "en", part: str = "") -> Page:
    rest = f"?preview-language={language}" + (f"&preview-part={part}" if part else "")
    return admin.get(clinic.path(f"staff/preview/{name}{rest}"))


def _leaves(worker: Database, clinic: Clinic) -> int:
    with worker.transaction(clinic.system("audit")) as session:
        return int(session.scalar(select(func.count()).select_from(Leaf)) or 0)


def test_every_page_of_patients_can_be_previewed_or_says_why_not(app: Flask) -> None:
    pages = {
        path.relative_to(TEMPLATES).as_posix()
        for path in TEMPLATES.rglob("*.html")
        if (layout := EXTENDS.search(path.read_text())) and "layouts/patient.html" in layout[0]
    }
    shown = {one.template for one in previews()}
    assert pages - shown - set(WITHOUT) == set()
    assert shown & set(WITHOUT) == set() and (shown | set(WITHOUT)) - pages == set()


def test_the_list_of_pages_names_all_of_them(app: Flask) -> None:
    assert [one.name for one in previews()] == ALL


@pytest.mark.parametrize("name", ALL)
def test_each_page_shows_in_arabic_and_nothing_on_it_acts(
    admin: PolicedClient, clinic: Clinic, written: None, name: str
) -> None:
    page = see(admin, clinic, name, "ar")
    assert page.status == 200 and page.tree is not None
    assert page.tree.css_first("html").attributes["lang"] == "ar"
    assert page.tree.css_first("html").attributes["dir"] == "rtl"
    banner = page.tree.css_first(".preview")
    assert banner is not None and banner.attributes["lang"] == "en" and "invented person" in banner.text()
    assert [form.attributes["method"] for form in page.tree.css("form")] == ["get"], "the banner's own choice only"
    assert page.tree.css("script, [hx-get], [hx-post], input[type=hidden], meta[http-equiv]") == []
    for link in page.tree.css("main a[href], header a[href], footer a[href]"):
        assert str(link.attributes["href"]).startswith("#")
    assert not any(button.attributes.get("type") != "button" for button in page.tree.css("main button"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_twelve_languages_are_there_for_staff_whose_own_pages_have_five(
    admin: PolicedClient, clinic: Clinic, written: None, language: str
) -> None:
    page = see(admin, clinic, "booked", language)
    assert page.tree is not None and page.tree.css_first("html").attributes["lang"] == language
    assert admin.get(clinic.path("staff/clinic")).tree.css_first("html").attributes["lang"] == "en"  # type: ignore[union-attr]


def test_a_form_is_seen_step_by_step_as_the_clinic_has_written_it(
    admin: PolicedClient, clinic: Clinic, written: None
) -> None:
    first = see(admin, clinic, "questions")
    assert first.tree is not None
    steps = [str(one.attributes["value"]) for one in first.tree.css("select[name=preview-part] option")]
    assert len(steps) > 3
    heads = {see(admin, clinic, "questions", part=step).tree.css_first("h1").text() for step in steps}  # type: ignore[union-attr]
    assert len(heads) == len(steps)


def test_the_consent_is_the_clinics_own(admin: PolicedClient, clinic: Clinic, written: None) -> None:
    assert "consent" in see(admin, clinic, "consent").text.casefold()
    assert "Maria Gomez" in see(admin, clinic, "consent").html


@pytest.mark.parametrize("name", ["consent", "questions", "confirm", "booked", "waiting", "bill"])
def test_what_the_clinic_has_not_written_yet_says_so(admin: PolicedClient, clinic: Clinic, name: str) -> None:
    page = see(admin, clinic, name)
    assert page.status == 200 and "There is nothing to show yet" in page.text


@pytest.mark.parametrize("asked", ["nonsense", "12", "%20"])
def test_a_page_that_there_is_not_is_not_found(admin: PolicedClient, clinic: Clinic, asked: str) -> None:
    assert see(admin, clinic, asked).status == 404


def test_an_unknown_language_or_step_shows_the_readers_own_and_the_first(
    admin: PolicedClient, clinic: Clinic, written: None
) -> None:
    page = see(admin, clinic, "questions", "xx", part="nonsense")
    assert page.status == 200 and page.tree is not None
    assert page.tree.css_first("html").attributes["lang"] == "en"


def test_looking_reads_nobodys_record_and_writes_nothing(
    admin: PolicedClient, clinic: Clinic, written: None, worker_database: Database, database: Database
) -> None:
    before = _leaves(worker_database, clinic)
    with counted(database) as statements:
        for name in ALL:
            see(admin, clinic, name, "sw")
        admin.get(clinic.path("staff/preview/messages?preview-language=sw"))
    assert _leaves(worker_database, clinic) == before
    touched = [one for one in statements if "patients.patient" in one or "scheduling.appointment" in one]
    assert touched == []
    changed = [one for one in statements if one.lstrip().split()[0].upper() in {"INSERT", "DELETE"}]
    assert changed == []


@pytest.mark.parametrize("name", ALL)
def test_no_preview_asks_the_database_much(
    admin: PolicedClient, clinic: Clinic, written: None, database: Database, name: str
) -> None:
    with counted(database) as statements:
        see(admin, clinic, name)
    assert len(statements) <= 12, f"{len(statements)} statements"


def test_every_message_to_patients_is_shown_and_every_other_is_staffs(app: Flask) -> None:
    # Tests of the messages themselves register some of their own.
    assert set(MESSAGES) | TO_STAFF == {name for name in template_names() if not name.startswith("test.")}
    assert set(MESSAGES) & TO_STAFF == set()


def test_messages_show_in_the_language_asked_for(admin: PolicedClient, clinic: Clinic) -> None:
    page = admin.get(clinic.path("staff/preview/messages?preview-language=ar"))
    assert page.status == 200 and page.tree is not None
    texts: list[Any] = page.tree.css("main section > [lang=ar][dir=rtl]:not(h2)")
    assert len(texts) == 2 * len(MESSAGES)
    assert page.tree.css_first("html").attributes["lang"] == "en"


def test_the_list_leads_to_each_page_in_the_language_chosen(admin: PolicedClient, clinic: Clinic) -> None:
    page = admin.get(clinic.path("staff/preview?preview-language=vi"))
    links = [address for address in page.links().values() if "/staff/preview/" in address]
    assert len(links) == len(set(links)) >= 20
    assert all("preview-language=vi" in address for address in links)


def test_what_acts_is_taken_out_and_words_stay() -> None:
    page = (
        '<!doctype html><html><head><title>Bill</title><meta http-equiv="refresh" content="1"><link href="/a.css">'
        '<script nonce="x">if (1 < 2) go()</script></head><body class="p"><form method="post" action="/x" class="f">'
        '<input type="hidden" name="csrf_token" value="t"><input name="a" value="1 &lt; 2"><button name="b">Send'
        " &amp; go</button></form>"
        '<a href="/away" hx-get="/x" onclick="y()">Away</a><a href="#main">Down</a></body></html>'
    )
    shown = inert(page, banner="<p>Preview</p>", title="Preview:")
    assert shown == (
        '<!doctype html><html><head><title>Preview: Bill</title><link href="/a.css"></head><body class="p">'
        '<p>Preview</p><div class="f"><input name="a" value="1 &lt; 2"><button type="button">Send'
        ' &amp; go</button></div><a>Away</a><a href="#main">Down</a></body></html>'
    )
