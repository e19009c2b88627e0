"""FHIR R4's shared data types as the import reads them: dates, coded concepts, identifiers, references.

https://hl7.org/fhir/R4/datatypes.html
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from portal.fhir.rules.values import SHORT, Element

#: HL7 v3 ActCode's sensitivities by the label that they have here. Of two the first: the law on it is the stricter.
_SENSITIVITY: Mapping[str, Sequence[str]] = {
    "ETH": ("ETH", "ETHUD", "OPIOIDUD", "SUD"),
    "HIV": ("HIV",),
    "SEX": ("SEX", "STD", "SDV"),
    "PSY": ("PSY", "PSYTHPN", "MH", "BH"),
}
_ACT_CODE = frozenset({"http://terminology.hl7.org/CodeSystem/v3-ActCode", "http://hl7.org/fhir/v3/ActCode"})
_CONFIDENTIALITY = frozenset(
    {"http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "http://hl7.org/fhir/v3/Confidentiality"}
)
_DAY = re.compile(r"\d{4}(-\d{2}){0,2}", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})", re.ASCII)
POSSIBLE_YEARS = range(1850, 2200)


class PassOver(Exception):
    """The resource is sound, but it is not for our record. `reason` is for the person who imports."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Coded:
    """A concept: the code with its system ("" when only words are given), and the words."""

    system: str
    code: str
    display: str


def whole_day(element: Element, name: str) -> date | None:
    """A date with year, month and day; None when it is absent or less exact."""
    text = element.text(name)
    if not text:
        return None
    try:
        first = _first_day(text)
    except ValueError:
        element.at(name).refuse("a date (YYYY-MM-DD)")
    return first if text == first.isoformat() else None


def _first_day(text: str) -> date:
    """The day, or the first of the month or the year; ValueError for anything else."""
    if not _DAY.fullmatch(text):
        raise ValueError
    return date.fromisoformat(f"{text}-01-01"[:10])


def instant(element: Element, *names: str, zone: str) -> datetime | None:
    """The first of these members that is there, in UTC. A bare day, month or year begins in the zone.

    Raises PassOver for a day on which no patient lived.
    """
    for name in names:
        text = element.text(name)
        if not text:
            continue
        try:
            if _INSTANT.fullmatch(text):
                found = datetime.fromisoformat(text)
            else:
                found = datetime.combine(_first_day(text), time(), ZoneInfo(zone))
        except ValueError:
            element.at(name).refuse("a date, or a time with its offset (YYYY-MM-DDThh:mm:ss+hh:mm)")
        # A slip of the pen such as the year 0198; at the ends of the calendar a zone's offset has no day to go to.
        if found.year not in POSSIBLE_YEARS:
            raise PassOver("with an impossible date")
        return found.astimezone(UTC)
    return None


def start_of(element: Element, name: str, *, zone: str) -> datetime | None:
    """When a Period begins."""
    period = element.child(name)
    return instant(period, "start", zone=zone) if period else None


def end_of(element: Element, name: str, *, zone: str) -> datetime | None:
    """When a Period ends."""
    period = element.child(name)
    return instant(period, "end", zone=zone) if period else None


def concept(element: Element | None, *, prefer: Sequence[str] = ()) -> Coded | None:
    """A CodeableConcept: of several codings the one of the preferred system, else the first with a code."""
    if element is None:
        return None
    text = element.text("text")
    codings = [
        Coded(system=one.text("system"), code=one.text("code", longest=SHORT), display=one.text("display"))
        for one in element.children("coding")
    ]
    codings = [one for one in codings if one.code]
    codings.sort(key=lambda one: prefer.index(one.system) if one.system in prefer else len(prefer))
    if codings:
        best = codings[0]
        return Coded(system=best.system, code=best.code, display=text or best.display or best.code)
    return Coded(system="", code="", display=text) if text else None


def codes(element: Element | None) -> set[str]:
    """All codes of a CodeableConcept, whatever their systems."""
    if element is None:
        return set()
    return {one.text("code") for one in element.children("coding")} - {""}


def sensitivity_of(element: Element) -> str:
    """The label that `meta.security` asks for; N when it asks for none.

    Raises PassOver for what is restricted (R, V) without one of our labels: nothing here would keep it from anybody.
    """
    meta = element.child("meta")
    marks = [(one.text("system"), one.text("code")) for one in meta.children("security")] if meta else []
    told = {code for system, code in marks if system in _ACT_CODE}
    label = next((ours for ours, theirs in _SENSITIVITY.items() if told.intersection(theirs)), "N")
    if label == "N" and any(system in _CONFIDENTIALITY and code in {"R", "V"} for system, code in marks):
        raise PassOver("restricted there by a label that is not known here")
    return label


def status_of(element: Element, name: str, allowed: Sequence[str]) -> str:
    """The status that a CodeableConcept tells; "" when absent."""
    found = element.child(name)
    if found is None:
        return ""
    told = codes(found)
    status = next((one for one in allowed if one in told), "")
    if not status:
        found.refuse(f"a coding with one of {', '.join(allowed)}")
    return status


def identifiers(element: Element) -> list[tuple[str, str, str]]:
    """(system, value, kind) of each identifier in use that has a system; kind is HL7's v2-0203 code, or ""."""
    found = []
    for one in element.children("identifier"):
        system, value = one.text("system", longest=SHORT), one.text("value", longest=SHORT)
        if system and value and one.text("use") != "old":
            kinds = codes(one.child("type"))
            found.append((system, value, min(kinds, default="")))
    return found


def reference(element: Element, name: str) -> str:
    """What a Reference points to, without the version; "" when absent or by identifier only."""
    found = element.child(name)
    return found.text("reference").partition("/_history/")[0] if found else ""


def in_use(elements: Sequence[Element], order: Sequence[str]) -> list[Element]:
    """Names, addresses or contacts by their use, the wanted first; former ones are left out."""
    current = [one for one in elements if one.text("use") != "old" and not _ended(one)]
    return sorted(current, key=lambda one: order.index(one.text("use")) if one.text("use") in order else len(order))


def _ended(element: Element) -> bool:
    period = element.child("period")
    return period is not None and period.has("end")
