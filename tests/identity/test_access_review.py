"""Every 90 days somebody goes through who may do what: line by line, never about themselves, then signed off."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from portal.audit import Leaf
from portal.identity import change_roles, end_account, review_due
from portal.identity.models import LoginSession, ReviewLine
from portal.identity.operations import ReasonMissing, forget_expired
from portal.identity.operations.reviews import (
    NotReviewed,
    OwnLine,
    ReviewClosed,
    ReviewOpen,
    begin_review,
    decide_line,
    sign_off_review,
)
from portal.kernel.db import Database
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.workspaces.review_mail import ask_for_review
from tests.budgets.measured import statements
from tests.conftest import SystemSession
from tests.factories.identity import enrol, staff_member
from tests.identity.people import admin
from tests.identity.support import RunTasks
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.outside import Outside
from tests.support.race import at_once

REVIEW = "access-review"


class Reviewing:
    """A clinic with an administrator, an officer, somebody at the desk and a clinician with a clearance."""

    def __init__(self, web: Database, worker: Database, clinic: Clinic, clock: Clock) -> None:
        self.web, self.clinic, self.clock = web, clinic, clock
        made = {"now": clock.now}
        self.ada = staff_member(worker, clinic, Role.CLINIC_ADMIN, name="Ada Min", **made)
        self.pat = staff_member(worker, clinic, Role.PRIVACY_OFFICER, name="Pat Private", **made)
        self.robin = staff_member(worker, clinic, Role.FRONT_DESK, name="Robin Desk", **made)
        self.omar = staff_member(worker, clinic, Role.CLINICIAN, Role.SEES_HIV, name="Dr. Omar", **made)
        enrol(worker, clinic, self.robin, now=clock.now)

    def as_(self, account: UUID) -> Principal:
        role = Role.PRIVACY_OFFICER if account == self.pat else Role.CLINIC_ADMIN
        return Principal.of(tenant_id=self.clinic.id, user_id=account, roles=[role]).acting(purpose=REVIEW)

    def begin(self, account: UUID | None = None) -> UUID:
        with self.web.transaction(self.as_(account or self.ada)) as session:
            return begin_review(session, now=self.clock.now).id

    def lines(self, review: UUID) -> dict[UUID, ReviewLine]:
        with self.web.transaction(self.as_(self.ada)) as session:
            rows = session.scalars(select(ReviewLine).where(ReviewLine.review_id == review))
            return {row.account_id: row for row in rows}

    def decide(self, review: UUID, whom: UUID, decision: str = "keep", reason: str = "", *, by: UUID) -> None:
        line = self.lines(review)[whom].id
        with self.web.transaction(self.as_(by)) as session:
            decide_line(session, review_id=review, line_id=line, decision=decision, reason=reason, now=self.clock.now)

    def keep_all(self, review: UUID, *but: UUID) -> None:
        for whom in {self.ada, self.pat, self.robin, self.omar} - {*but}:
            self.decide(review, whom, by=self.pat if whom == self.ada else self.ada)

    def sign_off(self, review: UUID, by: UUID | None = None) -> None:
        with self.web.transaction(self.as_(by or self.ada)) as session:
            sign_off_review(session, review_id=review, now=self.clock.now)


@pytest.fixture
def here(database: Database, worker_database: Database, clinic: Clinic, clock: Clock) -> Reviewing:
    return Reviewing(database, worker_database, clinic, clock)


def test_a_review_shows_everybody_as_things_stand(here: Reviewing, clock: Clock) -> None:
    clock.advance(days=61)
    lines = here.lines(here.begin())
    assert {one: row.flags for one, row in lines.items()} == {
        here.ada: ["idle", "no-factor"],
        here.pat: ["idle", "no-factor"],
        here.robin: ["idle"],
        here.omar: ["idle", "no-factor", "unused-clearance"],
    }
    assert lines[here.omar].roles == ["clinician", "sees_hiv"] and lines[here.robin].factors == ["app"]


def test_a_clearance_is_used_by_reading_notes(here: Reviewing, system: SystemSession, clock: Clock) -> None:
    from sqlalchemy import insert

    from tests.audit.conftest import leaf_of

    with system("tests") as session:
        leaf = leaf_of(here.clinic, at=clock.now) | {"user_id": here.omar, "resources": ["Note/1", "Visit"]}
        session.execute(insert(Leaf), [leaf])
    assert "unused-clearance" not in here.lines(here.begin())[here.omar].flags


def test_one_review_at_a_time_also_of_two_who_begin_at_once(here: Reviewing) -> None:
    answers = at_once(here.begin, [here.ada, here.pat], told=ReviewOpen)
    assert sum(isinstance(one, ReviewOpen) for one in answers) == 1


def test_nobody_decides_about_themselves(here: Reviewing) -> None:
    review = here.begin()
    with pytest.raises(OwnLine):
        here.decide(review, here.ada, by=here.ada)
    with here.web.transaction(here.as_(here.ada)) as session:
        own = update(ReviewLine).where(ReviewLine.account_id == here.ada)
        assert session.execute(own.values(decided_by=here.pat)).rowcount == 0, "nor does the database let them"
    here.decide(review, here.ada, by=here.pat)


@pytest.mark.parametrize(("decision", "reason"), [("change", " "), ("end", ""), ("", "Why"), ("promote", "Why")])
def test_what_deviates_has_a_reason(here: Reviewing, decision: str, reason: str) -> None:
    review = here.begin()
    with pytest.raises(ReasonMissing):
        here.decide(review, here.robin, decision, reason, by=here.ada)


def test_it_is_signed_off_when_all_is_decided_and_done(here: Reviewing, clock: Clock) -> None:
    review = here.begin()
    here.keep_all(review, here.omar, here.robin)
    with pytest.raises(NotReviewed):
        here.sign_off(review)
    here.decide(review, here.omar, "change", "Reads no such notes.", by=here.ada)
    here.decide(review, here.robin, "end", "Left in May.", by=here.ada)
    with pytest.raises(NotReviewed):
        here.sign_off(review)
    clock.advance(minutes=1)
    with here.web.transaction(admin(here.clinic, here.ada)) as session:
        change_roles(session, account_id=here.omar, roles=["clinician"], reason="Review.", now=clock.now)
        end_account(session, account_id=here.robin, reason="Review.", now=clock.now)
    here.sign_off(review)
    with pytest.raises(ReviewClosed):
        here.decide(review, here.omar, by=here.ada)
    with pytest.raises(ReviewClosed):
        here.sign_off(review, by=here.pat)
    with here.web.transaction(here.as_(here.ada)) as session:
        late = update(ReviewLine).where(ReviewLine.account_id == here.omar).values(decision="keep")
        assert session.execute(late).rowcount == 0


def test_it_is_due_90_days_after_the_last_one(here: Reviewing, system: SystemSession, clock: Clock) -> None:
    made = clock.now

    def due() -> tuple[bool, bool]:
        with system(REVIEW) as session:
            known = review_due(session, now=clock.now)
            assert known.due_at.date() == (made + timedelta(days=90)).date()
            return known.is_asked_for, known.is_overdue

    assert due() == (False, False)
    clock.advance(days=80)
    assert due() == (True, False)
    clock.advance(days=11)
    assert due() == (True, True)
    review = here.begin()
    here.keep_all(review)
    here.sign_off(review)
    made = clock.now
    assert due() == (False, False)


def test_who_must_do_it_is_asked_by_mail_once_and_again_when_it_is_late(
    here: Reviewing, system: SystemSession, clock: Clock, outside: Outside, run_tasks: RunTasks
) -> None:
    def mails() -> int:
        outside.mail.sent.clear()
        for _ in range(2):
            with system(REVIEW) as session:
                ask_for_review(session, now=clock.now)
        run_tasks()
        return len(outside.mail.sent)

    assert mails() == 0
    clock.advance(days=77)
    assert mails() == 2, "the administrator and the officer"
    assert "staff/access-reviews" in outside.mail.sent[-1].text and "Robin" not in outside.mail.sent[-1].text
    clock.advance(days=1)
    assert mails() == 0
    clock.advance(days=14)
    assert mails() == 2


def test_the_menu_says_that_it_is_due(here: Reviewing, client: PolicedClient, clock: Clock) -> None:
    client.sign_in(here.ada)
    assert client.get(here.clinic.path("staff/clinic")).text.endswith("Operations")
    clock.advance(days=80)
    client.sign_in(here.ada)
    assert "Access reviews 1" in client.get(here.clinic.path("staff/clinic")).text


def test_the_pages_lead_through_it(here: Reviewing, client: PolicedClient, new_client: Any) -> None:
    clinic = here.clinic
    client.sign_in(here.ada)
    page = client.submit(client.get(clinic.path("staff/access-reviews")), button="Begin a review", follow=True)
    assert "4 people are left" in page.text and "This is you" in page.text and "No second factor" in page.text
    lines = here.lines(review := UUID(page.url.rpartition("/")[2]))
    path = clinic.path(f"staff/access-reviews/{review}/{lines[here.robin].id}")
    refused = client.post(path, {"decision": "end", "reason": " "})
    assert refused.status == 422 and "write why" in refused.errors
    assert client.post(path, {"decision": "keep", "reason": ""}).status == 303
    own = client.post(clinic.path(f"staff/access-reviews/{review}/{lines[here.ada].id}"), {"decision": "keep"})
    assert own.status == 403 and "Somebody else decides about you." in own.errors
    early = client.submit(client.get(page.url), button="Sign the review off")
    assert early.status == 409 and "Not everything is decided" in early.errors
    here.keep_all(review)
    officer = new_client().sign_in(here.pat)
    done = officer.submit(officer.get(page.url), button="Sign the review off", follow=True)
    assert "signed off" in done.text and "Pat Private" in done.text
    again = client.submit(client.get(clinic.path("staff/access-reviews")), button="Begin a review", follow=True)
    assert again.status == 200


def test_a_long_review_has_pages_and_a_decision_leads_back_to_its_own(
    here: Reviewing, worker_database: Database, client: PolicedClient, clock: Clock
) -> None:
    for number in range(24):
        staff_member(worker_database, here.clinic, Role.FRONT_DESK, name=f"Zoe {number:02}", now=clock.now)
    address = here.clinic.path(f"staff/access-reviews/{here.begin()}")
    first = client.sign_in(here.ada).get(address)
    assert "28 people are left." in first.text and "1 to 25 of 28" in first.text
    assert "Zoe 20" in first.text and "Zoe 21" not in first.text
    second = client.get(first.links()["Next page"])
    assert all(f"Zoe {number}" in second.text for number in (21, 22, 23))
    assert second.links()["Previous page"] == f"{address}?page=1"
    refused = client.submit(second, {"decision": "end"}, button="Save the decision")
    assert refused.status == 422 and "Zoe 21" in refused.text
    saved = client.submit(second, {"decision": "keep"}, button="Save the decision")
    assert saved.location.startswith(f"{address}?page=2#line-")
    assert "27 people are left." in client.get(f"{address}?page={'9' * 30}").text


def test_no_page_about_people_asks_for_more_than_it_may(
    here: Reviewing, client: PolicedClient, database: Database
) -> None:
    review = here.begin()
    here.keep_all(review)
    client.sign_in(here.ada)
    for path in (f"access-reviews/{review}", "access-reviews", f"people/{here.omar}", f"people/{here.omar}/leaving"):
        with statements(database) as asked:
            assert client.get(here.clinic.path(f"staff/{path}")).status == 200
        assert len(asked) <= 12, path


def test_a_review_is_taken_along_as_a_file_which_is_recorded(
    here: Reviewing, client: PolicedClient, worker_database: Database, system: SystemSession, clock: Clock
) -> None:
    staff_member(worker_database, here.clinic, Role.FRONT_DESK, now=clock.now, name="=HYPERLINK(1)")
    review = here.begin()
    client.sign_in(here.ada)
    path = here.clinic.path(f"staff/access-reviews/{review}/export")
    table = client.get(path + "?format=csv")
    assert '"\'=HYPERLINK(1)"' in table.html and "attachment" in table.response.headers["Content-Disposition"]
    known = json.loads(client.get(path + "?format=json").data)
    assert [one["name"] for one in known["lines"]] == sorted(one["name"] for one in known["lines"])
    assert {one["account_id"]: one["roles"] for one in known["lines"]}[str(here.omar)] == ["clinician", "sees_hiv"]
    assert client.get(path + "?format=xml").status == 404
    with system("audit") as session:
        taken = [leaf for leaf in session.scalars(select(Leaf)) if "AccessReviewExport" in leaf.resources]
    assert [leaf.user_id for leaf in taken] == [here.ada, here.ada]


def test_when_staff_were_last_here_is_not_forgotten(
    here: Reviewing, client: PolicedClient, system: SystemSession, clock: Clock
) -> None:
    client.sign_in(here.robin)
    clock.advance(minutes=5)
    last = clock.now
    client.sign_in(here.robin)
    clock.advance(days=70)
    with system("identity") as session:
        forget_expired(session, now=clock.now)
    assert here.lines(here.begin())[here.robin].last_sign_in_at == last
    with here.web.transaction(here.as_(here.ada)) as session:
        kept = session.scalars(select(LoginSession).where(LoginSession.account_id == here.robin)).all()
        assert len(kept) == 1
