"""Real Chromium for tests: the distribution's, with a fake camera, at the size of a cheap phone or a desk."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Playwright
from werkzeug.serving import make_server

from tests.support.serving import serving

#: The engine without a window's frame: half the work. The whole browser is for what the shell does not do.
SHELL, WHOLE = "/usr/bin/chromium-headless-shell", "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PHONE = {"width": 360, "height": 640}
DESK = {"width": 1280, "height": 800}


def launch(playwright: Playwright, *flags: str, program: str = SHELL) -> Browser:
    """A browser process of its own, as two people have two devices."""
    return playwright.chromium.launch(executable_path=program, args=[*FLAGS, *flags])


@contextmanager
def visitor(
    browser: Browser, *, size: dict[str, int], language: str = "en-US", javascript: bool = True
) -> Iterator[BrowserContext]:
    """A fresh profile: no cookies, nothing kept."""
    context = browser.new_context(
        viewport=size,
        locale=language,
        java_script_enabled=javascript,
        permissions=["camera", "microphone"],
        ignore_https_errors=True,
    )
    context.set_default_timeout(20_000)
    yield context
    context.close()


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The application on a free port of this machine, by the name that passkeys and secure cookies accept."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    with serving(server):
        yield f"http://localhost:{server.server_port}"
