"""Each state of a component, derived from the options that it declares."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from portal.web.components import Declaration

#: How much there is to show: as usual, far more than anybody would like, nothing.
MODES = ("usual", "long", "none")
LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk"

#: (component, option, value) that has no sheet, and why.
NOT_ON_A_SHEET: Mapping[tuple[str, str, Any], str] = {
    ("confirmation", "level", 1): "it makes the page's h1, of which a page has one; the booked page shows it",
    ("field", "heading", True): "it makes the page's h1, of which a page has one; the health questions show it",
    ("input", "heading", True): "as a field's",
}
#: A field's kind follows from its class: the sheet of field shows one of each class, that of input each kind.
BY_CLASS = (("field", "kind"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The words of one state: `number` tells it from the others of the page, for ids and labels."""

    mode: str = "usual"
    number: int = 0

    def text(self, words: str) -> str:
        """A text, or one that is far too long, with a word that cannot be broken where one would like."""
        return f"{words} {LONG_WORD} {words} {words}" if self.mode == "long" else words

    def some(self, things: list[Any]) -> list[Any]:
        """A list, many times over, or without anything in it."""
        return {"none": [], "long": things * 3}.get(self.mode, things)

    def unique(self, word: str) -> str:
        """A word that no other state of the page has."""
        return f"{word}-{self.number}"


Options = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What a component is shown with. `also` are states that no list of values declares."""

    base: Callable[[Sample], Options]
    also: tuple[Callable[[Sample], Options], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One state: its caption (the option that makes it) and what the component is called with."""

    caption: str
    options: Options


def variants(declared: Declaration, sheet: Sheet, sample: Sample) -> list[Variant]:
    """The base, each value of each option that declares its values, and the further states."""
    found = []
    for number, (caption, make, change) in enumerate(_states(declared, sheet)):
        options = {**make(replace(sample, number=number)), **change}
        found.append(Variant(caption=caption, options=options))
    return found


def _states(declared: Declaration, sheet: Sheet) -> Iterator[tuple[str, Callable[[Sample], Options], Options]]:
    yield "", sheet.base, {}
    usual = sheet.base(Sample())
    for option in declared.options.values():
        if (declared.name, option.name) in BY_CLASS:
            continue
        for value in option.one_of:
            known = (declared.name, option.name, value) in NOT_ON_A_SHEET
            if value is not None and not known and value != usual.get(option.name, option.default):
                yield f"{option.name}={value!r}", sheet.base, {option.name: value}
    for make in sheet.also:
        yield "", make, {}
