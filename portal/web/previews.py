"""Patients' pages as staff preview them: the registry. Each context registers its own in its `previews.py`.

A preview is a page's own template with a declared example. Owns the registry, and makes a page inert; knows no context.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from typing import Any

#: An invented person's, which no message goes to.
EXAMPLE_PHONE = "+16175550100"

Attributes = Sequence[tuple[str, str | None]]
#: Part of a page (a step of a form): its name in the address, and what it is called.
Part = tuple[str, str]


def no_parts() -> Sequence[Part]:
    """A page that is shown whole."""
    return ()


@dataclass(frozen=True, kw_only=True)
class Preview:
    """A page that can be previewed: what the clinic has written, and nothing of any patient.

    `title`: what staff call it. `example`: the template's context, given the part asked for; None where the clinic has
    not written it yet. `signed_in`: whether only patients come to it. `place`: how far along
    a patient's way the page is; previews are listed by it.
    """

    name: str
    template: str
    title: Callable[[], str]
    example: Callable[[str], Mapping[str, Any] | None]
    signed_in: bool = True
    place: int
    parts: Callable[[], Sequence[Part]] = field(default=no_parts)


_previews: dict[str, Preview] = {}


def register_preview(preview: Preview) -> None:
    """Add a page."""
    if preview.name in _previews and _previews[preview.name] != preview:
        raise RuntimeError(f"two previews are called {preview.name}")
    _previews[preview.name] = preview


def preview_by_name(name: str) -> Preview | None:
    """A registered preview."""
    return _previews.get(name)


def previews() -> list[Preview]:
    """All of them, in the order in which a patient meets the pages."""
    return sorted(_previews.values(), key=lambda one: one.place)


#: Attributes that lead somewhere, send something or have a script act.
_ACTING = frozenset({"action", "formaction", "method", "ping", "target", "download"})


class _Inert(HTMLParser):
    """Writes a page again, without what acts in it."""

    def __init__(self, banner: str, title: str) -> None:
        super().__init__(convert_charrefs=False)
        self.out: list[str] = []
        self._banner, self._title = banner, title
        self._in_script = False

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        self._open(tag, attrs, "")

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        self._open(tag, attrs, "/")

    def _open(self, tag: str, attrs: Attributes, end: str) -> None:
        if tag == "script":
            self._in_script = True
        given = dict(attrs)
        # No script, no page that goes on by itself, and no token of the reader's.
        if self._in_script or (tag == "meta" and given.get("http-equiv")) or given.get("type") == "hidden":
            return
        shown = "div" if tag == "form" else tag
        kept = [one for one in attrs if _stays(tag, *one)] + ([("type", "button")] if tag == "button" else [])
        self.out.append("<" + shown + "".join(map(_written, kept)) + end + ">")
        if tag == "body":
            self.out.append(self._banner)
        elif tag == "title":
            self.out.append(escape(self._title) + " ")

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._in_script = False
        else:
            self.out.append("</div>" if tag == "form" else f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self._in_script:
            self.out.append(data)

    def handle_entityref(self, name: str) -> None:
        self.out.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.out.append(f"&#{name};")

    def handle_decl(self, decl: str) -> None:
        self.out.append(f"<!{decl}>")


def _stays(tag: str, name: str, value: str | None) -> bool:
    if name.startswith(("on", "hx-", "data-")) or (tag == "button" and name == "type"):
        return False
    if name == "href":
        # Style and icon of the page, places within it; a picture in SVG names its drawing so, too.
        return tag in {"link", "use"} or (value or "").startswith("#")
    if name == "name":
        # Radio buttons of one question are told apart by it.
        return tag in {"meta", "input"}
    return name not in _ACTING


def _written(attribute: tuple[str, str | None]) -> str:
    name, value = attribute
    return f" {name}" if value is None else f' {name}="{escape(value)}"'


def inert(html: str, *, banner: str, title: str) -> str:
    """The page with nothing in it that acts: no form, no address but places within the page, no script.

    `banner` (markup) comes first in the body, `title` before the page's own.
    """
    writer = _Inert(banner, title)
    writer.feed(html)
    writer.close()
    return "".join(writer.out)
