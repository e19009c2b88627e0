"""The macros keep their word: declared options only, a label for every field, a token and a key in every form."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient
from jinja2.runtime import Macro
from selectolax.lexbor import LexborHTMLParser as HTMLParser

from portal.app.design.overview import SampleForm
from portal.app.design.samples import SHEETS
from portal.app.design.variants import BY_CLASS, LONG_WORD, MODES, NOT_ON_A_SHEET
from portal.kernel.locale import LANGUAGES
from portal.web import components
from portal.web.components import Option, UnknownComponent, WrongOption, component_names, declaration
from portal.web.field_views import Kind, field_view

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
#: They show what is given to them as data, or only their own words.
WITHOUT_TEXT = {"avatar", "language_switch", "money", "pagination", "skip_link", "time", "translated"}
PAGES = ["/design", "/design/visit", *(f"/design/{name}" for name in component_names())]


def page_of(client: FlaskClient, path: str, language: str = "en") -> HTMLParser:
    return HTMLParser(client.get(f"{path}?lang={language}").get_data(as_text=True))


@pytest.mark.parametrize("name", component_names())
def test_options_are_those_of_the_macro(app: Flask, name: str) -> None:
    macro: Macro = getattr(app.jinja_env.get_template(f"components/{name}/macro.html").module, name)
    assert list(macro.arguments) == list(declaration(name).options)
    assert not macro.catch_kwargs


def test_every_component_has_a_sheet() -> None:
    assert sorted(SHEETS) == component_names()


@pytest.mark.parametrize("name", component_names())
def test_a_sheet_shows_every_value_that_an_option_may_have(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    seen: set[tuple[str, str]] = set()

    def looked(where: str, declared: Mapping[str, Option], given: Mapping[str, Any]) -> dict[str, Any]:
        seen.update((f"{where}.{key}", repr(given.get(key, option.default))) for key, option in declared.items())
        return checked(where, declared, given)

    checked = components._checked
    monkeypatch.setattr(components, "_checked", looked)
    assert client.get(f"/design/{name}").status_code == 200
    missing = [
        (where, value)
        for where, option in _each(f"ui.{name}", declaration(name).options)
        for value in option.one_of
        if value is not None and (where, repr(value)) not in seen
        and (name, option.name, value) not in NOT_ON_A_SHEET and (name, option.name) not in BY_CLASS
    ]  # fmt: skip
    assert missing == []


def _each(where: str, options: Mapping[str, Option]) -> Iterator[tuple[str, Option]]:
    for key, option in options.items():
        yield f"{where}.{key}", option
        yield from _each(f"{where}.{key}", option.items or {})


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", component_names())
def test_a_sheet_stands_with_long_texts_and_with_none(client: FlaskClient, name: str, mode: str) -> None:
    answer = client.get(f"/design/{name}?text={mode}&lang=ar")
    assert answer.status_code == 200
    assert (LONG_WORD in answer.get_data(as_text=True)) == (mode == "long" and name not in WITHOUT_TEXT)


def test_every_kind_of_field_is_shown(client: FlaskClient) -> None:
    shown = {field_view(field).kind for field in SampleForm(meta={"csrf": False}) if field.name != "csrf_token"}
    asked = set(declaration("input").options["kind"].one_of)
    assert shown | asked == set(get_args(Kind)) - {"button"}


def test_a_component_that_does_not_exist_has_no_sheet(client: FlaskClient) -> None:
    assert client.get("/design/carousel").status_code == 404


@pytest.mark.parametrize(
    "call",
    [
        "ui.button('Go', colour='red')",
        "ui.button('Go', kind='huge')",
        "ui.button()",
        "ui.badge('New', 'info', 'more')",
        "ui.task_list([{'title': 'A'}])",
        "ui.task_list([{'title': 'A', 'state': 'sleeping'}])",
        "ui.navigation([{'label': 'A', 'href': '/', 'active': true}])",
    ],
)
def test_what_is_not_declared_is_refused(within: Flask, call: str) -> None:
    with pytest.raises(WrongOption):
        render_template_string("{{ " + call + " }}")


def test_unknown_component_is_refused(within: Flask) -> None:
    with pytest.raises(UnknownComponent):
        render_template_string("{{ ui.carousel() }}")


def test_what_people_wrote_is_escaped(within: Flask) -> None:
    html = render_template_string("{{ ui.button(text) }}{{ ui.notice(text) }}", text="<script>")
    assert "<script>" not in html


def test_form_that_writes_carries_token_and_key(within: Flask) -> None:
    html = HTMLParser(render_template_string("{% call ui.form() %}{% endcall %}"))
    for name in ("csrf_token", "idempotency_key"):
        field = html.css_first(f"input[type=hidden][name={name}]")
        assert field is not None and field.attributes["value"]


@pytest.mark.parametrize(
    ("path", "headers", "goes_to"),
    [
        ("/sign-in/code?code=1&next=%22%3E", {}, "/sign-in/code?code=1&next=%22%3E"),
        ("/sign-in", {}, None),
        ("/part?version=3", {"HX-Request": "true"}, None),
    ],
)
def test_form_for_its_own_page_says_the_query_that_a_text_browser_forgets(
    app: Flask, path: str, headers: dict[str, str], goes_to: str | None
) -> None:
    with app.test_request_context(path, headers=headers):
        html = HTMLParser(render_template_string("{% call ui.form() %}{% endcall %}"))
    form = html.css_first("form")
    assert form is not None and form.attributes.get("action") == goes_to


def test_form_that_looks_carries_neither(within: Flask) -> None:
    html = render_template_string("{% call ui.form(method='get') %}{% endcall %}")
    assert "csrf_token" not in html and "idempotency_key" not in html


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", PAGES)
def test_every_field_has_a_label_and_every_id_is_unique(client: FlaskClient, path: str, language: str) -> None:
    page = page_of(client, path, language)
    ids = [node.attributes["id"] for node in page.css("[id]")]
    assert len(ids) == len(set(ids)), [one for one in ids if ids.count(one) > 1]
    labelled = {node.attributes.get("for") for node in page.css("label")}
    for field in page.css("input, select, textarea"):
        if field.attributes.get("type") != "hidden" and not field.attributes.get("aria-label"):
            assert field.attributes["id"] in labelled
    for node in page.css("[aria-describedby]"):
        assert set((node.attributes["aria-describedby"] or "").split()) <= set(ids)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", PAGES)
def test_page_says_its_language_and_holds_nothing_inline(client: FlaskClient, path: str, language: str) -> None:
    page = page_of(client, path, language)
    html = page.css_first("html")
    assert html is not None
    assert (html.attributes["lang"], html.attributes["dir"]) == (language, "rtl" if language == "ar" else "ltr")
    assert len(page.css("h1")) == 1
    assert all(node.attributes.get("nonce") for node in page.css("script, style"))
    text = page.html or ""
    assert not re.search(r'<[^>]+ (style|on\w+)="', text)


def test_error_summary_leads_to_each_field(client: FlaskClient) -> None:
    page = page_of(client, "/design")
    summary = page.css_first(".error-summary")
    assert summary is not None and summary.attributes["role"] == "alert" and summary.attributes["tabindex"] == "-1"
    for link in summary.css("a"):
        target = page.css_first((link.attributes["href"] or "").replace("#", "#"))
        assert target is not None and target.tag in ("input", "select", "textarea")


def test_time_is_machine_readable(within: Flask) -> None:
    html = render_template_string("{{ ui.time(day) }}", day=date(2026, 11, 24))
    assert html.startswith('<time datetime="2026-11-24">')


def test_another_language_keeps_the_rest_of_the_address(client: FlaskClient) -> None:
    page = HTMLParser(client.get("/design?code=7&lang=en&day=a%26b").get_data(as_text=True))
    links = {link.attributes["hreflang"]: link.attributes["href"] for link in page.css(".languages a")}
    assert links["ar"] == "?code=7&day=a%26b&lang=ar"
    assert "en" not in links


#: Raw controls outside the components, each with its reason.
RAW = {
    ("charting/_note.html", "button"): "what the Enter key presses; never seen, so that it has no look to share",
}


def test_no_page_writes_raw_controls() -> None:
    found = {
        (path.relative_to(TEMPLATES).as_posix(), tag)
        for path in TEMPLATES.rglob("*.html")
        if path.relative_to(TEMPLATES).parts[0] != "components"
        for tag, rest in re.findall(r"<(input|select|textarea|button)\b([^>]*)>", path.read_text("utf-8"))
        if 'type="hidden"' not in rest
    }
    assert found == set(RAW)
