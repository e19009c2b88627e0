"""The lock covers records and never the call: beside a call that goes on, the note leaves the page and comes back."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from portal.kernel.db import Database
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.visits import arrive, visit_by_id
from tests.factories.identity import PASSWORD
from tests.factories.visits import BookedVisit
from tests.support.browser import DESK, visitor
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.sign_in import start_test_session

WRITTEN = "Itching for three days"
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def path(
    app: Flask, database: Database, clinic: Clinic, clock: Clock, booked: BookedVisit, run_tasks: Callable[..., int]
) -> str:
    """The visit's page; the patient was admitted."""
    run_tasks()
    clock.now = booked.starts_at - timedelta(minutes=5)
    patient = Principal.of(tenant_id=clinic.id, user_id=booked.account, roles=[Role.PATIENT]).acting(purpose="visits")
    with database.transaction(patient) as session:
        visit = visit_by_id(session, visit_id=booked.visit_id)
        assert visit is not None
        arrive(session, visit=visit, now=clock.now)
    here = clinic.path(f"staff/visits/{booked.visit_id}")
    clinician = PolicedClient(app, clinic).sign_in(booked.clinician)
    clinician.submit(clinician.get(here), button="Admit the patient")
    return here


@pytest.fixture
def doctor(app: Flask, clinic: Clinic, booked: BookedVisit, path: str) -> PolicedClient:
    return PolicedClient(app, clinic).sign_in(booked.clinician, awake=False)


def test_an_open_call_keeps_its_clinician_signed_in_and_a_screen_locked(
    doctor: PolicedClient, clinic: Clinic, clock: Clock, path: str
) -> None:
    for _ in range(20):
        clock.advance(minutes=1)
        assert doctor.get(f"{path}/presence", headers=FRAGMENT).status == 204
    assert doctor.get(path).status == 200, "somebody who speaks with a patient is there"
    doctor.post(clinic.path("lock"))
    for _ in range(20):
        clock.advance(minutes=1)
        assert doctor.get(f"{path}/presence", headers=FRAGMENT).status == 204
    assert doctor.post(f"{path}/ticket").status == 200, "the call may connect again"
    assert doctor.get(path).location == clinic.path(f"lock?next={path}"), "and opens no record"


def test_a_call_that_is_over_keeps_nobody_signed_in(doctor: PolicedClient, clinic: Clinic, path: str) -> None:
    doctor.post(f"{path}/end", {"outcome": "completed"})
    assert doctor.get(f"{path}/presence", headers=FRAGMENT).status == 404


@pytest.fixture
def page(app: Flask, browser: Browser, url: str, clinic: Clinic, booked: BookedVisit, path: str) -> Iterator[Page]:
    """The clinician's page with a picture that runs; the other end of the call is not what is looked at."""
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    token = start_test_session(app, clinic.id, booked.clinician, awake=False)
    cookie = {"name": "__Host-session", "value": serializer.dumps({"_user_id": token}), "url": "https://localhost/"}
    with visitor(browser, size=DESK) as context:
        context.add_cookies([{**cookie, "secure": True}])  # type: ignore[list-item]
        page = context.new_page()
        page.goto(url + path)
        page.evaluate(
            """async () => {
                 const root = document.querySelector("[data-visit-call]"), video = root.querySelector("[data-remote]");
                 root.dataset.state = "connected";
                 root.querySelector("[data-stage]").hidden = root.querySelector("[data-controls]").hidden = false;
                 video.srcObject = await navigator.mediaDevices.getUserMedia({ video: true });
                 await video.play();
                 window.running = video;
               }"""
        )
        yield page


@pytest.mark.browser
def test_the_picture_runs_on_while_the_note_is_away_and_both_are_there_afterwards(page: Page) -> None:
    page.locator("textarea").first.fill(WRITTEN)
    page.get_by_role("button", name="Lock", exact=True).click()
    expect(page.get_by_role("heading", name="This screen is locked")).to_be_visible()
    assert page.locator("textarea").count() == 0
    assert "Maria Gomez" not in page.content() and WRITTEN not in page.content()
    assert page.title() == "Locked"
    expect(page.get_by_role("button", name="Mute")).to_be_visible()
    before = page.evaluate("[document.contains(running), running.currentTime]")
    page.wait_for_function("(before) => running.currentTime > before", arg=before[1])
    assert before[0] and not page.evaluate("running.paused")
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Unlock").click()
    expect(page.get_by_text("That does not open this screen").first).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Unlock").click()
    expect(page.locator("textarea").first).to_have_value(WRITTEN)
    assert page.evaluate("document.contains(running) && !running.paused")
    page.locator("textarea").first.fill(f"{WRITTEN}, since Monday")
    expect(page.locator("[data-save-state]").first).to_have_attribute("data-state", "saved")
