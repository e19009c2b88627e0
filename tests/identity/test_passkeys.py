"""Passkeys: made, shown alone, after the password and again; and every way of lying about them."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from portal.identity import current_code, reset_factors
from portal.identity.models import Passkey, PasskeyChallenge
from portal.identity.operations import forget_expired
from portal.identity.passkeys import PasskeyRefused, challenge_in, made_by, named_in
from portal.identity.rules import PasskeyPlace
from portal.kernel.db import Database
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from tests.conftest import SystemSession
from tests.factories.identity import AUTHENTICATOR, email_address, enrol, patient_sign_in, staff_member
from tests.identity.device import PRESENT, Device, decoded, encoded
from tests.identity.support import key_on, staff_password
from tests.identity.test_step_up import bare, held
from tests.support.client import Page, PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.race import at_once


@pytest.fixture
def email() -> str:
    return email_address("desk")


@pytest.fixture
def desk(worker_database: Database, clinic: Clinic, clock: Clock, email: str) -> UUID:
    account = staff_member(worker_database, clinic, Role.FRONT_DESK, now=clock.now, email=email)
    enrol(worker_database, clinic, account, now=clock.now)
    return account


@pytest.fixture
def device(client: PolicedClient, desk: UUID) -> Device:
    """A device with a passkey of the desk's account, made on the page."""
    return keep(client.sign_in(desk), Device())


def ask(client: PolicedClient, path: str) -> dict[str, Any]:
    """The question that the page's script would get."""
    answer = client.post(client.clinic.path(path))
    assert answer.status == 200, answer.status
    question: dict[str, Any] = json.loads(answer.data)
    return question


def keep(client: PolicedClient, device: Device) -> Device:
    made = device.make(ask(client, "factors/passkeys/question"))
    assert client.post(client.clinic.path("factors/passkeys/new"), {"passkey": made}).status == 303
    return device


def alone(client: PolicedClient, answer: str, *, staff: bool = True, query: str = "") -> Page:
    return client.post(client.clinic.path(f"{'staff/' if staff else ''}sign-in/passkey{query}"), {"passkey": answer})


def show(client: PolicedClient, device: Device, **lies: Any) -> Page:
    return alone(client, device.show(ask(client, "sign-in/passkey/question"), **lies))


@pytest.fixture
def browser(app: Flask, clinic: Clinic) -> PolicedClient:
    """Somebody who is not signed in."""
    return PolicedClient(app, clinic)


def is_out(client: PolicedClient) -> bool:
    return client.get(client.clinic.path("sessions")).status == 303


def test_a_passkey_alone_signs_staff_in_and_leads_on(browser: PolicedClient, device: Device) -> None:
    wanted = browser.clinic.path("staff/board")
    answer = alone(browser, device.show(ask(browser, "sign-in/passkey/question")), query=f"?next={wanted}")
    assert (answer.status, answer.location) == (303, wanted)
    assert not is_out(browser)


def test_it_signs_a_patient_in(
    app: Flask, browser: PolicedClient, database: Database, clinic: Clinic, clock: Clock
) -> None:
    account = patient_sign_in(database, clinic, now=clock.now)
    device = keep(PolicedClient(app, clinic).sign_in(account), Device(count=None))
    answer = alone(browser, device.show(ask(browser, "sign-in/passkey/question")), staff=False)
    assert answer.location == clinic.path("home")


def test_the_device_is_asked_for_its_owner_and_for_a_passkey_that_it_finds_by_itself(
    client: PolicedClient, browser: PolicedClient, desk: UUID, email: str
) -> None:
    made = ask(client.sign_in(desk), "factors/passkeys/question")
    assert made["authenticatorSelection"] == {
        "residentKey": "required",
        "requireResidentKey": True,
        "userVerification": "required",
    }
    assert made["attestation"] == "none"
    assert made["rp"]["id"] == "localhost"
    assert decoded(made["user"]["id"]) == desk.bytes
    assert email not in json.dumps(made), "the device shows it on a locked screen"
    shown = ask(browser, "sign-in/passkey/question")
    assert (shown["userVerification"], shown["allowCredentials"]) == ("required", [])
    assert len(decoded(shown["challenge"])) == 32


def test_it_is_the_second_step_after_the_password(
    browser: PolicedClient, device: Device, email: str, app: Flask, clinic: Clinic
) -> None:
    page = staff_password(browser, email)
    assert "Use a passkey" in page.html
    question = ask(browser, "sign-in/second-step/question")
    assert [one["id"] for one in question["allowCredentials"]] == [encoded(device.credential_id)]
    answer = browser.post(clinic.path("sign-in/second-step/passkey"), {"passkey": device.show(question)})
    assert (answer.status, answer.location) == (303, clinic.path("staff/"))
    assert not is_out(browser)


def test_an_app_still_works_where_there_is_no_passkey(
    browser: PolicedClient, device: Device, email: str, clock: Clock
) -> None:
    page = staff_password(browser, email)
    assert browser.submit(page, {"code": current_code(AUTHENTICATOR, now=clock.now)}, button="Sign in").status == 303


def test_the_first_sign_in_may_set_a_passkey_up_instead_of_an_app(
    app: Flask, browser: PolicedClient, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    email = email_address("new")
    staff_member(worker_database, clinic, Role.FRONT_DESK, now=clock.now, email=email)
    staff_password(browser, email)
    device = Device()
    made = device.make(ask(browser, "sign-in/set-up/question"))
    answer = browser.post(clinic.path("sign-in/set-up/passkey"), {"passkey": made})
    assert answer.location.startswith(clinic.path("factors/printed-codes"))
    assert browser.get(answer.location).status == 200
    again = PolicedClient(app, clinic)
    assert "Second step" in staff_password(again, email).text
    assert show(again, device).status == 303


def test_whoever_sets_up_second_is_sent_back(
    app: Flask, browser: PolicedClient, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    email = email_address("new")
    staff_member(worker_database, clinic, Role.FRONT_DESK, now=clock.now, email=email)
    thief = PolicedClient(app, clinic)
    staff_password(thief, email)
    theirs = Device().make(ask(thief, "sign-in/set-up/question"))
    page = staff_password(browser, email)
    assert browser.submit(page, {"code": current_code(key_on(page), now=clock.now)}).status == 303
    assert thief.post(clinic.path("sign-in/set-up/passkey"), {"passkey": theirs}).status == 303
    assert is_out(thief)


def test_a_set_up_that_fails_comes_back_with_the_same_key(
    browser: PolicedClient, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    email = email_address("new")
    staff_member(worker_database, clinic, Role.FRONT_DESK, now=clock.now, email=email)
    page = staff_password(browser, email)
    refused = browser.post(clinic.path("sign-in/set-up/passkey"), {"passkey": "{}"})
    assert (refused.status, key_on(refused)) == (422, key_on(page))
    assert is_out(browser)


def test_step_up_by_passkey_carries_the_form_and_renews_the_token(
    app: Flask, clinic: Clinic, desk: UUID, device: Device
) -> None:
    client = bare(app, clinic, desk)
    action = str(client.get(clinic.path("factors")).forms()[0].attributes["action"])
    asked = client.post(action, {"name": "Kept"})
    assert asked.status == 403
    before = held(client)
    answer = device.show(ask(client, "step-up/question?action=factors"))
    done = client.submit(asked, {"step_up_passkey": answer})
    assert (done.status, done.location) == (307, action)
    assert held(client) != before
    assert client.get(clinic.path("factors/printed-codes")).status == 200


def test_an_answer_for_one_action_does_for_no_other(app: Flask, clinic: Clinic, desk: UUID, device: Device) -> None:
    client = bare(app, clinic, desk)
    answer = device.show(ask(client, "step-up/question?action=sign"))
    page = client.get(clinic.path("step-up?action=refund"))
    assert client.submit(page, {"step_up_passkey": answer}).status == 422


def test_an_answer_of_one_session_does_for_no_other(app: Flask, clinic: Clinic, desk: UUID, device: Device) -> None:
    client, other = bare(app, clinic, desk), bare(app, clinic, desk)
    answer = device.show(ask(client, "step-up/question?action=factors"))
    page = other.get(clinic.path("step-up?action=factors"))
    assert other.submit(page, {"step_up_passkey": answer}).status == 422


def test_a_question_is_for_the_browser_that_asked(app: Flask, browser: PolicedClient, device: Device) -> None:
    thief = PolicedClient(app, browser.clinic)
    ask(thief, "sign-in/passkey/question")
    stolen = device.show(ask(browser, "sign-in/passkey/question"))
    assert alone(thief, stolen).status == 422
    assert is_out(thief)


def test_a_question_to_sign_in_is_no_second_step_and_the_other_way_round(
    browser: PolicedClient, device: Device, email: str, clinic: Clinic
) -> None:
    staff_password(browser, email)
    first, second = ask(browser, "sign-in/passkey/question"), ask(browser, "sign-in/second-step/question")
    assert browser.post(clinic.path("sign-in/second-step/passkey"), {"passkey": device.show(first)}).status == 422
    assert alone(browser, device.show(second)).status == 422
    assert is_out(browser)


def test_an_answer_is_taken_once(browser: PolicedClient, device: Device) -> None:
    answer = device.show(ask(browser, "sign-in/passkey/question"))
    assert alone(browser, answer).status == 303
    assert alone(browser, answer).status == 422


def test_an_answer_is_taken_once_also_at_once(browser: PolicedClient, device: Device, app: Flask) -> None:
    answer = device.show(ask(browser, "sign-in/passkey/question"))
    token = browser._token()
    cookie = browser.browser.get_cookie("__Host-session", domain="localhost")
    assert cookie is not None

    def send(_number: int) -> int:
        copy = PolicedClient(app, browser.clinic)
        copy.browser.set_cookie("__Host-session", cookie.value, domain="localhost", secure=True)
        path = browser.clinic.path("staff/sign-in/passkey")
        return copy._send("POST", path, data={"csrf_token": token, "passkey": answer}).status

    assert sorted(at_once(send, range(4))) == [303, 422, 422, 422]


def test_a_refused_answer_uses_its_question_up(browser: PolicedClient, device: Device) -> None:
    question = ask(browser, "sign-in/passkey/question")
    assert alone(browser, device.show(question, flags=PRESENT)).status == 422
    assert alone(browser, device.show(question)).status == 422


def test_a_question_waits_five_minutes(browser: PolicedClient, device: Device, clock: Clock) -> None:
    question = ask(browser, "sign-in/passkey/question")
    clock.advance(minutes=6)
    assert alone(browser, device.show(question)).status == 422


def flipped(answer: str, part: str) -> str:
    said = json.loads(answer)
    raw = bytearray(decoded(said["response"][part]))
    raw[-1] ^= 1
    said["response"][part] = encoded(bytes(raw))
    return json.dumps(said)


LIES: dict[str, dict[str, Any]] = {
    "another origin": {"origin": "https://localhost.evil.example"},
    "plain http": {"origin": "http://localhost"},
    "another host": {"host": "evil.example"},
    "the owner was not asked for": {"flags": PRESENT},
    "nobody was there": {"flags": 0},
    "an answer to something else": {"kind": "webauthn.create"},
    "somebody else's account": {"user": bytes(16)},
    "no account": {"user": b""},
}


def test_a_lie_is_refused(browser: PolicedClient, device: Device) -> None:
    for name, lie in LIES.items():
        refused = show(browser, device, **lie)
        assert (name, refused.status) == (name, 422)
        assert "does not work here" in refused.errors
        assert is_out(browser)
    assert show(browser, device).status == 303, "and the right one works"


def test_a_changed_byte_is_refused(browser: PolicedClient, device: Device) -> None:
    for part in ("signature", "authenticatorData", "clientDataJSON"):
        assert alone(browser, flipped(device.show(ask(browser, "sign-in/passkey/question")), part)).status == 422


def test_another_key_under_the_same_name_is_refused(browser: PolicedClient, device: Device) -> None:
    forged = Device(credential_id=device.credential_id, user=device.user, count=100)
    assert show(browser, forged).status == 422


def test_an_unknown_passkey_gets_the_same_answer_as_a_wrong_one(browser: PolicedClient, device: Device) -> None:
    wrong, unknown = show(browser, device, flags=PRESENT), show(browser, Device(user=device.user))
    assert (wrong.status, wrong.text) == (unknown.status, unknown.text)


def test_a_copy_that_counts_behind_is_refused(browser: PolicedClient, device: Device) -> None:
    for _ in range(3):
        assert show(browser, device).status == 303
    assert device.count == 3
    device.count = 1
    assert show(browser, device).status == 422
    assert show(browser, device).status == 422, "an equal one as well"
    assert show(browser, device).status == 303


def test_a_colleagues_passkey_is_no_second_step_and_no_step_up(
    app: Flask, browser: PolicedClient, worker_database: Database, clinic: Clinic, clock: Clock, email: str, desk: UUID
) -> None:
    other = staff_member(worker_database, clinic, Role.CLINIC_ADMIN, now=clock.now)
    theirs = keep(PolicedClient(app, clinic).sign_in(other), Device())
    staff_password(browser, email)
    for user in (None, desk.bytes, b""):
        answer = theirs.show(ask(browser, "sign-in/second-step/question"), user=user)
        assert browser.post(clinic.path("sign-in/second-step/passkey"), {"passkey": answer}).status == 422
    client = bare(app, clinic, desk)
    page = client.get(clinic.path("step-up?action=factors"))
    answer = theirs.show(ask(client, "step-up/question?action=factors"), user=desk.bytes)
    assert client.submit(page, {"step_up_passkey": answer}).status == 422


def test_another_clinics_passkey_is_unknown_here(app: Flask, device: Device, other_clinic: Clinic) -> None:
    there = PolicedClient(app, other_clinic)
    assert show(there, device).status == 422


def test_a_suspended_account_gets_the_same_refusal(
    browser: PolicedClient, device: Device, database: Database, clinic: Clinic, desk: UUID
) -> None:
    admin = Principal.of(tenant_id=clinic.id, user_id=desk, roles=[Role.CLINIC_ADMIN])
    with database.transaction(admin) as session:
        from portal.identity.models import Account

        session.get_one(Account, (clinic.id, desk)).status = "suspended"
    assert show(browser, device).status == 422


def test_what_is_no_answer_is_refused_everywhere(
    client: PolicedClient, browser: PolicedClient, desk: UUID, email: str, clinic: Clinic
) -> None:
    client.sign_in(desk)
    staff_password(browser, email)
    for typed in ("", "{}", "[]", "null", "x", '{"response": 1}', "{" * 900, "9" * 20_001):
        assert alone(browser, typed).status == 422
        assert alone(browser, typed, staff=False).status == 422
        assert browser.post(clinic.path("sign-in/second-step/passkey"), {"passkey": typed}).status == 422
        assert client.post(clinic.path("factors/passkeys/new"), {"passkey": typed}).status == 422
        assert client.post(clinic.path("step-up?action=sign"), {"step_up_passkey": typed}).status == 422


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["id", "rawId", "type", "response", "clientDataJSON", "attestationObject", "userHandle"]), inner
    ),
))  # fmt: skip
@settings(max_examples=200)
def test_reading_made_up_answers_refuses_and_never_fails(made_up: Any) -> None:
    text = json.dumps(made_up)
    readers: list[Callable[[], object]] = [
        lambda: challenge_in(text),
        lambda: named_in(text),
        lambda: made_by(text, challenge=b"x", place=PasskeyPlace(host="localhost", origins=("https://localhost",))),
    ]
    for read in readers:
        with pytest.raises(PasskeyRefused):
            read()


def test_making_one_asks_for_its_owner_the_host_and_the_origin(client: PolicedClient, desk: UUID) -> None:
    client.sign_in(desk)
    path = client.clinic.path("factors/passkeys/new")
    for lying in (Device(origin="https://evil.example"), Device(host="evil.example")):
        made = lying.make(ask(client, "factors/passkeys/question"))
        assert client.post(path, {"passkey": made}).status == 422
    made = Device().make(ask(client, "factors/passkeys/question"), flags=PRESENT)
    assert client.post(path, {"passkey": made}).status == 422
    assert "You have none. With a passkey" in client.get(client.clinic.path("factors")).text


def test_a_known_passkey_is_not_kept_twice_nor_for_somebody_else(
    app: Flask, client: PolicedClient, device: Device, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    other = PolicedClient(app, clinic).sign_in(staff_member(worker_database, clinic, Role.CLINIC_ADMIN, now=clock.now))
    for one in (client, other):
        made = device.make(ask(one, "factors/passkeys/question"))
        assert one.post(clinic.path("factors/passkeys/new"), {"passkey": made}).status == 422


def test_own_passkeys_are_named_and_removed_but_never_the_last_factor(
    client: PolicedClient, device: Device, browser: PolicedClient, clinic: Clinic
) -> None:
    page = client.get(clinic.path("factors"))
    assert "Remove this passkey" in page.text
    named = client.submit(page, {"name": "Desk PC"}, button="Keep the name", follow=True)
    assert "Desk PC" in named.text
    left = client.submit(named, button="Remove this app", follow=True)
    assert "Remove this passkey" not in left.text
    assert "Remove this app" not in left.text
    action = str(left.forms()[0].attributes["action"]).replace("/name", "/remove")
    client.post(action)
    assert "your only app or passkey" in client.get(clinic.path("factors")).html
    assert show(browser, device).status == 303


def test_a_removed_one_signs_nobody_in(client: PolicedClient, device: Device, browser: PolicedClient) -> None:
    page = client.get(client.clinic.path("factors"))
    client.submit(page, button="Remove this passkey")
    assert show(browser, device).status == 422


def test_nobody_names_or_removes_a_colleagues(
    app: Flask, client: PolicedClient, device: Device, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    action = str(client.get(clinic.path("factors")).forms()[0].attributes["action"])
    other = PolicedClient(app, clinic).sign_in(staff_member(worker_database, clinic, Role.CLINIC_ADMIN, now=clock.now))
    assert other.post(action, {"name": "Mine"}).status == 404
    assert other.post(action.replace("/name", "/remove")).status == 404


def test_questions_need_their_place(app: Flask, browser: PolicedClient, clinic: Clinic, desk: UUID) -> None:
    for path in ("sign-in/second-step/question", "sign-in/set-up/question"):
        assert browser.post(clinic.path(path)).status == 404
    for path in ("factors/passkeys/question", "step-up/question?action=sign"):
        assert browser.post(clinic.path(path)).status == 401
    client = bare(app, clinic, desk)
    assert client.post(clinic.path("step-up/question?action=anything")).status == 404
    assert client.post(clinic.path("factors/passkeys/question")).status == 403, "a code first"


def test_passkeys_are_out_of_sight_of_colleagues(
    database: Database, worker_database: Database, device: Device, clinic: Clinic, clock: Clock
) -> None:
    admin = staff_member(worker_database, clinic, Role.CLINIC_ADMIN, now=clock.now)
    with database.transaction(Principal.of(tenant_id=clinic.id, user_id=admin, roles=[Role.CLINIC_ADMIN])) as session:
        assert session.scalars(select(Passkey)).all() == []
        assert session.scalars(select(PasskeyChallenge)).all() == []


def test_a_reset_takes_passkeys_away(
    browser: PolicedClient, device: Device, system: SystemSession, email: str, clock: Clock
) -> None:
    with system("provisioning") as session:
        reset_factors(session, contact=email, now=clock.now)
    assert show(browser, device).status == 422
    assert "Set up your app" in staff_password(browser, email).text


def test_old_questions_are_forgotten(
    browser: PolicedClient, system: SystemSession, database: Database, clinic: Clinic, clock: Clock
) -> None:
    ask(browser, "sign-in/passkey/question")
    with system("identity") as session:
        forget_expired(session, now=clock.now)
        assert session.scalars(select(PasskeyChallenge)).all() != []
    clock.advance(hours=3)
    with system("identity") as session:
        forget_expired(session, now=clock.now)
        assert session.scalars(select(PasskeyChallenge)).all() == []
