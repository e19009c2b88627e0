"""A browser without a screen: pages, forms, links and cookies over HTTP, each request timed and weighed."""

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
from selectolax.lexbor import LexborHTMLParser as HTMLParser
from selectolax.lexbor import LexborNode as Node

from tests.support.client import form_fields

REDIRECTS = {301, 302, 303, 307}


class Lost(AssertionError):
    """The page is not the one that was expected."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request: where, how long until the last byte, and how many bytes of body came over the wire."""

    path: str
    milliseconds: float
    received: int


class Browser:
    """Somebody at the portal. `record` is what was asked for, but for looking `again` whether something has come."""

    def __init__(self, base: str) -> None:
        # The certificate of the demo is its own.
        self._client = httpx.Client(verify=_trusting(), headers={"Accept-Encoding": "br", "Accept-Language": "en"})
        self._base = base
        self._kept: set[str] = set()
        self.record: list[Asked] = []
        self.url = ""
        self.status = 0
        self.content = b""
        self.tree = HTMLParser("")

    def close(self) -> None:
        self._client.close()

    def open(self, path: str) -> "Browser":
        """Go to an address of the portal, or of a partner when it is whole."""
        return self._go("GET", urljoin(self.url or self._base, path))

    def again(self) -> "Browser":
        """Load this page once more, off the record."""
        kept = list(self.record)
        self._go("GET", self.url)
        self.record = kept
        return self

    def follow(self, words: str) -> "Browser":
        """Press the link of which the text contains these words; raises Lost."""
        for link in self.tree.css("main a"):
            if words in _text(link):
                return self.open(link.attributes["href"] or "")
        raise Lost(f"no link {words!r} on {self}")

    def next_step(self) -> "Browser":
        """Press what the patient's own page offers first."""
        link = self.tree.css_first("main .notice a")
        if link is None:
            raise Lost(f"no next step on {self}")
        return self.open(link.attributes["href"] or "")

    def submit(self, values: Mapping[str, Any] | None = None, *, button: str | None = None) -> "Browser":
        """Send the form that has this button (the first one without); of the values those that it asks for."""
        form = self._form(button)
        data = {name: one for name, one in form_fields(form, button).items() if one != ""} | self._asked_for(
            form, values
        )
        target = urljoin(self.url, form.attributes.get("action") or self.url)
        if "multipart" in (form.attributes.get("enctype") or ""):
            files = [(name, (None, value)) for name, value in data.items()]
            return self._go("POST", target, files=files)
        return self._go("POST", target, data=data)

    def has_button(self, words: str) -> bool:
        return any(words in _text(one) for one in self.tree.css("main form button"))

    def is_page(self, words: str) -> bool:
        heading = self.tree.css_first("h1")
        return heading is not None and words in _text(heading)

    def __str__(self) -> str:
        main = self.tree.css_first("main")
        return f"{self.url} ({self.status}): {_text(main)[:400] if main else self.content[:200]!r}"

    def _form(self, button: str | None) -> Node:
        for form in self.tree.css("main form, body > form"):
            is_post = (form.attributes.get("method") or "get").lower() == "post"
            if is_post and (button is None or any(button in _text(one) for one in form.css("button"))):
                return form
        raise Lost(f"no form with {button!r} on {self}")

    @staticmethod
    def _asked_for(form: Node, values: Mapping[str, Any] | None) -> dict[str, Any]:
        names = {one.attributes.get("name") for one in form.css("input, select, textarea, button")}
        return {name: value for name, value in (values or {}).items() if name in names}

    def _go(self, method: str, url: str, **options: Any) -> "Browser":
        answer = self._ask(method, url, **options)
        while answer.status_code in REDIRECTS:
            answer = self._ask("GET", urljoin(str(answer.url), answer.headers["Location"]))
        self.url, self.status, self.content = str(answer.url), answer.status_code, answer.content
        if answer.status_code >= 400:
            raise Lost(str(self))
        if "html" in answer.headers.get("Content-Type", ""):
            self.tree = HTMLParser(answer.text)
            self._fetch_assets()
        return self

    def _fetch_assets(self) -> None:
        """Scripts, stylesheets and pictures that the page names, once: they are cached for a year."""
        for node in self.tree.css(
            'script[src], link[rel="stylesheet"], link[rel="icon"], link[rel="manifest"], img[src]'
        ):
            source = urljoin(self.url, node.attributes.get("src") or node.attributes.get("href") or "")
            if source not in self._kept and not source.startswith("data:"):
                self._kept.add(source)
                self._ask("GET", source)

    def _ask(self, method: str, url: str, **options: Any) -> httpx.Response:
        # The portal tells partners its plain address; this browser keeps to the one with TLS.
        own = urlsplit(self._base)
        given = urlsplit(url)
        if given.path.startswith("/harbour/"):
            url = given._replace(scheme=own.scheme, netloc=own.netloc).geturl()
        headers = {"Referer": self.url or url, "Origin": f"{own.scheme}://{own.netloc}"} if method == "POST" else {}
        begin = time.perf_counter()
        answer = self._client.request(method, url, headers=headers, timeout=30, **options)
        took = (time.perf_counter() - begin) * 1000
        self.record.append(Asked(path=given.path, milliseconds=took, received=answer.num_bytes_downloaded))
        return answer


def _text(node: Node) -> str:
    return " ".join(node.text().split())


def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
