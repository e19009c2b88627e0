"""Generated: every address by every role that may see it, in both directions and at both sizes, without a violation.

What a rule cannot decide by itself ("incomplete") is refused too, unless LOOKED_AT says what a person saw. Each run
leaves what it asked in var/accessibility for the conformance report (report.py).
"""

import pytest
from flask import Flask
from playwright.sync_api import Page

from portal.web.components import component_names
from tests.accessibility import report
from tests.accessibility.axe import Answer, Finding, check, known_rules
from tests.screens import Camera, addresses
from tests.security.world import Side
from tests.support.browser import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.verify]

ROLES = ("visitor", "patient", "front_desk", "clinician", "clinic_admin", "privacy_officer")
LANGUAGES = ("en", "ar")
SIZES = {"phone": PHONE, "desk": DESK}
#: Not pages.
FILES = (".ics", ".pdf", ".png", ".webmanifest", ".js", "/healthz", "/export")
#: (rule, part of the place or of its HTML) that the checker leaves to a person, and what the person saw.
LOOKED_AT = {
    ("color-contrast", ".count"): "a number of one digit, in ink on the tint",
    ("color-contrast", "aria-hidden"): "an arrow that only repeats the word beside it",
    ("color-contrast", ".stage-"): "white on the dark stage of the call, over a picture's own dark band",
    ("color-contrast", "notice-title"): "white on the emergency's red",
    ("color-contrast", "<text"): "a chart's numbers, in the muted ink on the page's ground",
    ("video-caption", "<video"): "live pictures: 1.2.4 says what is not met",
}

#: (role, address) of forms that answer with what is wrong when they are sent empty.
REFUSED = (
    ("visitor", "sign-in"),
    ("visitor", "staff/sign-in"),
    ("visitor", "staff/sign-in/forgotten"),
    ("patient", "register"),
    ("patient", "p/{patient}/details/contact"),
    ("patient", "p/{patient}/helpers/new"),
    ("front_desk", "staff/patients/new"),
    ("clinic_admin", "staff/people/invite"),
)
#: Every component in every state.
SHEETS = [("visitor", f"/design/{name}") for name in component_names()]


def _unknown(findings: list[Finding]) -> list[Finding]:
    def is_known(one: Finding) -> bool:
        return any(one.rule == rule and part in one.place + one.html for rule, part in LOOKED_AT)

    return [one for one in findings if not is_known(one)]


def _faults(answer: Answer) -> list[str]:
    return [str(one) for one in [*answer.violations, *_unknown(answer.unsure)]]


def _check_both_sizes(page: Page, where: str) -> tuple[list[Answer], list[str]]:
    """The page at both widths without loading it twice, then its colours in the other schemes."""
    answers, wrong = [], []
    # Colours are read when they have changed, and not on their way.
    page.emulate_media(reduced_motion="reduce")
    for name, size in SIZES.items():
        page.set_viewport_size({"width": size["width"], "height": size["height"]})
        answers.append(check(page))
        wrong += [f"{where} {name}: {fault}" for fault in _faults(answers[-1])]
    page.emulate_media(color_scheme="dark")
    wrong += [f"{where} dark: {fault}" for fault in _faults(check(page, rules=("color-contrast",)))]
    return answers, wrong


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", ROLES)
def test_every_page_of_a_role_is_without_a_violation(
    app: Flask, side: Side, camera: Camera, role: str, language: str
) -> None:
    answers, wrong, seen, rules = [], [], 0, {}
    for who, path in [*addresses(app, side), *SHEETS]:
        if who != role or path.endswith(FILES):
            continue
        page = camera.context(role, "desk").new_page()
        page.goto(f"{camera.url}{path}{'&' if '?' in path else '?'}lang={language}", wait_until="load")
        found, faults = _check_both_sizes(page, f"{path} ({language})")
        rules = rules or known_rules(page)
        page.close()
        answers += found
        wrong += faults
        seen += 1
    report.keep(f"{role}-{language}", answers, rules=rules, pages=seen)
    assert seen > 5
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("role", "address"), REFUSED, ids=[address for _, address in REFUSED])
def test_a_form_that_is_refused_is_without_a_violation(
    app: Flask, side: Side, camera: Camera, role: str, address: str, language: str
) -> None:
    path = f"/{side.clinic.slug}/{address.format(**side.ids)}"
    page = camera.context(role, "desk").new_page()
    page.goto(f"{camera.url}{path}?lang={language}")
    page.evaluate("""() => {
      const form = document.querySelector("main form[method=post]");
      form.querySelectorAll("input:not([type=hidden]):not([type=radio]):not([type=checkbox]), textarea")
        .forEach((field) => { field.value = ""; });
    }""")
    page.locator("main form[method=post] button[type=submit]").last.click()
    page.locator("[role=alert]").first.wait_for()
    _, wrong = _check_both_sizes(page, f"{path} ({language}), refused")
    page.close()
    assert wrong == []
