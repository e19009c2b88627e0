"""A shared computer: a locked session opens no record to any request, and opens again where it was."""

from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from portal.identity.models import LoginSession
from portal.kernel.db import Database
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.web.access import declared
from tests.factories.identity import PASSWORD, staff_member
from tests.support.client import BASE, Page, PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.race import at_once

PIN = "840273"
NewClient = Callable[[], PolicedClient]


@pytest.fixture
def desk(worker_database: Database, clinic: Clinic, clock: Clock) -> UUID:
    return staff_member(worker_database, clinic, Role.FRONT_DESK, now=clock.now, name="Robin Desk")


@pytest.fixture
def pc(app: Flask, clinic: Clinic, desk: UUID) -> PolicedClient:
    """A browser in which Robin sits, with a PIN."""
    client = PolicedClient(app, clinic).sign_in(desk, awake=False)
    assert client.submit(client.get(clinic.path("staff/pin")), {"pin": PIN}).status == 303
    return client


def lock(client: PolicedClient) -> Page:
    back = client.clinic.path("sessions")
    answer = client.post(client.clinic.path(f"lock?next={back}"))
    assert answer.status == 303
    return client.get(answer.location)


def held(client: PolicedClient) -> str:
    with client.browser.session_transaction(base_url=BASE) as session:
        return str(session.get("_user_id"))


def row_of(database: Database, clinic: Clinic) -> LoginSession:
    with database.transaction(Principal.visitor(tenant_id=clinic.id).acting(purpose="session")) as session:
        row = session.scalars(select(LoginSession)).one()
        session.expunge(row)
        return row


def test_one_press_locks_and_the_pin_opens_the_same_place(pc: PolicedClient, clinic: Clinic) -> None:
    page = lock(pc)
    assert "Locked by Robin Desk" in page.text
    answer = pc.submit(page, {"pin": PIN})
    assert (answer.status, answer.location) == (303, clinic.path("sessions"))
    assert pc.get(answer.location).status == 200


def test_the_password_opens_it_too_and_another_persons_does_not(pc: PolicedClient) -> None:
    page = lock(pc)
    assert pc.submit(page, {"password": "wrong horse battery"}).status == 422
    assert pc.submit(page, {"password": PASSWORD}).status == 303


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}, {"X-Autosave": "1"}], ids=["page", "htmx", "autosave"])
def test_a_locked_session_answers_no_address_that_asks_for_a_permission(
    app: Flask, pc: PolicedClient, method: str, headers: dict[str, str]
) -> None:
    lock(pc)
    answered = []
    for rule in app.url_map.iter_rules():
        says = declared(app, rule.endpoint)
        if says is None or says.permission is None or says.while_locked or rule.arguments != {"clinic"}:
            continue
        if method not in (rule.methods or set()):
            continue
        page = pc._send(method, f"/{pc.clinic.slug}" + rule.rule.removeprefix("/<clinic>"), headers=headers)
        if page.status not in {303, 400, 401}:
            answered.append((rule.rule, page.status))
    assert answered == []


def test_the_few_that_answer_while_locked_are_known_one_by_one(app: Flask) -> None:
    rules = {rule.endpoint for rule in app.url_map.iter_rules()}
    answering = {name for name in rules if (says := declared(app, name)) and says.while_locked}
    assert answering == {
        "identity.lock",
        "identity.lock_page",
        "identity.sign_out",
        "identity.unlock",
        "identity.unlock_question",
        "visits.clinician_ticket",
        "visits.in_call",
    }


def test_an_error_while_locked_shows_no_menu(pc: PolicedClient, clinic: Clinic) -> None:
    lock(pc)
    answer = pc._send("POST", clinic.path("unlock"), data={"csrf_token": "made up", "pin": PIN})
    assert answer.status == 400
    assert "Red flags" not in answer.html


def test_five_minutes_without_a_request_lock_and_fifteen_end_the_session(
    pc: PolicedClient, clinic: Clinic, clock: Clock
) -> None:
    page = clinic.path("sessions")
    clock.advance(minutes=4)
    assert pc.get(page).status == 200
    clock.advance(minutes=6)
    assert pc.get(page).location == clinic.path("lock?next=" + page)
    clock.advance(minutes=10)
    assert "sign-in" in pc.get(page).location


def test_a_board_that_asks_by_itself_for_six_minutes_locks_all_the_same(
    pc: PolicedClient, clinic: Clinic, clock: Clock
) -> None:
    board = clinic.path("staff/")
    assert pc.get(board).status == 200
    for _ in range(19):
        clock.advance(seconds=15)
        assert pc.get(board, headers={"HX-Request": "true"}).status == 200
    for _ in range(5):
        clock.advance(seconds=15)
        last = pc.get(board, headers={"HX-Request": "true", "HX-Current-URL": BASE + board})
    assert last.status == 401
    assert last.response.headers["HX-Redirect"] == clinic.path("lock?next=" + board)


def test_who_reads_without_a_request_is_there_when_the_page_says_so(
    pc: PolicedClient, clinic: Clinic, clock: Clock
) -> None:
    for _ in range(4):
        clock.advance(minutes=4)
        assert pc.post(clinic.path("here")).status == 204
    assert pc.get(clinic.path("sessions")).status == 200


def test_it_does_not_open_by_itself_because_a_call_goes_on(
    pc: PolicedClient, clinic: Clinic, clock: Clock, database: Database
) -> None:
    from portal.identity import touch_session

    token = held(pc)
    clock.advance(minutes=6)
    with database.transaction(Principal.visitor(tenant_id=clinic.id).acting(purpose="session")) as session:
        touch_session(session, token, now=clock.now)
    clock.advance(minutes=1)
    assert "/lock" in pc.get(clinic.path("sessions")).location


def test_twelve_hours_end_it_however_it_is_used(pc: PolicedClient, clinic: Clinic, clock: Clock) -> None:
    for _ in range(176):
        clock.advance(minutes=4)
        assert pc.post(clinic.path("here")).status == 204
    assert "in any case" not in pc.get(clinic.path("sessions")).text
    for _ in range(3):
        clock.advance(minutes=4)
        assert pc.post(clinic.path("here")).status == 204
    assert "You are signed out at" in pc.get(clinic.path("sessions")).text
    clock.advance(minutes=4, seconds=1)
    assert "sign-in" in pc.get(clinic.path("sessions")).location


def test_five_wrong_pins_take_a_sign_in_that_leads_back(pc: PolicedClient, clinic: Clinic, database: Database) -> None:
    page = lock(pc)
    for _ in range(4):
        page = pc.submit(page, {"pin": "135798"})
        assert page.status == 422
        assert "135798" not in page.html
    last = pc.submit(page, {"pin": "135798"})
    assert last.location.startswith(clinic.path("staff/sign-in?next="))
    assert row_of(database, clinic).revoked_at is not None
    assert "sign-in" in pc.get(clinic.path("sessions")).location


def test_many_guesses_at_once_are_five(app: Flask, pc: PolicedClient, clinic: Clinic, database: Database) -> None:
    page, token = lock(pc), held(pc)
    action, data = str(page.forms()[0].attributes["action"]), {"csrf_token": pc._token()}
    cookie = pc.browser.get_cookie("__Host-session", domain="localhost")
    assert cookie is not None

    def guess(number: int) -> int:
        with app.test_client() as browser:
            browser.set_cookie("__Host-session", cookie.value, domain="localhost", secure=True)
            form = {**data, "pin": f"13579{number}"}
            return browser.post(action, data=form, base_url=BASE, headers={"Referer": BASE}).status_code

    answers = at_once(guess, range(8))
    assert answers.count(422) <= 4
    assert (row_of(database, clinic).unlock_tries, token) == (5, held(pc))


def test_unlocking_twice_at_once_opens_it_once_and_both_go_on(
    app: Flask, pc: PolicedClient, clinic: Clinic, database: Database
) -> None:
    page = lock(pc)
    action, data = str(page.forms()[0].attributes["action"]), {"csrf_token": pc._token(), "pin": PIN}
    cookie = pc.browser.get_cookie("__Host-session", domain="localhost")
    assert cookie is not None

    def press(_number: int) -> tuple[int, bool]:
        with app.test_client() as browser:
            browser.set_cookie("__Host-session", cookie.value, domain="localhost", secure=True)
            answer = browser.post(action, data=data, base_url=BASE, headers={"Referer": BASE})
            return answer.status_code, "Set-Cookie" in answer.headers

    answers = at_once(press, range(2))
    assert [status for status, _ in answers] == [303, 303]
    assert sum(fresh for _, fresh in answers) == 1, "only the first may hand the browser another token"
    assert row_of(database, clinic).locked_at is None


def test_the_token_of_before_is_void_after_unlocking(app: Flask, pc: PolicedClient, clinic: Clinic) -> None:
    before = held(pc)
    pc.submit(lock(pc), {"pin": PIN})
    thief = PolicedClient(app, clinic)
    with thief.browser.session_transaction(base_url=BASE) as session:
        session["_user_id"] = before
    assert "sign-in" in thief.get(clinic.path("sessions")).location


def test_a_form_that_comes_too_late_is_kept_unread_and_sent_by_one_press(
    pc: PolicedClient, clinic: Clinic, clock: Clock
) -> None:
    form = pc.get(clinic.path("staff/pin"))
    clock.advance(minutes=6)
    asked = pc.submit(form, {"pin": "729140"})
    assert asked.status == 403
    assert "Locked by Robin Desk" in asked.text
    assert "729140" not in asked.html
    kept = pc.submit(asked, {"pin": PIN})
    assert "Not sent yet" in kept.text
    assert pc.submit(kept).location == clinic.path("factors")
    assert pc.submit(lock(pc), {"pin": "729140"}).status == 303


def test_a_kept_form_opens_in_its_own_session_only(
    app: Flask, pc: PolicedClient, clinic: Clinic, clock: Clock, worker_database: Database
) -> None:
    form = pc.get(clinic.path("staff/pin"))
    clock.advance(minutes=6)
    asked = pc.submit(form, {"pin": "729140"})
    assert asked.tree is not None
    sealed = asked.tree.css_first("input[name=held]").attributes["value"]
    other = staff_member(worker_database, clinic, Role.FRONT_DESK, now=clock.now)
    theirs = PolicedClient(app, clinic).sign_in(other, awake=False)
    lock(theirs)
    answer = theirs.post(clinic.path("unlock"), {"password": PASSWORD, "held": sealed})
    assert answer.status == 303
    assert "729140" not in answer.html


@pytest.mark.parametrize("held_form", ["", "!", "AAAA", "x" * 400])
def test_nonsense_in_place_of_a_kept_form_is_no_form(pc: PolicedClient, clinic: Clinic, held_form: str) -> None:
    lock(pc)
    answer = pc.post(clinic.path("unlock"), {"pin": PIN, "held": held_form})
    assert (answer.status, answer.location) == (303, clinic.path("staff/"))


def test_a_foreign_pages_form_is_not_kept(pc: PolicedClient, clinic: Clinic) -> None:
    lock(pc)
    answer = pc._send("POST", clinic.path("staff/pin"), data={"csrf_token": "made up", "pin": "729140"})
    assert answer.status == 400


def test_switching_users_ends_the_session_and_leaves_nothing(
    pc: PolicedClient, clinic: Clinic, database: Database
) -> None:
    answer = pc.submit(lock(pc), button="Switch user")
    assert (answer.status, answer.location) == (303, clinic.path("staff/sign-in"))
    assert answer.response.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert "Robin" not in pc.get(answer.location).html
    assert row_of(database, clinic).revoked_at is not None


def test_a_link_locks_nothing_and_never_leads_elsewhere(pc: PolicedClient, clinic: Clinic) -> None:
    assert pc.get(clinic.path("lock?next=https://evil.example/")).location == clinic.path("staff/")
    assert pc.get(clinic.path("sessions")).status == 200


def test_locking_in_one_tab_locks_the_other_at_its_next_request(pc: PolicedClient, clinic: Clinic) -> None:
    form = pc.get(clinic.path("staff/pin"))
    lock(pc)
    assert pc.submit(form, {"pin": "729140"}).status == 403


@pytest.mark.parametrize("pin", ["111111", "123456", "987654", "901234", "123123", "121212", "112211", "198412"])
def test_a_pin_that_is_tried_first_is_refused(pc: PolicedClient, clinic: Clinic, pin: str) -> None:
    refused = pc.submit(pc.get(clinic.path("staff/pin")), {"pin": pin})
    assert refused.status == 422
    assert "not easy to guess" in refused.errors


@pytest.mark.parametrize("pin", ["", "12345", "8402731", "84o273", "840 273"])
def test_a_pin_is_six_digits(pc: PolicedClient, clinic: Clinic, pin: str) -> None:
    assert pc.submit(pc.get(clinic.path("staff/pin")), {"pin": pin}).status == 422


def test_a_pin_signs_nobody_in_and_is_no_second_factor(pc: PolicedClient, app: Flask, clinic: Clinic) -> None:
    page = PolicedClient(app, clinic).get(clinic.path("staff/sign-in"))
    assert 'name="pin"' not in page.html
    assert pc.post(clinic.path("step-up?action=export"), {"step_up_code": PIN}).status == 422


def test_a_removed_pin_opens_nothing(pc: PolicedClient, clinic: Clinic) -> None:
    pc.submit(pc.get(clinic.path("staff/pin")), button="Remove the PIN")
    lock(pc)
    assert pc.post(clinic.path("unlock"), {"pin": PIN}).status == 422


def test_a_clinic_says_when_screens_lock_and_whether_a_pin_will_do(
    app: Flask, pc: PolicedClient, clinic: Clinic, clock: Clock, worker_database: Database
) -> None:
    boss = PolicedClient(app, clinic).sign_in(staff_member(worker_database, clinic, Role.CLINIC_ADMIN, now=clock.now))
    form = boss.get(clinic.path("staff/shared-computers"))
    says = {"lock_minutes": "2", "idle_minutes": "6", "longest_hours": "8"}
    data = {**says, "csrf_token": boss._token()}
    assert boss._send("POST", form.url, data=data).status == 303
    assert 'value="8"' in boss.get(form.url).html
    clock.advance(minutes=3)
    assert "/lock" in pc.get(clinic.path("sessions")).location
    assert pc.post(clinic.path("unlock"), {"pin": PIN}).status == 422
    assert pc.post(clinic.path("unlock"), {"password": PASSWORD}).status == 303


@pytest.mark.parametrize(
    ("says", "sentence"),
    [
        ({"lock_minutes": "16"}, "1 to 15"),
        ({"lock_minutes": "0"}, "1 to 15"),
        ({"idle_minutes": "31"}, "5 to 30"),
        ({"longest_hours": "13"}, "1 to 12"),
        ({"lock_minutes": "10", "idle_minutes": "5"}, "before the screen locks"),
    ],
)
def test_outside_the_limits_nothing_is_saved(
    app: Flask, clinic: Clinic, clock: Clock, worker_database: Database, says: dict[str, str], sentence: str
) -> None:
    boss = PolicedClient(app, clinic).sign_in(staff_member(worker_database, clinic, Role.CLINIC_ADMIN, now=clock.now))
    path = clinic.path("staff/shared-computers")
    refused = boss.submit(boss.get(path), says)
    assert refused.status == 422
    assert sentence in refused.errors
    assert 'value="5"' in boss.get(path).html


def test_a_patient_has_no_lock(app: Flask, clinic: Clinic, clock: Clock, database: Database) -> None:
    from tests.factories.identity import patient_sign_in

    client = PolicedClient(app, clinic).sign_in(patient_sign_in(database, clinic, now=clock.now), awake=False)
    assert client.post(clinic.path("lock")).status == 403
    clock.advance(minutes=20)
    assert client.get(clinic.path("sessions")).status == 200
