"""What must hold when several try at the same moment."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from portal.identity import CodeRefused, Proof, TooManyCodes, patient_account, redeem_code, request_code, spend_try
from portal.kernel.db import Database, PortalSession
from portal.kernel.principal import Principal
from tests.factories.identity import phone_number
from tests.identity.support import RunTasks, code_in, wrong
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.outside import Outside
from tests.support.race import at_once

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def visitor(clinic: Clinic) -> Principal:
    return Principal.visitor(tenant_id=clinic.id).acting(purpose="sign-in")


@pytest.fixture
def asked(database: Database, visitor: Principal, outside: Outside, run_tasks: RunTasks, clock: Clock) -> Any:
    """A code's id and the code."""
    with database.transaction(visitor) as session:
        code_id = ask(session, clock)
    run_tasks()
    return code_id, code_in(outside.sms.sent[-1])


def ask(session: PortalSession, clock: Clock, *, target: str | None = None, address: str = "192.0.2.1") -> Any:
    return request_code(
        session,
        channel="sms",
        target=target or phone_number(),
        language="en",
        zone="UTC",
        address=address,
        now=clock.now,
    )


def test_a_code_used_twice_at_once_works_once(database: Database, visitor: Principal, asked: Any, clock: Clock) -> None:
    code_id, code = asked

    def redeem(number: int) -> Proof:
        with database.transaction(visitor) as session:
            return redeem_code(session, code_id=code_id, code=code, tries_left=4, now=clock.now)

    results = at_once(redeem, range(4), told=CodeRefused)
    assert sorted(type(one).__name__ for one in results) == ["CodeRefused", "CodeRefused", "CodeRefused", "Proof"]


def test_many_guesses_at_once_spend_no_more_tries_than_there_are(
    database: Database, visitor: Principal, asked: Any, clock: Clock
) -> None:
    code_id, _ = asked

    def spend(number: int) -> int:
        with database.transaction(visitor) as session:
            return spend_try(session, code_id=code_id, now=clock.now)

    results = at_once(spend, range(12), told=CodeRefused)
    assert sorted(one for one in results if isinstance(one, int)) == [0, 1, 2, 3, 4]
    assert sum(isinstance(one, CodeRefused) for one in results) == 7


def test_many_requests_at_once_send_no_more_codes_than_the_limit(
    database: Database, visitor: Principal, clock: Clock
) -> None:
    target = phone_number()

    def request(number: int) -> Any:
        with database.transaction(visitor) as session:
            return ask(session, clock, target=target, address=f"192.0.2.{number}")

    results = at_once(request, range(9), told=TooManyCodes)
    assert sum(isinstance(one, TooManyCodes) for one in results) == 4


def test_two_browsers_that_sign_up_at_once_share_one_account(
    database: Database, visitor: Principal, clock: Clock
) -> None:
    target = phone_number()

    def sign_up(number: int) -> Any:
        with database.transaction(visitor) as session:
            return patient_account(session, channel="sms", target=target, language="en", zone="UTC", now=clock.now)

    assert len(set(at_once(sign_up, range(4)))) == 1


def test_a_wrong_code_leaves_the_right_one_usable(
    session_as: Callable[[Principal], AbstractContextManager[PortalSession]],
    visitor: Principal,
    asked: Any,
    clock: Clock,
) -> None:
    code_id, code = asked
    with session_as(visitor) as session, pytest.raises(CodeRefused) as refused:
        redeem_code(session, code_id=code_id, code=wrong(code), tries_left=3, now=clock.now)
    assert refused.value.tries_left == 3
    with session_as(visitor) as session:
        assert redeem_code(session, code_id=code_id, code=code, tries_left=2, now=clock.now).channel == "sms"
