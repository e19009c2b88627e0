"""A chart as a browser draws it: its words stand apart, time goes to the right, and it takes the reader's colours."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.face.site import Site

#: What is wrong with the words of the page's charts: they touch each other, or are cut.
FAULTS = """() => [...document.querySelectorAll(".chart > svg")].flatMap((svg, at) => {
  const frame = svg.getBoundingClientRect(), words = [...svg.querySelectorAll("text")];
  const boxes = words.map(one => one.getBoundingClientRect());
  const apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top + 3 || b.bottom <= a.top + 3;
  return words.flatMap((word, i) => [
    ...(boxes[i].left < frame.left - 1 || boxes[i].right > frame.right + 1
      ? [`${at}: ${word.textContent} is cut`] : []),
    ...words.slice(i + 1).filter((_, j) => !apart(boxes[i], boxes[i + 1 + j])).map(
      other => `${at}: ${word.textContent} and ${other.textContent} touch`),
  ]);
})"""
#: The colour of each part that has one, and of the reader's own text.
COLOURS = """() => {
  const probe = document.body.appendChild(document.createElement("p"));
  probe.style.color = "CanvasText";
  const found = {text: getComputedStyle(probe).color};
  for (const [name, of, what] of [
    ["line", "[role=img] polyline", "stroke"], ["dot", "[role=img] circle", "fill"], ["bar", ".chart-bar rect", "fill"],
    ["second", "[role=img] [stroke-dasharray]", "stroke"], ["square", "g > path", "fill"],
    ["key", "p polyline", "stroke"], ["word", ".chart text", "fill"], ["grid", ".chart > svg > path", "stroke"],
    ["spark", ".spark polyline", "stroke"],
  ]) found[name] = getComputedStyle(document.querySelector(of))[what];
  probe.remove();
  return found;
}"""


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    served = Site()
    yield served
    served.stop()


def sheet(browser: Browser, site: Site, language: str = "en", **options: Any) -> Page:
    page = browser.new_context(**{"viewport": {"width": 360, "height": 640}, **options}).new_page()
    page.goto(f"{site.url}/design/chart?lang={language}")
    return page


@pytest.mark.parametrize("language", ["en", "fr", "ar", "bn", "zh"])
def test_words_stand_apart_and_whole(browser: Browser, site: Site, language: str) -> None:
    page = sheet(browser, site, language)
    assert page.locator(".chart > svg").count() > 9
    assert page.evaluate(FAULTS) == []


def test_words_that_touch_or_are_cut_are_seen(browser: Browser, site: Site) -> None:
    page = sheet(browser, site)
    page.evaluate(
        "const [one, two, three] = document.querySelectorAll('.chart > svg text');"
        "one.setAttribute('y', two.getAttribute('y')); three.setAttribute('x', -20)"
    )
    faults = page.evaluate(FAULTS)
    assert len(faults) == 2 and "touch" in faults[0] and "is cut" in faults[1]


@pytest.mark.parametrize("language", ["en", "ar"])
def test_time_goes_to_the_right_in_every_language(browser: Browser, site: Site, language: str) -> None:
    page = sheet(browser, site, language)
    dots = page.locator(".chart-line svg circle")
    first, last, word = dots.nth(0).bounding_box(), dots.nth(5).bounding_box(), page.locator(".chart text").first
    number = word.bounding_box()
    assert first and last and number
    assert number["x"] + number["width"] <= first["x"] < last["x"]


def test_the_readers_own_colours_are_taken(browser: Browser, site: Site) -> None:
    page = sheet(browser, site, forced_colors="active", color_scheme="dark")
    colours = page.evaluate(COLOURS)
    text = colours.pop("text")
    assert {name: colour for name, colour in colours.items() if colour != text} == {}


def test_paper_has_the_light_colours_in_the_dark_scheme_too(browser: Browser, site: Site) -> None:
    light, dark = sheet(browser, site), sheet(browser, site, color_scheme="dark")
    assert dark.evaluate(COLOURS)["line"] != light.evaluate(COLOURS)["line"]
    dark.emulate_media(media="print")
    assert dark.evaluate(COLOURS) == light.evaluate(COLOURS)
    assert dark.locator(".chart > svg").first.is_visible()
