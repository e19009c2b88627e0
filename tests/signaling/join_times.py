"""How long it takes from the press of Join to the first decoded picture: `python -m tests.signaling.join_times [N]`.

Cold: fresh browsers. Warm: browsers that have called before, camera already open as after the device test.
"""

import statistics
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.signaling.pages import CALL, PAGES, Portal
from tests.signaling.test_call import SidecarProcess
from tests.support.browser import launch

CLOCK = """addEventListener('DOMContentLoaded', () => {
  document.querySelector('[data-join]').addEventListener('click', () => { window.pressed = performance.now(); }, true);
  document.querySelector('[data-remote]').requestVideoFrameCallback(() => { window.seen = performance.now(); });
});"""
CAMERA = "async () => { window.kept = await navigator.mediaDevices.getUserMedia({audio: true, video: true}); }"


@contextmanager
def stage() -> Iterator[Portal]:
    """The stand-in portal and a sidecar."""
    PAGES["press"] = CALL.replace("data-autostart ", "")
    portal = Portal()
    sidecar = SidecarProcess(portal.url)
    portal.socket = f"ws://127.0.0.1:{sidecar.port}/signaling"
    try:
        yield portal
    finally:
        sidecar.kill()
        portal.close()


def join_once(portal: Portal, doctors: Browser, patients: Browser, *, warm: bool) -> float:
    """Milliseconds of one join, with the clinician already there."""
    contexts = [browser.new_context(permissions=["camera", "microphone"]) for browser in (doctors, patients)]
    doctor, patient = (context.new_page() for context in contexts)
    doctor.goto(f"{portal.url}/call/clinician")
    doctor.wait_for_selector('[data-socket-state="open"]')
    patient.add_init_script(CLOCK)
    patient.goto(f"{portal.url}/press/patient")
    if warm:
        patient.evaluate(CAMERA)
    patient.click("[data-join]")
    patient.wait_for_function("() => window.seen", timeout=20000)
    took: float = patient.evaluate("() => window.seen - window.pressed")
    for context in contexts:
        context.close()
    return took


def measure(playwright: Playwright, portal: Portal, *, times: int, warm: bool) -> list[float]:
    """Many joins."""

    def two() -> list[Browser]:
        return [launch(playwright) for _ in range(2)]

    found: list[float] = []
    browsers: list[Browser] = []
    if warm:
        browsers = two()
        join_once(portal, *browsers, warm=True)
    for _ in range(times):
        pair = browsers or two()
        found.append(join_once(portal, *pair, warm=warm))
        if not warm:
            for browser in pair:
                browser.close()
    for browser in browsers:
        browser.close()
    return found


def main(times: int) -> None:
    """Print median and 95th percentile."""
    with stage() as portal, sync_playwright() as playwright:
        for name, warm in (("cold", False), ("warm", True)):
            found = sorted(measure(playwright, portal, times=times, warm=warm))
            p95 = found[min(len(found) - 1, round(0.95 * len(found)))]
            print(f"video join {name}: median {statistics.median(found):.0f} ms, p95 {p95:.0f} ms of {times}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
