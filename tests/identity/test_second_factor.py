"""Staff's second factor: set up at the first sign-in, asked for at each, every code once."""

from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from portal.identity import current_code
from portal.identity.models import Authenticator, RecoveryCode
from portal.identity.rules import matching_step, totp
from portal.kernel.db import Database
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from tests.factories.identity import AUTHENTICATOR, email_address, enrol, staff_member
from tests.identity.support import key_on, staff_password
from tests.support.client import Page, PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.race import at_once


@pytest.fixture
def email() -> str:
    return email_address("desk")


@pytest.fixture
def desk(worker_database: Database, clinic: Clinic, clock: Clock, email: str) -> UUID:
    """A front desk's account without a second factor."""
    return staff_member(worker_database, clinic, Role.FRONT_DESK, now=clock.now, email=email)


@pytest.fixture
def enrolled(worker_database: Database, clinic: Clinic, clock: Clock, desk: UUID) -> UUID:
    """The same account with an app."""
    enrol(worker_database, clinic, desk, now=clock.now)
    return desk


def code(clock: Clock, *, steps: int = 0) -> str:
    return current_code(
        AUTHENTICATOR, now=clock.now.fromtimestamp(clock.now.timestamp() + 30 * steps, tz=clock.now.tzinfo)
    )


def show(client: PolicedClient, page: Page, typed: str) -> Page:
    return client.submit(page, {"code": typed}, button="Sign in")


def print_codes(client: PolicedClient) -> list[str]:
    made = client.submit(client.get(client.clinic.path("factors/printed-codes")), button="Make ten new codes")
    assert made.status == 200
    return [" ".join(item.text().split()) for item in made.tree.css("main ol li")] if made.tree else []


@pytest.mark.parametrize(
    ("seconds", "expected"), [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")]
)
def test_codes_are_those_of_rfc_6238(seconds: int, expected: str) -> None:
    assert totp("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", seconds // 30) == expected


def test_a_clock_may_be_off_by_one_step_and_not_by_two(clock: Clock) -> None:
    for steps in range(-3, 4):
        matches = matching_step(AUTHENTICATOR, code(clock, steps=steps), now=clock.now) is not None
        assert matches == (abs(steps) <= 1)


@pytest.mark.usefixtures("enrolled")
def test_password_and_code_sign_in_and_lead_to_where_they_wanted(
    client: PolicedClient, clinic: Clinic, email: str, clock: Clock
) -> None:
    page = staff_password(client, email, query=f"?next=/{clinic.slug}/staff/board")
    answer = show(client, page, code(clock))
    assert answer.location == clinic.path("staff/board")
    assert client.get(clinic.path("sessions")).status == 200


@pytest.mark.usefixtures("enrolled")
def test_the_password_alone_opens_nothing(client: PolicedClient, clinic: Clinic, email: str) -> None:
    page = staff_password(client, email)
    assert "Second step" in page.text
    for path in ("staff/", "sessions", "factors", "factors/printed-codes", "sign-in/set-up"):
        assert client.get(clinic.path(path)).status == 303


@pytest.mark.usefixtures("desk")
def test_the_first_sign_in_sets_an_app_up_and_offers_printed_codes(
    client: PolicedClient, clinic: Clinic, email: str, clock: Clock
) -> None:
    page = staff_password(client, email)
    assert page.url.startswith(clinic.path("sign-in/set-up"))
    assert client.get(clinic.path("staff/")).status == 303
    answer = client.submit(page, {"code": current_code(key_on(page), now=clock.now)})
    assert answer.location.startswith(clinic.path("factors/printed-codes"))
    assert len(print_codes(client)) == 10


@pytest.mark.usefixtures("desk")
def test_a_wrong_first_code_leaves_the_account_without_a_session(
    client: PolicedClient, clinic: Clinic, email: str, clock: Clock
) -> None:
    page = staff_password(client, email)
    wrong = f"{(int(current_code(key_on(page), now=clock.now)) + 1) % 10**6:06}"
    assert client.submit(page, {"code": wrong}).status == 422
    assert client.get(clinic.path("sessions")).status == 303


@pytest.mark.usefixtures("desk")
def test_two_browsers_are_offered_different_keys_and_the_first_to_finish_wins(
    app: Flask, client: PolicedClient, clinic: Clinic, email: str, clock: Clock
) -> None:
    thief = PolicedClient(app, clinic)
    theirs, mine = staff_password(thief, email), staff_password(client, email)
    assert key_on(theirs) != key_on(mine)
    assert client.submit(mine, {"code": current_code(key_on(mine), now=clock.now)}).status == 303
    late = thief.submit(theirs, {"code": current_code(key_on(theirs), now=clock.now)})
    assert late.location.startswith(clinic.path("staff/sign-in"))
    assert thief.get(clinic.path("sessions")).status == 303


@pytest.mark.usefixtures("enrolled")
def test_a_code_is_taken_once(app: Flask, client: PolicedClient, clinic: Clinic, email: str, clock: Clock) -> None:
    other = PolicedClient(app, clinic)
    first, second = staff_password(client, email), staff_password(other, email)
    assert show(client, first, code(clock)).status == 303
    again = show(other, second, code(clock))
    assert again.status == 422
    assert "does not work" in again.errors
    assert show(other, second, code(clock, steps=-1)).status == 422, "an older one neither"
    assert show(other, second, code(clock, steps=1)).status == 303


@pytest.mark.usefixtures("enrolled")
def test_a_code_is_taken_once_also_by_four_browsers_at_once(
    app: Flask, clinic: Clinic, email: str, clock: Clock
) -> None:
    browsers = [PolicedClient(app, clinic) for _ in range(4)]
    pages = [staff_password(one, email) for one in browsers]
    answers = at_once(lambda pair: show(*pair, code(clock)).status, zip(browsers, pages, strict=True))
    assert sorted(answers) == [303, 422, 422, 422]


@pytest.mark.usefixtures("enrolled")
def test_a_sign_in_waits_ten_minutes_and_no_longer(
    client: PolicedClient, clinic: Clinic, email: str, clock: Clock
) -> None:
    page = staff_password(client, email)
    clock.advance(minutes=11)
    assert show(client, page, code(clock)).location.startswith(clinic.path("staff/sign-in"))
    assert client.get(clinic.path("sessions")).status == 303


@pytest.mark.usefixtures("enrolled")
def test_ten_wrong_codes_stop_the_account_for_an_hour(client: PolicedClient, email: str, clock: Clock) -> None:
    page = staff_password(client, email)
    for number in range(10):
        assert show(client, page, f"{number:012}").status == 422
    assert show(client, page, code(clock)).status == 429
    clock.advance(minutes=61)
    assert show(client, staff_password(client, email), code(clock)).status == 303


@pytest.mark.usefixtures("enrolled")
@pytest.mark.parametrize("typed", ["", "12345", "abcdef", "1234567"])
def test_what_is_no_code_comes_back(client: PolicedClient, email: str, typed: str) -> None:
    assert show(client, staff_password(client, email), typed).status == 422


def test_without_a_password_there_is_no_second_step(client: PolicedClient, clinic: Clinic) -> None:
    for path in ("sign-in/second-step", "sign-in/set-up"):
        assert client.get(clinic.path(path)).location.startswith(clinic.path("staff/sign-in"))


def test_a_printed_code_signs_in_once_and_new_ones_void_the_old(
    app: Flask, client: PolicedClient, enrolled: UUID, clinic: Clinic, email: str
) -> None:
    client.sign_in(enrolled)
    old, new = print_codes(client), print_codes(client)
    assert len({*old, *new}) == 20
    lost = PolicedClient(app, clinic)
    page = staff_password(lost, email)
    assert show(lost, page, old[0]).status == 422
    assert show(lost, page, new[0].replace(" ", "-")).status == 303
    again = PolicedClient(app, clinic)
    assert show(again, staff_password(again, email), new[0]).status == 422
    assert "9 codes are left" in client.get(clinic.path("factors")).text


def test_a_printed_code_works_once_also_at_once(
    app: Flask, client: PolicedClient, enrolled: UUID, clinic: Clinic, email: str
) -> None:
    typed = print_codes(client.sign_in(enrolled))[0]
    browsers = [PolicedClient(app, clinic) for _ in range(4)]
    pages = [staff_password(one, email) for one in browsers]
    answers = at_once(lambda pair: show(*pair, typed).status, zip(browsers, pages, strict=True))
    assert sorted(answers) == [303, 422, 422, 422]


def test_secrets_and_printed_codes_lie_sealed_and_hashed(
    database: Database, client: PolicedClient, enrolled: UUID, clinic: Clinic
) -> None:
    codes = print_codes(client.sign_in(enrolled))
    me = Principal.of(tenant_id=clinic.id, user_id=enrolled, roles=[Role.FRONT_DESK])
    with database.transaction(me) as session:
        assert AUTHENTICATOR.encode() not in bytes(session.scalars(select(Authenticator.secret_sealed)).one())
        hashes = session.scalars(select(RecoveryCode.code_hash)).all()
    assert len(hashes) == 10
    assert all(len(one) == 32 for one in hashes)
    assert not {one.replace(" ", "").encode() for one in codes} & {bytes(one) for one in hashes}


def test_factors_are_out_of_sight_of_colleagues(
    database: Database, worker_database: Database, client: PolicedClient, enrolled: UUID, clinic: Clinic, clock: Clock
) -> None:
    print_codes(client.sign_in(enrolled))
    admin = staff_member(worker_database, clinic, Role.CLINIC_ADMIN, now=clock.now)
    with database.transaction(Principal.of(tenant_id=clinic.id, user_id=admin, roles=[Role.CLINIC_ADMIN])) as session:
        assert session.scalars(select(Authenticator)).all() == []
        assert session.scalars(select(RecoveryCode)).all() == []


def test_an_app_is_added_renamed_and_removed_but_never_the_last(
    client: PolicedClient, enrolled: UUID, clinic: Clinic, clock: Clock
) -> None:
    client.sign_in(enrolled)
    page = client.get(clinic.path("factors"))
    assert "Remove this app" not in page.text
    offered = client.submit(page, button="Add an app", follow=True)
    done = client.submit(offered, {"code": current_code(key_on(offered), now=clock.now)}, follow=True)
    assert done.text.count("Remove this app") == 2
    named = client.submit(done, {"name": "Old phone"}, button="Keep the name", follow=True)
    assert "Old phone" in named.text
    left = client.submit(named, button="Remove this app", follow=True)
    assert "Remove this app" not in left.text
    last = client.post(
        next(f.attributes["action"] or "" for f in left.forms() if "/name" in str(f.attributes["action"])).replace(
            "/name", "/remove"
        )
    )
    assert last.status == 303
    assert "your only app or passkey" in client.get(clinic.path("factors")).html


def test_nobody_changes_a_colleagues_app(
    app: Flask, client: PolicedClient, worker_database: Database, enrolled: UUID, clinic: Clinic, clock: Clock
) -> None:
    client.sign_in(enrolled)
    action = next(
        str(f.attributes["action"])
        for f in client.get(clinic.path("factors")).forms()
        if "/name" in str(f.attributes["action"])
    )
    other = PolicedClient(app, clinic).sign_in(staff_member(worker_database, clinic, Role.CLINIC_ADMIN, now=clock.now))
    assert other.post(action, {"name": "Mine"}).status == 404
    assert other.post(action.replace("/name", "/remove")).status == 404
    assert other.get(action.replace("/name", "/set-up")).status == 404
