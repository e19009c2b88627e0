"""Whoever is turned away, or asked for more first, reads why in their own language."""

from uuid import UUID

import pytest
from flask import Flask

from portal.kernel.db import Database
from portal.kernel.permissions import Role
from tests.factories.identity import enrol, staff_member
from tests.support.client import BASE, Page, PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.sign_in import start_test_session


def language_of(page: Page) -> str | None:
    root = page.tree.css_first("html") if page.tree else None
    return root.attributes["lang"] if root else None


@pytest.fixture
def desk(worker_database: Database, clinic: Clinic, clock: Clock) -> UUID:
    account = staff_member(worker_database, clinic, Role.FRONT_DESK, now=clock.now)
    enrol(worker_database, clinic, account, now=clock.now)
    return account


@pytest.fixture
def browser(app: Flask, clinic: Clinic, desk: UUID) -> PolicedClient:
    """A browser that has shown no second factor since it signed in."""
    client = PolicedClient(app, clinic)
    with client.browser.session_transaction(base_url=BASE) as session:
        session["_user_id"] = start_test_session(app, clinic.id, desk, stepped_up=False)
    return client


def in_arabic_before(app: Flask, clinic: Clinic) -> None:
    """The same thread has just answered somebody who reads Arabic."""
    assert language_of(PolicedClient(app, clinic).get(clinic.path("sign-in?lang=ar"))) == "ar"


@pytest.mark.parametrize(
    ("path", "status"),
    [("/{clinic}/staff/people-of-nowhere", 404), ("/no-such-clinic/sign-in", 404), ("/{clinic}/staff/prices", 403)],
)
def test_a_refusal_is_in_the_readers_language(
    app: Flask, clinic: Clinic, browser: PolicedClient, path: str, status: int
) -> None:
    in_arabic_before(app, clinic)
    refused = browser.get(path.format(clinic=clinic.slug) + "?lang=es")
    assert (refused.status, language_of(refused)) == (status, "es")


def test_who_is_signed_out_in_the_middle_of_a_form_reads_it_in_their_language(app: Flask, clinic: Clinic) -> None:
    in_arabic_before(app, clinic)
    answer = PolicedClient(app, clinic).post(clinic.path("step-up"), {}, headers={"Accept-Language": "es"})
    assert (answer.status, language_of(answer)) == (401, "es")


def test_who_must_show_a_second_factor_is_asked_in_the_chosen_language(
    app: Flask, clinic: Clinic, browser: PolicedClient
) -> None:
    in_arabic_before(app, clinic)
    asked = browser.get(clinic.path("factors/printed-codes?lang=es"), follow=True)
    assert language_of(asked) == "es"
    form = browser.get(clinic.path("factors")).forms()[0]
    in_arabic_before(app, clinic)
    asked = browser.post(str(form.attributes["action"]), {"name": "Mi teléfono"})
    assert (asked.status, language_of(asked)) == (403, "es")
