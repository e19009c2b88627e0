"""The oldest browser that htmx runs in: pages are plainer there, and each can be read, filled in and sent."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import render_template_string
from playwright.sync_api import Browser, Page

from tests.face.old_browser import FLOOR, as_read_by, reads
from tests.face.site import Site

ROOT = Path(__file__).resolve().parents[2]
CSS = (ROOT / "static/css/portal.css").read_text("utf-8")
OLD = as_read_by(CSS, FLOOR)
#: Where the sheet says that all of it is read.
WHOLE = 89
#: What is wanted of no browser before this, and why nothing is lost without it.
LATER = {
    "text-wrap": "a heading breaks less evenly",
    "accent-color": "a tick is blue",
    "prefers-contrast": "the question is not asked; the reader's own choice of a scheme answers it",
}
#: Syntax and methods younger than Chrome 51, which would stop a whole file or what it does there.
YOUNGER = {
    "async functions (55)": r"\basync\b|\bawait\b",
    "powers (52)": r"\*\*",
    "optional chaining (80)": r"\?\.[a-zA-Z_\[(]",
    "nullish values (80)": r"\?\?",
    "spread in objects (60)": r"[{,]\s*\.\.\.\w+[^\])]*\}",
    "catch without a name (66)": r"catch\s*\{",
    "fields of classes, private names (72)": r"#\w+\s*=[^=]",
    "Object.values, Object.entries (54)": r"Object\.(values|entries|fromEntries)",
    "padding of strings (57)": r"\.pad(Start|End)\(",
    "flat (69)": r"\.flat(Map)?\(",
    "toggleAttribute (69)": r"\.toggleAttribute\(",
    "AbortController (66)": r"AbortController",
}
PAGE_SCRIPTS = ("submit-once", "connection", "focus", "offline")

FORM = """
{% extends "layouts/patient.html" %}{% block title %}Old{% endblock %}
{% block content %}<h1>How is it</h1><p>One.</p><p>Two.</p>
{% call ui.form(action="/old") %}
{{ ui.input("radios", "pain", "How bad is it?", choices=[("a", "A little"), ("b", "Bad, and worse at night")]) }}
{{ ui.input("checkboxes", "what", "What helps?", choices=[("r", "Rest"), ("w", "Warmth")]) }}
{{ ui.input("text", "words", "In your words") }}
{{ ui.button("Send") }}
{% endcall %}{% endblock %}
"""
#: Of each choice: how far the mark reaches into the words, in px; negative where there is room between.
OVERLAPS = """() => Array.from(document.querySelectorAll(".choice")).map((choice) => {
  const mark = choice.querySelector("input").getBoundingClientRect();
  const range = document.createRange(); range.selectNodeContents(choice.querySelector("label"));
  const words = range.getBoundingClientRect();
  return Math.min(mark.right, words.right) - Math.max(mark.left, words.left);
})"""


class Old(Site):
    """One form, and the design system's pages."""

    def add_pages(self) -> None:
        self.app.add_url_rule("/old", "old", lambda: render_template_string(FORM), methods=["GET", "POST"])


@pytest.fixture(scope="module")
def site() -> Iterator[Old]:
    site = Old()
    yield site
    site.stop()


def opened(page: Page, address: str, css: str) -> Page:
    """A page whose whole style is this sheet."""
    page.goto(address)
    page.evaluate(
        "css => { document.querySelectorAll('style, link[rel=stylesheet]').forEach((one) => one.remove());"
        " const sheet = document.createElement('style'); sheet.textContent = css; document.head.append(sheet); }",
        css,
    )
    return page


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 360, "height": 640})
    yield context.new_page()
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en", "ar"])
def test_marks_of_choices_leave_room_for_their_words(phone: Page, site: Old, language: str) -> None:
    address = f"{site.url}/old?lang={language}"
    assert max(opened(phone, address, OLD).evaluate(OVERLAPS)) <= 0
    without = as_read_by(CSS[: CSS.index("/* 16 ")], FLOOR)
    assert max(opened(phone, address, without).evaluate(OVERLAPS)) > 0, "the measure sees nothing"


@pytest.mark.browser
@pytest.mark.parametrize("address", ["/old", "/design", "/design/visit"])
def test_nothing_is_wider_than_a_phone_and_paragraphs_stand_apart(phone: Page, site: Old, address: str) -> None:
    page = opened(phone, f"{site.url}{address}", OLD)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    gaps = page.evaluate(
        """() => Array.from(document.querySelectorAll("main p + p, main h1 + p")).filter((one) => one.offsetHeight)
          .map((one) => [one.previousElementSibling, one]).filter(([before]) => before.offsetHeight)
          .map(([before, one]) => one.getBoundingClientRect().top - before.getBoundingClientRect().bottom)"""
    )
    assert gaps and min(gaps) >= 0


def test_all_of_the_sheet_is_read_where_it_says_so() -> None:
    whole, said = as_read_by(CSS, 9998), as_read_by(CSS, WHOLE)
    missing = set(whole.splitlines()) - set(said.splitlines())
    unexplained = {line for line in missing if not any(name in line for name in LATER)}
    assert not unexplained


def test_an_old_browser_drops_what_it_does_not_know() -> None:
    css = """a { color: red; inset-inline-start: 0; margin-inline-end: 1px }
      a:focus-visible { color: blue } @supports not (inset-inline-start: 0) { b { top: 0 } }
      @media (prefers-color-scheme: dark) { a { color: white } }"""
    assert re.sub(r"\s+", "", as_read_by(css, 51)) == "a{color:red}b{top:0}"
    assert "top" not in as_read_by(css, 89) and "white" in as_read_by(css, 89)
    assert reads("margin-inline-end", "1px", 69) and not reads("margin-inline-end", "1px", 68)


@pytest.mark.parametrize("syntax", YOUNGER)
@pytest.mark.parametrize("script", PAGE_SCRIPTS)
def test_scripts_of_every_page_are_as_old_as_htmx(script: str, syntax: str) -> None:
    text = re.sub(r"^\s*(//.*|/\*.*?\*/)$", "", (ROOT / f"static/js/{script}.js").read_text("utf-8"), flags=re.M | re.S)
    assert not re.findall(YOUNGER[syntax], text)


def test_the_search_for_younger_syntax_sees_it() -> None:
    seen = """async () => { await a?.b; c ?? d; e ** 2; try {} catch {} ; const f = {...g}; x.padStart(2); this.#h = 1;
      Object.values(f); f.flat(); node.toggleAttribute("open"); new AbortController(); }"""
    assert [name for name, pattern in YOUNGER.items() if not re.search(pattern, seen)] == []
