"""Reading a JSON file that somebody else wrote: limits, where it is broken, and a value that knows its path.

Knows nothing of FHIR. What is refused is told by its line or its path and by what was expected there, never by what
stands there: that may be a patient's.
"""

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from portal.kernel.errors import PortalError

MAX_BYTES = 32 * 1024 * 1024
#: FHIR nests about fifteen deep; what is much deeper was made to exhaust a reader.
MAX_DEPTH = 64
#: Characters of a text that people read, and of one that is looked up by.
LONGEST = 4000
SHORT = 200
#: PostgreSQL's text holds no NUL, and UTF-8 no half of a surrogate pair.
_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")
_BRACKETS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|([\[{])|[\]}]', re.DOTALL)
_NUMBER = 40


class BrokenFile(PortalError):
    """The file cannot be taken: `place` is a line and column, or a path such as entry[12].resource.birthDate."""

    code = "broken-file"

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(f"{place}: {problem}" if place else problem)
        self.place = place
        self.problem = problem


class _Twice(dict[str, Any]):
    """An object in which a name stands twice: readers disagree about which one counts."""


@dataclass(frozen=True, slots=True)
class Element:
    """A JSON value and its path. Asking for another kind than it is raises BrokenFile with the path."""

    value: Any
    path: str = ""

    def refuse(self, expected: str) -> NoReturn:
        """Raises BrokenFile here."""
        raise BrokenFile(self.path or "the file", f"{expected} is expected")

    def has(self, name: str) -> bool:
        """Whether the object has a member of that name."""
        return self._members().get(name) is not None

    def child(self, name: str) -> "Element | None":
        """A member that is an object."""
        found = self._member(name)
        if found is not None:
            found._members()
        return found

    def children(self, name: str) -> "list[Element]":
        """A member that is a list of objects; empty when absent."""
        found = self._list(name)
        for one in found:
            one._members()
        return found

    def text(self, name: str, *, longest: int = LONGEST) -> str:
        """A member that is text, without space around; "" when absent."""
        found = self._member(name)
        return "" if found is None else found._text(longest)

    def texts(self, name: str, *, longest: int = LONGEST) -> list[str]:
        """A member that is a list of texts; empty when absent. FHIR writes null for a text that is elsewhere."""
        return [one._text(longest) for one in self._list(name) if one.value is not None]

    def one_of(self, name: str, allowed: Collection[str]) -> str:
        """A member that is one of these codes; "" when absent."""
        code = self.text(name)
        if code and code not in allowed:
            self.at(name).refuse(f"one of {', '.join(sorted(allowed))}")
        return code

    def flag(self, name: str) -> bool:
        """A member that is true or false; False when absent."""
        found = self._member(name)
        if found is None:
            return False
        if not isinstance(found.value, bool):
            found.refuse("true or false")
        return found.value

    def number(self, name: str) -> Decimal | None:
        """A member that is a number of a size that is measured."""
        found = self._member(name)
        if found is None:
            return None
        value = found.value
        if not isinstance(value, Decimal):
            found.refuse("a number")
        if not value.is_finite() or (value and not -12 <= value.adjusted() <= 12):
            found.refuse("a number of usual size")
        return value

    def at(self, name: str) -> "Element":
        """The place of a member, there or not."""
        return Element(self._members().get(name), f"{self.path}.{name}" if self.path else name)

    def _member(self, name: str) -> "Element | None":
        return self.at(name) if self.has(name) else None

    def _members(self) -> dict[str, Any]:
        if isinstance(self.value, _Twice):
            self.refuse("each name once")
        if not isinstance(self.value, dict):
            self.refuse("an object")
        return self.value

    def _list(self, name: str) -> "list[Element]":
        found = self._member(name)
        if found is None:
            return []
        if not isinstance(found.value, list):
            found.refuse("a list")
        return [Element(one, f"{found.path}[{index}]") for index, one in enumerate(found.value)]

    def _text(self, longest: int) -> str:
        if not isinstance(self.value, str):
            self.refuse("text")
        if _UNWRITABLE.search(self.value):
            self.refuse("text that can be written")
        if len(self.value) > longest:
            self.refuse(f"text of at most {longest} characters")
        return self.value.strip()


def read_json(content: bytes) -> Element:
    """The file's value; raises BrokenFile. Numbers are Decimal, as exact as they were written."""
    if len(content) > MAX_BYTES:
        raise BrokenFile("", f"the file is larger than {MAX_BYTES // 1024 // 1024} MB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BrokenFile(f"line {line}", "the text is not UTF-8") from error
    _check_depth(text)
    try:
        return Element(
            json.loads(
                text,
                parse_float=_number,
                parse_int=_number,
                parse_constant=_no_number,
                object_pairs_hook=_object,
            )
        )
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise BrokenFile(place, f"the JSON is broken here ({error.msg})") from error


def _check_depth(text: str) -> None:
    """Ahead of the parser, which would run out of stack."""
    depth = 0
    for found in _BRACKETS.finditer(text):
        if found[1]:
            depth += 1
            if depth > MAX_DEPTH:
                line = text.count("\n", 0, found.start()) + 1
                column = found.start() - text.rfind("\n", 0, found.start())
                raise BrokenFile(f"line {line}, column {column}", f"nested more than {MAX_DEPTH} deep")
        elif found[0] in "]}":
            depth -= 1


def _number(digits: str) -> Decimal:
    """What is too long to be a measurement stays, as a number out of range: it may stand where nobody reads."""
    try:
        return Decimal(digits) if len(digits) <= _NUMBER else Decimal("Infinity")
    except InvalidOperation:
        return Decimal("Infinity")


def _no_number(word: str) -> NoReturn:
    raise BrokenFile("the file", f"{word} is no JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else _Twice(found)
