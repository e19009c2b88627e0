"""The link of a message says in which language the message is."""

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from portal.kernel.links import carrying_language
from portal.notifications import (
    Recipient,
    queue_message,
    render_sms,
    template_by_name,
)
from portal.workspaces.message_examples import MESSAGES, TO_STAFF
from tests.conftest import SystemSession
from tests.factories.notifications import by_email, by_sms
from tests.support.clock import Clock
from tests.support.outside import Outside

pytestmark = pytest.mark.usefixtures("app")
RunTasks = Callable[..., int]
#: All that any message of ours is told.
VALUES = {
    "code": "123456",
    "minutes": "10",
    "phone": "+16175550100",
    "link": "/harbour/v/1?next=/a%26b#note",
    **dict.fromkeys(("starts_at", "due_at", "made_at"), "2026-12-01T15:30:00+00:00"),
    "note": "harbour 1",
    "number": "1",
}
#: GSM 03.38: what a text message of 160 characters may hold.
GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€"
)
OURS = sorted({*MESSAGES, *TO_STAFF})


def addresses(text: str) -> list[str]:
    return re.findall(r"https://localhost/[^\s\"<]+", text.replace("&amp;", "&"))


@pytest.fixture
def send(
    system: SystemSession, clock: Clock, run_tasks: RunTasks, outside: Outside
) -> Callable[[str, Recipient], list[str]]:
    """Send a message; returns the addresses in it."""

    def sent(name: str, to: Recipient) -> list[str]:
        with system("reminders") as session:
            queue_message(
                session, to=to, template=name, values=VALUES, key=f"{name}:{to}", due_at=clock.now, now=clock.now
            )
        run_tasks()
        if to.channel == "sms":
            return addresses(outside.sms.sent[-1].text)
        mail = outside.mail.sent[-1]
        return [*addresses(mail.text), *addresses(mail.html or "")]

    return sent


def leads_on(name: str) -> bool:
    """Whether the message has a link at all."""
    return template_by_name(name).link_text is not None


@pytest.mark.parametrize("language", ["ar", "vi"])
@pytest.mark.parametrize("name", OURS)
def test_each_link_of_each_message_says_the_messages_language(
    name: str, language: str, send: Callable[[str, Recipient], list[str]]
) -> None:
    found = [*send(name, by_sms(language=language)), *send(name, by_email(language=language))]
    assert bool(found) == leads_on(name)
    for address in found:
        parts = urlsplit(address)
        assert parse_qs(parts.query) == {"next": ["/a&b"], "in": [language]}
        assert (parts.path, parts.fragment) == ("/harbour/v/1", "note")


def test_there_are_messages_with_links_and_without() -> None:
    assert {leads_on(name) for name in OURS} == {True, False}


def test_a_language_that_we_do_not_speak_is_named_as_the_one_that_the_message_is_in() -> None:
    assert carrying_language("/harbour/v/1", "fil-PH") == "/harbour/v/1?in=tl"
    assert carrying_language("/harbour/v/1", "de") == "/harbour/v/1?in=en"


def test_the_address_of_another_portal_stays_as_it_is(
    system: SystemSession, clock: Clock, run_tasks: RunTasks, outside: Outside
) -> None:
    with system("reminders") as session:
        queue_message(
            session,
            to=by_sms(language="ar"),
            template="test.plain",
            values={**VALUES, "link": "https://elsewhere.example/x"},
            key="elsewhere",
            due_at=clock.now,
            now=clock.now,
        )
    run_tasks()
    assert outside.sms.sent[-1].text.endswith("https://elsewhere.example/x")


@pytest.mark.parametrize("name", OURS)
def test_an_english_text_message_stays_in_the_alphabet_of_which_160_fit(name: str) -> None:
    sms = render_sms(template_by_name(name), values=VALUES, language="en", zone="UTC", clinic="Harbour Clinic")
    assert set(sms.text) - GSM == set()
