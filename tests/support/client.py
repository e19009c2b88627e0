"""A browser for tests: reads every page that it fetches, fills in the page's own forms, follows redirects.

It holds each page against the rules of the house, and fails a request that leaves uncommitted changes.
"""

from io import BytesIO
from typing import Any
from uuid import UUID

from flask import Flask, Response, g
from selectolax.lexbor import LexborHTMLParser as HTMLParser
from selectolax.lexbor import LexborNode as Node

from tests.support.clinics import Clinic
from tests.support.pages import BadPage, read_page
from tests.support.sign_in import start_test_session

BASE = "https://localhost"


class Page:
    """An answer: status, text, and the parsed page where it is one."""

    def __init__(self, response: Response, tree: HTMLParser | None, url: str) -> None:
        self.response = response
        self.tree = tree
        self.url = url

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def location(self) -> str:
        return (self.response.location or "").removeprefix(BASE)

    @property
    def text(self) -> str:
        """The page's visible words, or the raw body."""
        if self.tree is None:
            return self.response.get_data(as_text=True)
        body = self.tree.css_first("main") or self.tree.body
        return " ".join((body.text(separator=" ") if body else "").split())

    @property
    def html(self) -> str:
        return self.response.get_data(as_text=True)

    @property
    def data(self) -> bytes:
        return self.response.get_data()

    @property
    def errors(self) -> str:
        """Text of the error summary."""
        return " ".join(node.text(separator=" ", strip=True) for node in self._css("[role=alert]"))

    def links(self) -> dict[str, str]:
        """Link text → address."""
        return {" ".join(a.text().split()): a.attributes.get("href") or "" for a in self._css("main a")}

    def _css(self, selector: str) -> list[Node]:
        return self.tree.css(selector) if self.tree is not None else []

    def forms(self) -> list[Node]:
        """Posting forms inside the page's main part."""
        return [form for form in self._css("main form, body > form") if form.attributes.get("method") == "post"]


class PolicedClient:
    """One browser at one clinic."""

    def __init__(self, app: Flask, clinic: Clinic) -> None:
        self.app = app
        self.clinic = clinic
        self.browser = app.test_client()

    def sign_in(self, account_id: UUID, *, clinic: Clinic | None = None, awake: bool = True) -> "PolicedClient":
        """Start a session for an account, past the sign-in pages (which have tests of their own)."""
        token = start_test_session(self.app, (clinic or self.clinic).id, account_id, awake=awake)
        with self.browser.session_transaction(base_url=BASE) as session:
            session["_user_id"] = token
        return self

    def get(self, path: str, *, follow: bool = False, **options: Any) -> Page:
        """Fetch a page."""
        page = self._send("GET", path, **options)
        while follow and page.status in {301, 302, 303}:
            page = self._send("GET", page.location)
        return page

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> Page:
        """Post raw values with a token that this browser holds (fetched from the sign-in page)."""
        token = self._token()
        return self._send("POST", path, data={"csrf_token": token, **(data or {})}, **options)

    def submit(
        self, page: Page, values: dict[str, Any] | None = None, *, button: str | None = None, follow: bool = False
    ) -> Page:
        """Fill in a form of the page and send it. `button`: the text of a button, to choose among several forms."""
        form = self._form(page, button, set(values or {}))
        data = form_fields(form, button)
        for name, value in (values or {}).items():
            data[name] = (BytesIO(value[0]), value[1]) if isinstance(value, tuple) else value
        path = form_action(form, button) or page.url
        answer = self._send("POST", path, data=data)
        while follow and answer.status in {301, 302, 303}:
            answer = self._send("GET", answer.location)
        return answer

    def _form(self, page: Page, button: str | None, names: set[str]) -> Node:
        forms = page.forms()
        if button is not None:
            forms = [f for f in forms if any(button in " ".join(b.text().split()) for b in f.css("button"))]
        elif len(forms) > 1 and names:
            forms = [f for f in forms if names <= {c.attributes.get("name") for c in f.css("input, select, textarea")}]
        if not forms:
            raise AssertionError(f"no such form on {page.url} ({page.status}): {page.text[:600]}")
        return forms[0]

    def _token(self) -> str:
        page = self._send("GET", self.clinic.path("sign-in"))
        assert page.tree is not None
        field = page.tree.css_first("input[name=csrf_token]")
        return str(field.attributes["value"]) if field else ""

    def _send(self, method: str, path: str, **options: Any) -> Page:
        headers = {"Referer": BASE + path, **options.pop("headers", {})}
        if "data" in options and any(isinstance(v, tuple) for v in options["data"].values()):
            options.setdefault("content_type", "multipart/form-data")
        with self.app.app_context():
            response = self.browser.open(path, method=method, base_url=BASE, headers=headers, **options)
            self._left_clean()
        tree = None
        if (
            response.mimetype == "text/html"
            and response.status_code not in {204, 301, 302, 303, 304, 307}
            and method != "HEAD"
        ):
            try:
                tree = read_page(response, fragment="HX-Request" in headers)
            except BadPage as bad:
                raise BadPage(f"{method} {path}: {bad}") from bad
        return Page(response, tree, path)

    def _left_clean(self) -> None:
        session = g.get("db")
        assert session is None or not session.in_transaction(), "the request left an open transaction"


def form_action(form: Node, button: str | None) -> str | None:
    """Where the form goes: the pressed button may say so."""
    for one in form.css("button[formaction]") if button else ():
        if button and button in " ".join(one.text().split()):
            return one.attributes.get("formaction")
    return form.attributes.get("action")


def form_fields(form: Node, button: str | None) -> dict[str, Any]:
    """What a browser would send of a form that nobody touched."""
    data: dict[str, Any] = {}

    def put(name: str | None, value: str | None) -> None:
        if name:
            known = data.get(name)
            fresh = value or ""
            data[name] = fresh if known is None else [*(known if isinstance(known, list) else [known]), fresh]

    for control in form.css("input"):
        attributes = control.attributes
        kind = attributes.get("type") or "text"
        if kind in {"submit", "file", "image"} or "disabled" in attributes:
            continue
        if kind in {"checkbox", "radio"}:
            if "checked" in attributes:
                put(attributes.get("name"), attributes.get("value") or "on")
            continue
        put(attributes.get("name"), attributes.get("value"))
    for area in form.css("textarea"):
        put(area.attributes.get("name"), area.text())
    for select in form.css("select"):
        options = select.css("option")
        chosen = [o for o in options if "selected" in o.attributes] or options[:1]
        for option in chosen:
            put(select.attributes.get("name"), option.attributes.get("value"))
    for pressed in form.css("button[name]"):
        if button is None or button in " ".join(pressed.text().split()):
            put(pressed.attributes.get("name"), pressed.attributes.get("value"))
            break
    return data
