"""Nobody learns whether an account exists: status, bytes, statements and hashes are the same for known and unknown."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from portal.identity import passwords
from portal.kernel.db import Database
from portal.kernel.permissions import Role
from tests.budgets.measured import statements
from tests.factories.identity import email_address, enrol, invited, patient_sign_in, phone_number, staff_member
from tests.identity.people import link_in
from tests.identity.support import RunTasks, ask, code_in, wrong
from tests.support.client import Page, PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.outside import Outside

UUID_TEXT = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
CHANGING = re.compile(
    r'nonce="[^"]*"|name="(?:csrf_token|idempotency_key)" value="[^"]*"|<bdi>[0-9a-f]{16}</bdi>'
    r'|"challenge": "[^"]*"|[•]{4} \d{4}'
)


@dataclass
class Seen:
    """What somebody outside can see of an answer, and what they could measure."""

    status: int
    location: str
    body: str
    headers: set[str]
    queries: list[str] = field(default_factory=list)
    hashes: int = 0


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every argon2 hash that is made, with its parameters; the real ones are still made."""
    made: list[str] = []
    real = passwords._hasher

    class Counting:
        def verify(self, hashed: str, typed: str) -> bool:
            made.append("verify " + hashed.split("$")[3])
            return real.verify(hashed, typed)

        def hash(self, typed: str) -> str:
            made.append("hash")
            return real.hash(typed)

        def check_needs_rehash(self, hashed: str) -> bool:
            return real.check_needs_rehash(hashed)

    monkeypatch.setattr(passwords, "_hasher", Counting())
    return made


Watch = Callable[[Callable[[], Page], str], Seen]


@pytest.fixture
def watch(database: Database, hashes: list[str]) -> Watch:
    """Do it, and say all that could tell the one account from the other. `own`: what was typed, which comes back."""

    def look(do: Callable[[], Page], own: str) -> Seen:
        hashes.clear()
        with statements(database) as asked:
            page = do()
        text = UUID_TEXT.sub("ID", CHANGING.sub("", page.html)).replace(own, "WHO")
        return Seen(
            status=page.status,
            location=UUID_TEXT.sub("ID", page.location),
            body=text,
            headers={name for name, _value in page.response.headers},
            queries=asked,
            hashes=len(hashes),
        )

    return look


@pytest.fixture
def known(worker_database: Database, clinic: Clinic, clock: Clock) -> str:
    """A staff member's address."""
    address = email_address("staff")
    account: UUID = staff_member(worker_database, clinic, Role.CLINICIAN, now=clock.now, email=address)
    enrol(worker_database, clinic, account, now=clock.now)
    return address


@pytest.fixture
def patient(database: Database, clinic: Clinic, clock: Clock) -> str:
    """A patient's phone number."""
    number = phone_number()
    patient_sign_in(database, clinic, now=clock.now, target=number)
    return number


@pytest.fixture
def browser(app: Flask, clinic: Clinic) -> Callable[[], PolicedClient]:
    """Fresh browsers that have their form's token already, so that only the asked-for request differs."""
    return lambda: PolicedClient(app, clinic)


def warm(do: Callable[[], Any]) -> None:
    """Once before: what a process reads on its first request is nobody's account."""
    do()


def password_of(client: PolicedClient, email: str) -> Callable[[], Page]:
    page = client.get(client.clinic.path("staff/sign-in"))
    return lambda: client.submit(page, {"email": email, "password": "not the password"}, button="Sign in")


def forgotten_of(client: PolicedClient, email: str) -> Callable[[], Page]:
    page = client.get(client.clinic.path("staff/sign-in/forgotten"))
    return lambda: client.submit(page, {"email": email}, button="Send me a code")


def contact_of(client: PolicedClient, contact: str) -> Callable[[], Page]:
    page = client.get(client.clinic.path("sign-in"))
    return lambda: client.submit(page, {"contact": contact}, button="Send me a code")


def same(known: Seen, unknown: Seen) -> None:
    for name in ("status", "location", "headers", "hashes", "queries", "body"):
        assert getattr(known, name) == getattr(unknown, name), name


@pytest.mark.parametrize(
    ("step", "status", "hashed"), [(password_of, 422, 1), (forgotten_of, 303, 0)], ids=["sign-in", "reset"]
)
def test_staffs_pages_tell_nothing(
    browser: Callable[[], PolicedClient], watch: Watch, known: str, step: Any, status: int, hashed: int
) -> None:
    unknown = email_address("staff")
    warm(step(browser(), email_address("staff")))
    one, other = watch(step(browser(), known), known), watch(step(browser(), unknown), unknown)
    same(one, other)
    assert (one.status, one.hashes) == (status, hashed)
    assert one.queries, "something was looked up"


def test_the_page_after_a_reset_was_asked_for_tells_nothing(
    browser: Callable[[], PolicedClient], watch: Watch, known: str
) -> None:
    def page_of(email: str) -> Seen:
        client = browser()
        asked = forgotten_of(client, email)()
        return watch(lambda: client.get(asked.location), email)

    page_of(email_address("staff"))
    same(page_of(known), page_of(email_address("staff")))


def test_a_wrong_reset_code_tells_nothing(
    browser: Callable[[], PolicedClient], watch: Watch, known: str, outside: Outside, run_tasks: RunTasks
) -> None:
    def refused_of(email: str) -> Seen:
        client = browser()
        asked = forgotten_of(client, email)()
        page = client.get(asked.location)
        run_tasks()
        values = {"code": wrong(code_in(outside.mail.sent[-1])), "new_password": "seven quiet herons wade"}
        return watch(lambda: client.submit(page, values, button="Change the password"), email)

    refused_of(email_address("staff"))
    one, other = refused_of(known), refused_of(email_address("staff"))
    same(one, other)
    assert one.status == 422


def test_a_limit_tells_nothing(browser: Callable[[], PolicedClient], watch: Watch, known: str) -> None:
    def refused_of(email: str) -> Seen:
        for _ in range(10):
            password_of(browser(), email)()
        return watch(password_of(browser(), email), email)

    one, other = refused_of(known), refused_of(email_address("staff"))
    same(one, other)
    assert (one.status, one.hashes) == (429, 0)


def test_signing_in_and_signing_up_are_the_same_until_the_code_is_shown(
    browser: Callable[[], PolicedClient], watch: Watch, patient: str
) -> None:
    stranger = phone_number()
    warm(contact_of(browser(), phone_number()))
    one, other = watch(contact_of(browser(), patient), patient), watch(contact_of(browser(), stranger), stranger)
    same(one, other)
    assert one.status == 303


def test_a_wrong_code_tells_nothing(
    browser: Callable[[], PolicedClient], watch: Watch, patient: str, outside: Outside, run_tasks: RunTasks
) -> None:
    def refused_of(contact: str) -> Seen:
        client = browser()
        page = ask(client, contact)
        run_tasks()
        values = {"code": wrong(code_in(outside.sms.sent[-1]))}
        return watch(lambda: client.submit(page, values, button="Continue"), contact)

    refused_of(phone_number())
    one, other = refused_of(patient), refused_of(phone_number())
    same(one, other)
    assert one.status == 422


def test_the_question_to_a_passkey_is_the_same_whoever_is_known(
    browser: Callable[[], PolicedClient], watch: Watch, known: str
) -> None:
    """Nobody says who they are before it is put, so there is nothing that it could depend on."""

    def question_after(email: str) -> Seen:
        client = browser()
        password_of(client, email)()
        token = client._token()
        path = client.clinic.path("sign-in/passkey/question")
        return watch(lambda: client._send("POST", path, data={"csrf_token": token}), email)

    question_after(email_address("staff"))
    one, other = question_after(known), question_after(email_address("staff"))
    same(one, other)
    assert '"allowCredentials": []' in one.body


def test_this_test_would_see_a_difference(
    browser: Callable[[], PolicedClient], watch: Watch, known: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look-up or a hash that is skipped for unknown accounts shows up here."""
    from portal.identity.operations import passwords as checking

    monkeypatch.setattr(checking, "is_right", lambda typed, hashed: bool(hashed) and passwords.is_right(typed, hashed))
    one, other = watch(password_of(browser(), known), known), watch(password_of(browser(), "x@example.com"), "x")
    assert one.hashes != other.hashes


def test_a_link_of_an_invitation_that_is_void_is_one_that_never_was(
    browser: Callable[[], PolicedClient], watch: Watch, worker_database: Database, clinic: Clinic, clock: Clock,
    outside: Outside, run_tasks: RunTasks,
) -> None:  # fmt: skip
    invited(worker_database, clinic, now=clock.now)
    run_tasks()
    path = link_in(outside)
    clock.advance(days=8)
    void, made_up = path.rpartition("/")[2], "A" * 43

    def asked_with(token: str, method: str) -> Seen:
        client = browser()
        data = {"csrf_token": client._token(), "new_password": "seven quiet herons wade"} if method == "POST" else None
        address = clinic.path(f"staff/invitation/{token}")
        return watch(lambda: client._send(method, address, **({"data": data} if data else {})), token)

    for method in ("GET", "POST"):
        asked_with(made_up, method)
        one, other = asked_with(void, method), asked_with(made_up, method)
        same(one, other)
        assert (one.status, one.hashes) == (404, 0)


def test_a_password_is_refused_and_a_reset_asked_for_as_of_strangers_for_who_is_only_invited(
    browser: Callable[[], PolicedClient], watch: Watch, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    guest = email_address("guest")
    invited(worker_database, clinic, now=clock.now, email=guest)
    for step in (password_of, forgotten_of):
        warm(step(browser(), email_address("staff")))
        unknown = email_address("staff")
        same(watch(step(browser(), guest), guest), watch(step(browser(), unknown), unknown))
