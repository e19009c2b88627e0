"""The checker sees: a fault of each family of its rules, planted in a page that has none, is found."""

import hashlib
from collections.abc import Iterator

import pytest
from flask import render_template_string
from playwright.sync_api import Browser, Page

from tests.accessibility.axe import SOURCE, check, known_rules
from tests.face.conftest import make_app
from tests.support.browser import PHONE, served

pytestmark = pytest.mark.browser

TWICE = '<i id="twice">a</i><i id="twice">b</i><p role="group" aria-labelledby="twice">x</p>'
#: Family → (rule that must find it, what spoils the page). Families are the checker's own.
FAULTS = {
    "cat.aria": ("aria-roles", "main.insertAdjacentHTML('beforeend', '<p role=\"paragraf\">x</p>')"),
    "cat.color": ("color-contrast", "main.querySelector('p').style.color = '#b0b8bb'"),
    "cat.forms": ("label", "main.querySelector('label[for]').removeAttribute('for')"),
    "cat.keyboard": ("tabindex", "main.querySelector('a').tabIndex = 5"),
    "cat.language": ("valid-lang", "main.querySelector('p').lang = 'inglés'"),
    "cat.name-role-value": ("button-name", "main.querySelector('button').textContent = ''"),
    "cat.parsing": ("duplicate-id-aria", f"main.insertAdjacentHTML('beforeend', `{TWICE}`)"),
    "cat.semantics": ("heading-order", "main.insertAdjacentHTML('beforeend', '<h6>Too deep</h6>')"),
    "cat.sensory-and-visual-cues": (
        "meta-viewport",
        "document.querySelector('meta[name=viewport]').content += ', user-scalable=no'",
    ),
    "cat.structure": ("list", "main.querySelector('ul').insertAdjacentHTML('beforeend', '<p>Not an item</p>')"),
    "cat.tables": (
        "td-headers-attr",
        "main.insertAdjacentHTML('beforeend', '<table><tr><th id=\"head\">A</th></tr>"
        "<tr><td headers=\"nowhere\">1</td></tr></table>')",
    ),
    "cat.text-alternatives": (
        "image-alt",
        "main.insertAdjacentHTML('beforeend', '<img src=\"data:image/gif;base64,R0lGODlhAQABAAAAACw=\">')",
    ),
    "cat.time-and-media": (
        "meta-refresh",
        "document.head.insertAdjacentHTML('beforeend', '<meta http-equiv=\"refresh\" content=\"1200; url=/\">')",
    ),
}  # fmt: skip
#: Rules that decide on a small screen, beside the one of their family above.
MORE_FAULTS = {
    "target-size": "const tiny = '<button style=\"display:block;width:12px;height:12px;padding:0\">x</button>';"
    " main.insertAdjacentHTML('beforeend', tiny + tiny + tiny)",
    "region": "document.body.insertAdjacentHTML('beforeend', '<p>Outside of every landmark</p>')",
}
PLANTED = [*FAULTS.values(), *MORE_FAULTS.items()]

#: A page of ours with something for each of them to spoil.
SOUND = """
{% extends "layouts/patient.html" %}{% block title %}Sound{% endblock %}
{% block content %}<h1>Sound</h1><p>A page without a fault.</p>
<ul><li><a href="#main">One</a></li></ul>
{% call ui.form() %}{{ ui.input("text", "name", "Name") }}{{ ui.button("Send") }}{% endcall %}{% endblock %}
"""
PAGE = "/sound"


@pytest.fixture(scope="module")
def browser_page(browser: Browser) -> Iterator[Page]:
    app = make_app()
    app.add_url_rule(PAGE, "sound", lambda: render_template_string(SOUND))
    with served(app) as url:
        yield browser.new_page(viewport=PHONE, base_url=url)


def test_vendored_checker_is_the_one_that_was_looked_at() -> None:
    digest = hashlib.sha256(SOURCE.read_bytes()).hexdigest()
    assert digest in (SOURCE.parent / "README.md").read_text("utf-8")


def test_a_fault_is_planted_for_each_family_of_rules(browser_page: Page) -> None:
    rules = known_rules(browser_page)
    families = {tag for tags in rules.values() for tag in tags if tag.startswith("cat.")}
    assert families == set(FAULTS)
    assert {family: rule for family, (rule, _) in FAULTS.items() if family not in rules[rule]} == {}


def test_the_page_in_which_faults_are_planted_has_none(browser_page: Page) -> None:
    browser_page.goto(PAGE)
    assert [str(one) for one in check(browser_page).violations] == []


@pytest.mark.parametrize(("rule", "spoil"), PLANTED, ids=[rule for rule, _ in PLANTED])
def test_a_planted_fault_is_found(browser_page: Page, rule: str, spoil: str) -> None:
    browser_page.goto(PAGE)
    browser_page.evaluate(f"const main = document.querySelector('main'); {spoil}")
    found = check(browser_page)
    said = [*found.violations, *found.unsure]
    assert rule in {one.rule for one in said}, [str(one) for one in said]
