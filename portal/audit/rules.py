"""Pure decisions of audit: which looks at records are unusual. What is unusual where, a clinic says itself."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from portal.kernel.permissions import STAFF_ROLES

Kind = Literal["mass-reads", "odd-hours", "same-surname", "own-record"]
#: Screens that show a whole day or week of people to whoever works at the desk: no sign that somebody leafs through.
LISTS = frozenset({"board", "scheduling"})
#: What grows again after somebody looked at it is looked at again; a namesake that was explained once stays explained.
REOPENS: frozenset[Kind] = frozenset({"mass-reads", "odd-hours"})
WATCHED_ROLES = frozenset(STAFF_ROLES)


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """What a clinic calls unusual. Hours are of the day in the clinic's zone."""

    mass_patients: int = 100
    mass_minutes: int = 60
    night_from: int = 22
    night_until: int = 6
    mass_reads: bool = True
    odd_hours: bool = True
    same_surname: bool = True
    own_record: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One member of staff at one record. `is_new`: not watched before."""

    at: datetime
    person: UUID
    patient: UUID
    purpose: str
    is_new: bool = True


@dataclass(frozen=True, kw_only=True)
class Anomaly:
    """Something unusual. `key` names it; `count`: patients of a mass of reads, else looks."""

    kind: Kind
    key: str
    person: UUID
    patient: UUID | None
    first_at: datetime
    last_at: datetime
    count: int


def mass_reads(looks: Iterable[Look], *, says: Thresholds, zone: str) -> list[Anomaly]:
    """Many patients within few minutes, by person and day: the largest number in minutes that end with a new look."""
    if not says.mass_reads:
        return []
    window = timedelta(minutes=says.mass_minutes)
    found: dict[str, Anomaly] = {}
    for person, theirs in _by_person(look for look in looks if look.purpose not in LISTS).items():
        begin, within = 0, Counter[UUID]()
        for look in theirs:
            within[look.patient] += 1
            while theirs[begin].at <= look.at - window:
                gone = theirs[begin].patient
                within[gone] -= 1
                if not within[gone]:
                    del within[gone]
                begin += 1
            key = f"mass-reads:{person}:{_day(look.at, zone)}"
            most = found[key].count if key in found else says.mass_patients - 1
            if look.is_new and len(within) > most:
                found[key] = Anomaly(
                    kind="mass-reads", key=key, person=person, patient=None,
                    first_at=theirs[begin].at, last_at=look.at, count=len(within),
                )  # fmt: skip
    return list(found.values())


def odd_hours(looks: Iterable[Look], *, says: Thresholds, zone: str) -> list[Anomaly]:
    """New looks in the clinic's night, by person and night (named by the day on which it begins)."""
    if not says.odd_hours:
        return []
    nights: dict[tuple[UUID, str], list[Look]] = defaultdict(list)
    for look in looks:
        local = look.at.astimezone(ZoneInfo(zone))
        if look.is_new and _is_night(local.hour, says):
            nights[look.person, _day(look.at - timedelta(hours=says.night_until), zone)].append(look)
    return [_of("odd-hours", f"{person}:{night}", None, theirs) for (person, night), theirs in nights.items()]


def close_looks(kind: Kind, looks: Iterable[Look], pairs: Iterable[tuple[UUID, UUID]]) -> list[Anomaly]:
    """New looks of a person at a patient, for (person, patient) pairs that are unusual in themselves."""
    wanted = set(pairs)
    found: dict[tuple[UUID, UUID], list[Look]] = defaultdict(list)
    for look in looks:
        if look.is_new and (look.person, look.patient) in wanted:
            found[look.person, look.patient].append(look)
    return [_of(kind, f"{person}:{patient}", patient, theirs) for (person, patient), theirs in found.items()]


def _of(kind: Kind, key: str, patient: UUID | None, looks: Sequence[Look]) -> Anomaly:
    times = [look.at for look in looks]
    return Anomaly(
        kind=kind,
        key=f"{kind}:{key}",
        person=looks[0].person,
        patient=patient,
        first_at=min(times),
        last_at=max(times),
        count=len(looks),
    )


def _by_person(looks: Iterable[Look]) -> dict[UUID, list[Look]]:
    found: dict[UUID, list[Look]] = defaultdict(list)
    for look in sorted(looks, key=lambda one: one.at):
        found[look.person].append(look)
    return found


def _is_night(hour: int, says: Thresholds) -> bool:
    if says.night_from > says.night_until:
        return hour >= says.night_from or hour < says.night_until
    return says.night_from <= hour < says.night_until


def _day(at: datetime, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).date().isoformat()
