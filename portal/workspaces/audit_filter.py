"""What the investigator asked for, as it stands in the address: opaque ids, days and codes, never a name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from portal.audit import Wanted
from portal.kernel.locale import gettext as _
from portal.web.fields import western_digits
from portal.workspaces.audit_words import ACTIONS, PURPOSES


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The filter. `first` and `last` are days in the clinic's zone, both included; `wrong`: what was not understood."""

    person: UUID | None = None
    patient: UUID | None = None
    first: date | None = None
    last: date | None = None
    purpose: str = ""
    action: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Asked":
        """Read an address' query."""
        typed = {name: western_digits(given.get(name, "").strip())[:10] for name in ("first", "last")}
        wrong = {
            name: _("Write the day as year-month-day, for example 2026-03-31.")
            for name, text in typed.items()
            if text and _day(text) is None
        }
        first, last = _day(typed["first"]), _day(typed["last"])
        if first and last and last < first:
            wrong["last"] = _("The last day is before the first.")
        purpose, action = given.get("purpose", ""), given.get("action", "")
        return cls(
            person=id_in(given.get("person", "")),
            patient=id_in(given.get("patient", "")),
            first=first,
            last=last,
            purpose=purpose if purpose in PURPOSES else "",
            action=action if action in ACTIONS else "",
            typed=typed,
            wrong=wrong,
        )

    @property
    def is_empty(self) -> bool:
        return not self.query()

    def query(self, **changes: Any) -> dict[str, Any]:
        """The same as an address' query; `changes` replace parts, None takes them out."""
        parts = {
            "person": self.person,
            "patient": self.patient,
            "first": self.first,
            "last": self.last,
            "purpose": self.purpose,
            "action": self.action,
        } | changes
        return {name: str(value) for name, value in parts.items() if value}

    def wanted(self, zone: str) -> Wanted:
        """The same as audit asks for it."""
        return Wanted(
            person=self.person,
            patient=self.patient,
            since=_midnight(self.first, zone),
            until=_midnight(self.last + timedelta(days=1), zone) if self.last else None,
            purpose=self.purpose or None,
            action=self.action or None,
        )


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year < 2200 else None


def _midnight(day: date | None, zone: str) -> datetime | None:
    return datetime.combine(day, time(), ZoneInfo(zone)) if day else None


def id_in(text: str) -> UUID | None:
    """An id that an address names, None for anything else."""
    try:
        return UUID(text)
    except ValueError:
        return None
