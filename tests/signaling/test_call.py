"""The call in two real browsers: decoded pictures and sound, and what happens when parts of it fail."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from playwright.sync_api import Browser, Page, Playwright

from tests.signaling.pages import Portal
from tests.signaling.support import free_port
from tests.support.browser import launch

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
TALKING = """before => { const d = document.querySelector('[data-visit-call]').dataset;
  return d.state === 'connected' && +d.remoteFrames > before[0] && +d.remoteAudio > before[1]; }"""


class SidecarProcess:
    """The sidecar as a process that can be killed and started again on the same port."""

    def __init__(self, origin: str) -> None:
        self.port = free_port()
        self._environment = {**os.environ, "TEST_ORIGIN": origin, "TEST_PORT": str(self.port)}
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.signaling.support"], env=self._environment, cwd=ROOT
        )
        try:
            wait_for(self._answers, seconds=60)
        except AssertionError:
            self.kill()  # nobody has it yet who could
            raise

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)


def wait_for(ready: Callable[[], bool], seconds: float = 15) -> None:
    """Poll until it is so."""
    until = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.02)  # between two looks, not instead of one


@pytest.fixture(scope="module")
def portal() -> Iterator[Portal]:
    portal = Portal()
    yield portal
    portal.close()


@pytest.fixture(scope="module")
def sidecar(portal: Portal) -> Iterator[SidecarProcess]:
    sidecar = SidecarProcess(portal.url)
    portal.socket = f"ws://127.0.0.1:{sidecar.port}/signaling"
    yield sidecar
    sidecar.kill()


@pytest.fixture(scope="module")
def browsers(playwright: Playwright) -> Iterator[tuple[Browser, Browser]]:
    two = [launch(playwright) for _ in range(2)]
    yield two[0], two[1]
    for browser in two:
        browser.close()


Open = Callable[[int, str], Page]


@pytest.fixture
def open_page(browsers: tuple[Browser, Browser], portal: Portal, sidecar: SidecarProcess) -> Iterator[Open]:
    """`open_page(0, "call/patient")` in one of the two browsers; an error of the script or the CSP fails the test."""
    contexts, complaints = [], []

    def open_page(browser: int, path: str) -> Page:
        context = browsers[browser].new_context(permissions=["camera", "microphone"])
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if "Content Security" in line.text else None)
        page.goto(f"{portal.url}/{path}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def counters(page: Page) -> list[int]:
    """Decoded frames and samples until now."""
    found: list[int] = page.evaluate(
        "() => { const d = document.querySelector('[data-visit-call]').dataset;"
        " return [+(d.remoteFrames || 0), +(d.remoteAudio || 0)]; }"
    )
    return found


def expect_talk(*pages: Page) -> None:
    """From now on, each page decodes further frames and further sound."""
    for page, before in [(page, counters(page)) for page in pages]:
        page.wait_for_function(TALKING, arg=before, timeout=20000)


def expect(page: Page, attribute: str, value: str) -> None:
    page.wait_for_selector(f'[data-visit-call][{attribute}="{value}"]', timeout=15000, state="attached")


def expect_said(page: Page, text: str) -> None:
    """The live region says this."""
    page.wait_for_selector(f'[data-status] >> text="{text}"', timeout=15000)


def test_two_people_see_and_hear_each_other(open_page: Open, portal: Portal) -> None:
    doctor = open_page(0, "call/clinician")
    expect(doctor, "data-socket-state", "open")
    assert doctor.text_content("[data-status]") == "Waiting"
    patient = open_page(1, "call/patient")
    expect_talk(doctor, patient)
    assert patient.text_content("[data-status]") == "Connected"
    assert patient.is_hidden("[data-remote-off]")
    assert patient.is_visible("[data-controls]")
    assert patient.evaluate("document.querySelector('[data-remote]').videoWidth") > 0
    patient.wait_for_function("document.querySelector('[data-local]').currentTime > 0")


def test_the_sidecar_dies_during_the_call_and_both_rejoin(
    open_page: Open, portal: Portal, sidecar: SidecarProcess
) -> None:
    doctor, patient = open_page(0, "call/clinician"), open_page(1, "call/patient")
    expect_talk(doctor, patient)
    tickets = portal.tickets
    sidecar.kill()
    expect(doctor, "data-socket-state", "closed")
    expect(patient, "data-socket-state", "closed")
    expect_talk(doctor, patient)
    portal.messages.append("Written meanwhile")
    sidecar.start()
    expect(doctor, "data-socket-state", "open")
    expect(patient, "data-socket-state", "open")
    expect_talk(doctor, patient)
    doctor.wait_for_selector("[data-chat] >> text=Written meanwhile")
    assert doctor.get_attribute("[data-visit-call]", "data-restarts") is None
    assert portal.tickets == tickets + 2  # however often they tried


def test_a_reloaded_page_and_a_second_device_take_the_call_up_again(open_page: Open) -> None:
    doctor, patient = open_page(0, "call/clinician"), open_page(1, "call/patient")
    expect_talk(doctor, patient)
    patient.reload()
    expect_talk(patient)
    second = open_page(1, "call/patient")
    expect(patient, "data-state", "ended")
    assert patient.text_content("[data-status]") == "Open elsewhere"
    expect_talk(second)
    patient.click("[data-join]")
    expect_talk(patient)
    expect(second, "data-state", "ended")
    assert doctor.get_attribute("[data-visit-call]", "data-state") == "connected"


def test_hanging_up_ends_one_side_and_the_visit_can_end_for_both(open_page: Open, portal: Portal) -> None:
    doctor, patient = open_page(0, "call/clinician"), open_page(1, "call/patient")
    expect_talk(doctor, patient)
    patient.click("[data-mute]")
    patient.click("[data-camera]")
    assert patient.get_attribute("[data-mute]", "aria-pressed") == "true"
    expect(doctor, "data-remote-video", "off")
    patient.click("[data-leave]")
    expect(patient, "data-state", "ended")
    assert patient.is_visible("[data-end-link]")
    expect(doctor, "data-state", "connecting")
    assert doctor.text_content("[data-status]") == "They left"
    portal.status = 410
    try:
        patient.click("[data-join]")
        expect_said(patient, "Over")
        assert patient.is_hidden("[data-join]")
    finally:
        portal.status = 200


class Link:
    """A page's network, made thin or cut. It must be in place before the page's first connection."""

    WIDE: ClassVar[dict[str, float]] = {"latency": 1, "downloadThroughput": 1_000_000, "uploadThroughput": 1_000_000}

    def __init__(self, page: Page) -> None:
        self._devtools = page.context.new_cdp_session(page)
        self._devtools.send("Network.enable")
        self.set()

    def set(self, *, offline: bool = False, **conditions: float) -> None:
        """Bytes a second and milliseconds; what is not named is wide."""
        values = {"offline": offline, **self.WIDE, **conditions}
        self._devtools.send("Network.emulateNetworkConditions", values)


def open_call_on_a_link(open_page: Open, portal: Portal) -> tuple[Page, Page, Link]:
    doctor, patient = open_page(0, "call/clinician"), open_page(1, "elsewhere")
    link = Link(patient)
    patient.goto(f"{portal.url}/call/patient")
    expect_talk(doctor, patient)
    return doctor, patient, link


def test_on_a_thin_link_the_sound_goes_on_alone_and_the_picture_comes_back(open_page: Open, portal: Portal) -> None:
    _, patient, link = open_call_on_a_link(open_page, portal)
    link.set(latency=150, downloadThroughput=8000, uploadThroughput=8000)
    expect(patient, "data-sending", "audio")
    expect_said(patient, "Sound only")
    link.set()
    expect(patient, "data-sending", "video")
    expect_said(patient, "Picture again")


def test_a_link_that_was_cut_is_noticed_and_taken_up_again(open_page: Open, portal: Portal) -> None:
    doctor, patient, link = open_call_on_a_link(open_page, portal)
    link.set(offline=True)
    expect(doctor, "data-state", "reconnecting")
    expect(patient, "data-state", "reconnecting")
    assert patient.text_content("[data-status]") == "Trying again"
    link.set()
    expect_talk(doctor, patient)
    assert doctor.get_attribute("[data-visit-call]", "data-restarts")


def test_signed_out_during_the_call_the_call_goes_on(open_page: Open, portal: Portal, sidecar: SidecarProcess) -> None:
    doctor, patient = open_page(0, "call/clinician"), open_page(1, "call/patient")
    expect_talk(doctor, patient)
    portal.status = 401
    try:
        sidecar.kill()
        sidecar.start()
        expect_said(patient, "Signed out")
        expect_talk(doctor, patient)
    finally:
        portal.status = 200
    expect(patient, "data-socket-state", "open")


def test_who_was_admitted_while_offline_goes_on_to_the_call(open_page: Open, portal: Portal) -> None:
    page = open_page(1, "wait/patient?use=call")
    page.wait_for_url(f"{portal.url}/over")


def test_the_waiting_room_opens_no_camera_and_waits(open_page: Open) -> None:
    page = open_page(1, "wait/patient")
    expect_said(page, "Waiting")
    assert page.get_attribute("[data-visit-call]", "data-socket-state") == "open"


def has_address() -> bool:
    """aiortc gathers no loopback candidates: the echo needs another address of this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # documentation's range: nothing is sent
        except OSError:
            return False
        return not str(probe.getsockname()[0]).startswith("127.")


@pytest.mark.skipif(not has_address(), reason="the machine has no address but loopback")
def test_the_device_test_hears_itself_and_measures_the_link(open_page: Open) -> None:
    page = open_page(0, "test/patient")
    page.click("[data-start]")
    page.wait_for_selector('[data-device-test][data-state="done"]', timeout=30000)
    fields = page.eval_on_selector_all("[data-field]", "all => all.map(one => [one.dataset.field, one.value])")
    found = dict(fields)
    assert {name: found[name] for name in ("verdict", "camera", "echo")} == {
        "verdict": "video",
        "camera": "yes",
        "echo": "yes",
    }
    assert int(found["up_kbps"]) > 150 and int(found["down_kbps"]) > 150
    assert page.is_checked('[name="microphone"][value="yes"]')
    assert page.is_visible('[data-verdict="video"]')
