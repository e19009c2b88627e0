"""Large letters, a narrow window and a thumb: on every page, both ways, nothing is cut, beside it or too small."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Playwright

from tests.screens import Camera, pages
from tests.security.world import Side
from tests.support.browser import DESK, PHONE, launch

pytestmark = pytest.mark.browser

MEASURES = Path(__file__).with_name("measures.js").read_text("utf-8")
#: 1280×1024 at 400 %.
ZOOMED = {"width": 320, "height": 256}
#: WCAG 1.4.12
SPACED = (
    "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }"
    " p { margin-bottom: 2em !important }"
)
#: A page of each layout, for `make test`.
SOME = ("/sign-in", "/home", "/staff/", "/staff/calendar")
LANGUAGES = ("en", "ar")


class Ruler:
    """Opens a page with the measures beside it. The policy is off, since it refuses a test's styles too."""

    def __init__(self, camera: Camera, large: Browser) -> None:
        self.camera, self.large = camera, large
        self.pages: dict[tuple[str, Browser], Page] = {}

    def page(self, role: str, *, large: bool = False) -> Page:
        """That of somebody who wants nothing to move, and may want letters of double size: one for all addresses."""
        browser = self.large if large else self.camera.browser
        if (role, browser) not in self.pages:
            made = browser.new_context(
                viewport=PHONE,
                bypass_csp=True,
                reduced_motion="reduce",
                extra_http_headers=self.camera.headers(role),
            )
            made.add_init_script(MEASURES)
            self.pages[role, browser] = made.new_page()
        return self.pages[role, browser]

    def complaints(self, role: str, path: str, language: str) -> list[str]:
        """What is wrong with a page, in words."""
        found: list[str] = []
        address = f"{self.camera.url}{path}{'&' if '?' in path else '?'}lang={language}"

        def ask(page: Page, about: str, call: str) -> None:
            lines: list[str] = page.evaluate(f"measures.{call}")
            found.extend(f"{role} {path} {language}: {about}: {line}" for line in lines)

        def look(page: Page, about: str) -> None:
            ask(page, f"beside, {about}", "wide()")
            ask(page, f"cut, {about}", "cut()")
            ask(page, f"a letter to a line, {about}", "squeezed()")

        page = self.page(role)
        page.set_viewport_size(PHONE)
        page.goto(address)
        page.evaluate("measures.open()")
        is_staff = "page-staff" in (page.get_attribute("body", "class") or "")
        usual = DESK if is_staff else PHONE
        ask(page, "too small for a thumb", "small(24, true)" if is_staff else "small(44)")
        ask(page, "moves", "moving()")
        look(page, "as it comes")
        page.set_viewport_size(ZOOMED)
        look(page, "at 400 %")
        page.set_viewport_size(usual)
        page.add_style_tag(content=SPACED)
        look(page, "spaced")

        page = self.page(role, large=True)
        page.set_viewport_size(usual)
        page.goto(address)
        page.evaluate("measures.open()")
        look(page, "letters of 200 %")
        return found


@pytest.fixture(scope="module")
def ruler(playwright: Playwright, camera: Camera) -> Iterator[Ruler]:
    """With a second browser, whose reader set 32 px where 16 are usual: questions of media in em follow that."""
    large = launch(playwright, "--blink-settings=defaultFontSize=32")
    yield Ruler(camera, large)
    large.close()


def _complaints(ruler: Ruler, some: list[tuple[str, str]], language: str) -> list[str]:
    return [line for role, path in some for line in ruler.complaints(role, path, language)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_of_each_layout_leaves_room(app: Flask, side: Side, ruler: Ruler, language: str) -> None:
    some = [one for one in pages(app, side) if one[1].endswith(SOME)]
    assert len(some) >= len(SOME)
    assert _complaints(ruler, some, language) == []


@pytest.mark.verify
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_leaves_room(app: Flask, side: Side, ruler: Ruler, language: str) -> None:
    assert _complaints(ruler, pages(app, side), language) == []


#: What is planted in an empty page → the measure that must see it, and how many of the things it must name.
PLANTED = {
    "a low link in a sentence": ("<p>Read <a href='#' style='font-size:9px'>this</a> first.</p>", "small(44)", 1),
    "a narrow button": ("<button style='width:20px;height:50px'>x</button>", "small(44)", 1),
    "a link that stands alone": ("<p><a href='#'>Alone</a></p>", "small(44)", 1),
    "low buttons that touch": (
        "<button style='display:block;height:12px;width:60px;padding:0'>a</button>" * 2, "small(24, true)", 2),
    "a low button beside a high one": (
        "<button style='display:block;height:12px;width:60px;padding:0'>a</button>"
        "<button style='display:block;height:50px;width:60px'>b</button>", "small(24, true)", 1),
    "words behind an edge": ("<div style='width:50px;height:20px;overflow:hidden'>Behind the edge</div>", "cut()", 1),
    "words that are left no room": (
        f"<p style='display:flex;width:200px;overflow-wrap:anywhere'>{'All the room. ' * 20}<b>Changed</b></p>",
        "squeezed()", 1),
    "something wide": ("<div style='width:900px'>Wide</div>", "wide()", 2),
    "something beside the page": ("<div style='position:absolute;left:-50px'>Beside</div>", "wide()", 1),
    "a change that takes its time": ("<i style='transition:color 1s'>Slow</i>", "moving()", 1),
    "something that moves": (
        "<style>@keyframes on { to { opacity: 0 } } i::before { content: 'x'; animation: on 9s infinite }</style>"
        "<i>Moves</i>", "moving()", 2),
}  # fmt: skip


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_seen(ruler: Ruler, fault: str) -> None:
    html, call, times = PLANTED[fault]
    page = ruler.page("visitor")
    page.set_viewport_size(PHONE)
    page.set_content(html)
    page.evaluate(MEASURES)
    found: list[Any] = page.evaluate(f"measures.{call}")
    assert len(found) == times, found


#: What the measures leave alone.
SOUND = {
    "a low button with room around it": (
        "<button style='display:block;margin:20px;height:12px;width:60px;padding:0'>a</button>" * 2, "small(24, true)"),
    "a box within a large label": (
        "<label style='display:block;height:50px'>Yes <input type='checkbox'></label>", "small(44)"),
    "a long word in a narrow column": (
        "<p style='width:70px;overflow-wrap:anywhere'>Otorhinolaryngology</p>", "squeezed()"),
    "words that are for ears only": ("<p class='visually-hidden' style='width:1px;overflow:hidden'>Ear</p>", "cut()"),
    "a wide table that scrolls in its own frame": (
        "<div style='overflow-x:auto'><div style='width:900px'>Wide</div></div>", "wide()"),
}  # fmt: skip


@pytest.mark.parametrize("what", SOUND)
def test_what_is_sound_is_left_alone(ruler: Ruler, what: str) -> None:
    html, call = SOUND[what]
    page = ruler.page("visitor")
    page.set_viewport_size(PHONE)
    page.set_content(html)
    page.evaluate(MEASURES)
    found: list[Any] = page.evaluate(f"measures.{call}")
    assert found == []
