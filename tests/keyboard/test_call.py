"""A call by the keyboard alone, on both sides, over the real sidecar: where the focus is, and what is said."""

import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
from flask import Flask
from playwright.sync_api import expect

from deploy.processes import wait_until
from tests.factories.visits import BookedVisit
from tests.keyboard.conftest import HEAR, SitDown
from tests.signaling.support import free_port, sidecar_environment
from tests.support.browser import PHONE, served
from tests.support.keyboard import Keyboard

pytestmark = [pytest.mark.browser, pytest.mark.verify]

CONNECTED, LEFT = "You are connected.", "You left the call. Press Join to come back."
#: What a browser does that wants a press before it plays sound.
REFUSES_SOUND = """() => {
  const play = Audio.prototype.play;
  Audio.prototype.play = function () {
    Audio.prototype.play = play;
    return Promise.reject(new DOMException("", "NotAllowedError"));
  };
}"""


@contextmanager
def sidecar(app: Flask, urls: dict[str, str], folder: Path, *, origin: str, port: int) -> Iterator[None]:
    """`python -m signaling`, answering and listening."""
    key = app.extensions["settings"].video_ticket_key.get_secret_value()
    environment = sidecar_environment(urls, folder, port=port, origin=origin, key=key)
    process = subprocess.Popen([sys.executable, "-m", "signaling"], env=environment)

    def listens() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
                return bool(json.load(answer)["listening"])
        except OSError:
            return False

    try:
        assert wait_until(listens, timeout=60)
        yield
    finally:
        process.kill()
        process.wait(10)


@pytest.fixture(scope="module")
def url(shared_app: Flask, urls: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The portal on a port, and its sidecar on another."""
    port = free_port()
    socket = f"ws://127.0.0.1:{port}"
    names, known = shared_app.jinja_env.globals, shared_app.extensions
    before = names["socket_address"], known["portal_sockets"]
    with (
        served(shared_app) as found,
        sidecar(shared_app, urls, tmp_path_factory.mktemp("call"), origin=found, port=port),
    ):
        names["socket_address"], known["portal_sockets"] = f"{socket}/signaling", (socket,)
        yield found
        names["socket_address"], known["portal_sockets"] = before


@pytest.fixture
def clinician(sit_down: SitDown, arrived: None, booked: BookedVisit) -> Keyboard:
    """In the call, waiting for the patient."""
    one = sit_down(f"staff/visits/{booked.visit_id}", booked.clinician)
    one.press("Admit the patient")
    join(one)
    return one


@pytest.fixture
def patient(sit_down: SitDown, clinician: Keyboard, booked: BookedVisit) -> Keyboard:
    """On the page of the call, not yet in it."""
    one = sit_down(f"p/{booked.patient_id}/visits/{booked.visit_id}", booked.account, size=PHONE)
    one.page.evaluate(HEAR)
    return one


def join(one: Keyboard) -> None:
    one.use("Join the call")
    stands_on(one, "Mute")


def stands_on(one: Keyboard, name: str, *, role: Literal["button", "link"] = "button") -> None:
    """The focus is there, and Tab goes on from there."""
    expect(one.page.get_by_role(role, name=one.words(name), exact=True)).to_be_focused()


def in_state(one: Keyboard, **states: str) -> None:
    for name, value in states.items():
        expect(one.page.locator("[data-visit-call]")).to_have_attribute(
            f"data-{name.replace('_', '-')}", value, timeout=20_000
        )


def switch(one: Keyboard, name: str, key: str) -> None:
    """On and off: the name stays, and that it is pressed is said."""
    found = one.use(name, key=key)
    expect(found).to_have_attribute("aria-pressed", "true")
    stands_on(one, name)
    one.page.keyboard.press(key)
    expect(found).to_have_attribute("aria-pressed", "false")


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_patient_joins_mutes_writes_leaves_comes_back_and_goes_on_when_it_is_over(
    patient: Keyboard, clinician: Keyboard
) -> None:
    join(patient)
    in_state(patient, state="connected", remote_video="on")
    switch(patient, "Mute", "Space")
    switch(patient, "Camera off", "Enter")
    patient.page.keyboard.press("Space")
    in_state(clinician, remote_video="off")
    patient.write("Message", "I hear you.")
    patient.page.keyboard.press("Enter")
    expect(clinician.page.locator("[data-chat]")).to_contain_text("I hear you.")
    expect(patient.page.get_by_role("textbox", name=patient.words("Message"))).to_have_value("")
    expect(patient.page.get_by_role("textbox", name=patient.words("Message"))).to_be_focused()
    patient.use("Leave", back=True)
    stands_on(patient, "Join the call")
    in_state(clinician, state="connecting")
    patient.page.keyboard.press("Enter")
    stands_on(patient, "Mute")
    in_state(patient, state="connected")
    expect(patient.page.get_by_role("button", name=patient.words("Camera off"))).to_have_attribute(
        "aria-pressed", "true"
    )
    said = [words for _, words in patient.page.evaluate("heard")]
    connected, left = patient.words(CONNECTED), patient.words(LEFT)
    assert [words for words in said if words in {connected, left}] == [connected, left, connected], said
    clinician.press("End the visit")
    stands_on(patient, "Go on", role="link")
    with patient.page.expect_navigation():
        patient.page.keyboard.press("Enter")


def test_a_clinician_leaves_and_comes_back_and_mutes_from_within_the_note(clinician: Keyboard) -> None:
    clinician.use("Leave")
    stands_on(clinician, "Join the call")
    clinician.page.keyboard.press("Enter")
    stands_on(clinician, "Mute")
    clinician.write(re.compile("Subjective"), "Cough")
    clinician.page.keyboard.press("Control+Alt+M")
    expect(clinician.page.get_by_role("button", name="Mute")).to_have_attribute("aria-pressed", "true")
    clinician.page.keyboard.type(" for a week")
    expect(clinician.page.get_by_role("textbox", name="Subjective")).to_have_value("Cough for a week")


def test_who_stands_elsewhere_when_a_call_ends_stays_there(patient: Keyboard, clinician: Keyboard) -> None:
    join(patient)
    patient.write("Message", "Thank you")
    clinician.press("End the visit")
    in_state(patient, state="ended")
    expect(patient.page.get_by_role("textbox", name=patient.words("Message"))).to_be_focused()
    expect(patient.page.get_by_role("textbox", name=patient.words("Message"))).to_have_value("Thank you")


def test_a_browser_that_wants_a_press_before_it_plays_sound_gets_it_by_a_key(
    patient: Keyboard, clinician: Keyboard
) -> None:
    patient.page.evaluate(REFUSES_SOUND)
    join(patient)
    unblock = patient.page.get_by_role("button", name="Play the sound")
    expect(unblock).to_be_visible(timeout=20_000)
    patient.use("Play the sound", back=True)
    expect(unblock).to_be_hidden()
    stands_on(patient, "Mute")
