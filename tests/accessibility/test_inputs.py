"""Fields say what they are for, so that a browser or a password manager fills them in; whatever is pasted is taken."""

from collections.abc import Iterator

import pytest
from flask import Flask
from selectolax.lexbor import LexborHTMLParser as HTMLParser
from selectolax.lexbor import LexborNode as Node

from portal.web.purposes import OF_A_PERSON
from tests.screens import Camera, pages
from tests.security.world import Side

#: Of patients and of who is not signed in yet: each field that is about them, by name.
ABOUT_THE_READER = {
    "birth_date-day": "bday-day",
    "birth_date-month": "bday-month",
    "birth_date-year": "bday-year",
    "contact": "username",
    "email": "email",
    "family_name": "family-name",
    "given_name": "given-name",
    "name": "name",
    "phone": "tel",
    "phone-country": "tel-country-code",
}
#: At a sign-in the address of mail is what the account is found by.
SIGN_IN = dict(zip(("email", "password"), ("username", "current-password"), strict=True))
#: A message of a chat; the demo's own list of messages, where one looks for somebody's.
ABOUT_NOBODY = {"body", "message", "to"}
#: Of whoever is to help the reader, and until when.
ABOUT_A_HELPER = {"contact", "until-day", "until-month", "until-year"}
DIGITS = {"birth_date-day", "birth_date-month", "birth_date-year", "pin"}
NOT_TYPED = {"hidden", "radio", "checkbox", "submit", "file", "search", "color"}


def fields_of(app: Flask, side: Side, camera: Camera, *, of_staff: bool) -> Iterator[tuple[str, Node]]:
    """Every box that one types into, with its page's address, on the pages of the portal itself."""
    for role, path in pages(app, side):
        if path.startswith("/design"):
            continue
        answer = app.test_client(use_cookies=False).get(path, headers=camera.headers(role))
        tree = HTMLParser(answer.get_data(as_text=True))
        if (tree.css_first("body.page-staff") is not None and role != "visitor") != of_staff:
            continue
        yield from ((path, box) for box in tree.css("input") if box.attributes.get("type") not in NOT_TYPED)


def test_fields_about_the_reader_say_so(app: Flask, side: Side, camera: Camera) -> None:
    seen, wrong = set(), []
    for path, box in fields_of(app, side, camera, of_staff=False):
        name = str(box.attributes["name"])
        seen.add(name)
        special = SIGN_IN if "sign-in" in path else dict.fromkeys(ABOUT_A_HELPER, "off") if "helpers" in path else {}
        wanted = special.get(name) or ABOUT_THE_READER.get(name)
        if box.attributes.get("autocomplete") != wanted or (wanted is None and name not in ABOUT_NOBODY):
            wrong.append(f"{path}: {name} has {box.attributes.get('autocomplete')}, not {wanted}")
    assert "\n".join(wrong) == ""
    assert seen >= set(ABOUT_THE_READER)


def test_a_browser_of_staff_offers_nothing_of_one_patient_for_the_next(app: Flask, side: Side, camera: Camera) -> None:
    seen, wrong = set(), []
    for path, box in fields_of(app, side, camera, of_staff=True):
        name, token = str(box.attributes["name"]), box.attributes.get("autocomplete")
        seen.add(name)
        form = next((one for one in ancestors(box) if one.tag == "form"), None)
        if (token or (form and form.attributes.get("autocomplete"))) not in {"off", "current-password", "new-password"}:
            wrong.append(f"{path}: {name} may be remembered ({token})")
    assert wrong == []
    assert seen >= {"given_name", "family_name", "birth_date-day", "phone", "email", "medication", "member_id"}
    assert set(OF_A_PERSON) >= {token.partition("-")[0] for token in ("bday-day", "tel-country-code")}


def test_digits_are_asked_for_with_a_keyboard_of_digits(app: Flask, side: Side, camera: Camera) -> None:
    boxes = [box for of_staff in (False, True) for _, box in fields_of(app, side, camera, of_staff=of_staff)]
    asked = {str(box.attributes["name"]): box.attributes.get("inputmode") for box in boxes}
    assert {name: asked.get(name) for name in DIGITS} == dict.fromkeys(DIGITS, "numeric")


def ancestors(node: Node) -> Iterator[Node]:
    """From the parent up to the page."""
    at = node.parent
    while at is not None:
        yield at
        at = at.parent


@pytest.mark.browser
@pytest.mark.parametrize(
    ("role", "page", "names"),
    [
        ("visitor", "sign-in", ["contact"]),
        ("visitor", "staff/sign-in", ["email", "password"]),
        ("clinic_admin", "staff/password", ["password", "new_password"]),
        ("clinic_admin", "staff/pin", ["pin"]),
    ],
)
def test_what_is_pasted_is_taken(side: Side, camera: Camera, role: str, page: str, names: list[str]) -> None:
    context = camera.context(role, "desk")
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=camera.url)
    shown = context.new_page()
    shown.goto(f"{camera.url}/{side.clinic.slug}/{page}")
    for name in names:
        shown.evaluate("navigator.clipboard.writeText('492 817')")
        shown.locator(f"main [name={name}]").first.focus()
        shown.keyboard.press("Control+V")
        assert shown.locator(f"main [name={name}]").first.input_value() == "492 817"
    shown.close()
