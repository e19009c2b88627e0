"""What every page must be; the test client holds each page that it fetches against it."""

import re

import brotli
from flask import Response
from selectolax.lexbor import LexborHTMLParser as HTMLParser
from selectolax.lexbor import LexborNode as Node

PATIENT_PAGE_BUDGET = 14 * 1024
#: With forty visits on the board and the stylesheet in it; staff open it once a day and keep it.
STAFF_PAGE_BUDGET = 18 * 1024
UNSAFE = re.compile(r"\son[a-z]+\s*=", re.IGNORECASE)
CONTROLS = "input, select, textarea"
NEEDS_NO_LABEL = {"hidden", "submit", "button", "image"}


class BadPage(AssertionError):
    """A page breaks a rule of the house."""


def read_page(response: Response, *, fragment: bool = False) -> HTMLParser:
    """Parse a page and hold it against the rules; raises BadPage with all that is wrong."""
    tree = HTMLParser(response.get_data(as_text=True))
    wrong = [*_headers(response), *_controls(tree), *_ids(tree), *_forms(tree), *_inline(tree, response)]
    if not fragment:
        wrong += _frame(tree)
        budget = STAFF_PAGE_BUDGET if tree.css_matches("body.page-staff") else PATIENT_PAGE_BUDGET
        if response.status_code == 200 and len(brotli.compress(response.get_data(), quality=5)) > budget:
            wrong.append("heavier than its budget")
    if wrong:
        raise BadPage("; ".join(wrong))
    return tree


def _headers(response: Response) -> list[str]:
    wrong = []
    if "no-store" not in response.headers.get("Cache-Control", ""):
        wrong.append("may be cached")
    policy = response.headers.get("Content-Security-Policy", "")
    if "unsafe" in policy or "frame-ancestors 'none'" not in policy:
        wrong.append(f"weak CSP: {policy}")
    if response.headers.get("X-Content-Type-Options") != "nosniff":
        wrong.append("no nosniff")
    return wrong


def _frame(tree: HTMLParser) -> list[str]:
    wrong = []
    html = tree.css_first("html")
    attributes = html.attributes if html else {}
    if not attributes.get("lang") or attributes.get("dir") not in {"ltr", "rtl"}:
        wrong.append("lang or dir is missing")
    if len(tree.css("h1")) != 1:
        wrong.append(f"{len(tree.css('h1'))} h1")
    title = tree.css_first("title")
    if title is None or not title.text(strip=True).strip(" –"):
        wrong.append("no title")
    if tree.css_first("main") is None:
        wrong.append("no main")
    return wrong


def _controls(tree: HTMLParser) -> list[str]:
    labelled = {label.attributes.get("for") for label in tree.css("label")}
    wrong = []
    for control in tree.css(CONTROLS):
        attributes = control.attributes
        if (attributes.get("type") or "") in NEEDS_NO_LABEL:
            continue
        named = attributes.get("aria-label") or attributes.get("aria-labelledby")
        if attributes.get("id") not in labelled and not named and not _inside_label(control):
            wrong.append(f"{attributes.get('name')} has no label")
    return wrong


def _inside_label(node: Node) -> bool:
    parent = node.parent
    while parent is not None:
        if parent.tag == "label":
            return True
        parent = parent.parent
    return False


def _ids(tree: HTMLParser) -> list[str]:
    ids = [node.attributes["id"] for node in tree.css("[id]")]
    return [f"id {one} stands twice" for one in sorted({str(one) for one in ids if ids.count(one) > 1})]


def _forms(tree: HTMLParser) -> list[str]:
    wrong = []
    for form in tree.css("form"):
        action = form.attributes.get("action") or "/"
        if not action.startswith("/") or action.startswith("//"):
            wrong.append(f"form goes to {action}")
        if (form.attributes.get("method") or "get").lower() == "post":
            names = {control.attributes.get("name") for control in form.css("input")}
            wrong += [f"form has no {name}" for name in ("csrf_token", "idempotency_key") if name not in names]
    return wrong


def _inline(tree: HTMLParser, response: Response) -> list[str]:
    wrong = []
    policy = response.headers.get("Content-Security-Policy", "")
    for node in tree.css("script, style"):
        nonce = node.attributes.get("nonce")
        if not nonce or f"'nonce-{nonce}'" not in policy:
            wrong.append(f"{node.tag} without the response's nonce")
    for node in tree.css("*"):
        if "style" in node.attributes:
            wrong.append(f"{node.tag} has a style attribute")
        wrong += [f"{node.tag} has {name}" for name in node.attributes if UNSAFE.match(f" {name}=")]
    return wrong
