"""Vital signs that the portal knows by name: LOINC code, UCUM unit, and the range in which a value is believed.

Codes are those of the FHIR R4 vital signs profiles; the ranges are wide, to catch a slip of the finger only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from portal.kernel.locale import lazy_gettext as _l


@dataclass(frozen=True, slots=True, kw_only=True)
class Vital:
    """A kind of vital sign. `display` is LOINC's short name."""

    name: Any
    display: str
    unit: str
    lowest: int
    highest: int


def _vital(name: Any, display: str, unit: str, lowest: int, highest: int) -> Vital:
    return Vital(name=name, display=display, unit=unit, lowest=lowest, highest=highest)


SYSTOLIC, DIASTOLIC = "8480-6", "8462-4"
VITALS: Mapping[str, Vital] = {
    SYSTOLIC: _vital(_l("Systolic blood pressure"), "Systolic Blood Pressure", "mm[Hg]", 40, 300),
    DIASTOLIC: _vital(_l("Diastolic blood pressure"), "Diastolic Blood Pressure", "mm[Hg]", 20, 200),
    "8867-4": _vital(_l("Heart rate"), "Heart rate", "/min", 20, 300),
    "9279-1": _vital(_l("Breaths a minute"), "Respiratory rate", "/min", 4, 90),
    "8310-5": _vital(_l("Body temperature"), "Body temperature", "Cel", 25, 45),
    "8331-1": _vital(_l("Temperature in the mouth"), "Oral temperature", "Cel", 25, 45),
    "2708-6": _vital(_l("Oxygen in the blood"), "Oxygen saturation", "%", 40, 100),
    "8302-2": _vital(_l("Height"), "Body Height", "cm", 30, 260),
    "29463-7": _vital(_l("Weight"), "Body Weight", "kg", 1, 400),
    "39156-5": _vital(_l("Body mass index"), "Body Mass Index", "kg/m2", 5, 120),
    "72514-3": _vital(_l("Pain from 0 to 10"), "Pain severity", "{score}", 0, 10),
}

_UNITS: Mapping[str, Any] = {
    "mm[Hg]": "mmHg",
    "Cel": "°C",
    "/min": _l("a minute"),
    "kg/m2": "kg/m²",
    "{score}": "",
    "1": "",
}


def vital_name(code: str, display: str) -> str:
    """What a vital sign is called in the reader's language; the source's own words for one that we do not know."""
    return str(VITALS[code].name) if code in VITALS else display


def unit_name(unit: str) -> str:
    """A UCUM unit as people write it."""
    return str(_UNITS.get(unit, unit))


def implausible(code: str, value: Decimal) -> bool:
    """Whether a value is far from any that a person has."""
    known = VITALS.get(code)
    return known is not None and not known.lowest <= value <= known.highest


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Values of one kind in one unit, the oldest first. `total`: how many there are in all."""

    code: str
    display: str
    unit: str
    points: Sequence[tuple[datetime, float]]
    total: int

    @property
    def rounded(self) -> list[tuple[datetime, float]]:
        """As they are shown."""
        return [(at, round(value, 1)) for at, value in self.points]

    @property
    def believed(self) -> tuple[float, float] | None:
        """The range in which a value is believed, where we know the kind and its unit."""
        known = VITALS.get(self.code)
        return (known.lowest, known.highest) if known and known.unit == self.unit else None


def side_by_side(kinds: Sequence[Measured]) -> list[tuple[Measured, ...]]:
    """Kinds in the order of VITALS, others after them; both blood pressures as one."""
    order = list(VITALS)
    at = {code: number for number, code in enumerate(order)}
    kinds = sorted(kinds, key=lambda one: (at.get(one.code, len(order)), one.display, one.unit))
    lower = {one.unit: one for one in kinds if one.code == DIASTOLIC}
    upper = {one.unit for one in kinds if one.code == SYSTOLIC}
    return [
        (one, lower[one.unit]) if one.code == SYSTOLIC and one.unit in lower else (one,)
        for one in kinds
        if not (one.code == DIASTOLIC and one.unit in upper)
    ]
