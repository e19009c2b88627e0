"""What a check is, what it looks at, and what comes of it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any

from flask import Flask
from sqlalchemy import Row, text

from portal.kernel.config import Settings
from portal.kernel.db import Database
from portal.kernel.principal import NO_TENANT, Principal
from portal.tenancy import Organisation

PURPOSE = "compliance"


class Severity(IntEnum):
    """How soon somebody must act: today, this week, this month, when there is time."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What is looked through: an installation's settings, its application, its database and some of its clinics."""

    settings: Settings
    app: Flask
    database: Database
    clinics: Sequence[Organisation]
    now: datetime

    def catalog(self, statement: str, **values: Any) -> Sequence[Row[Any]]:
        """Rows of PostgreSQL's catalog."""
        with self.database.session(Principal.visitor(tenant_id=NO_TENANT)) as session:
            return session.execute(text(statement), values).all()

    def of_each_clinic(self, statement: str, **values: Any) -> Iterator[tuple[Organisation, Row[Any]]]:
        """Each clinic with each of its rows, as far as policies open them to this purpose."""
        for clinic in self.clinics:
            with self.database.session(self.principal(clinic)) as session:
                rows = session.execute(text(statement), values).all()
            for row in rows:
                yield clinic, row

    def principal(self, clinic: Organisation) -> Principal:
        """Ourselves, at work in that clinic."""
        return Principal.system(tenant_id=clinic.id, purpose=PURPOSE)


@dataclass(frozen=True, kw_only=True)
class Check:
    """One line of the table. `find` names each place where `fault` holds; `remedy` is what to do then."""

    id: str
    severity: Severity
    fault: str
    remedy: str
    find: Callable[[Ground], Iterable[str]]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A fault at a place. `unmade`: the check itself failed, so that nobody knows."""

    check: Check
    place: str
    unmade: bool = False


def scan(ground: Ground, checks: Sequence[Check]) -> list[Finding]:
    """Make each check; the worst finding first. One that fails is a finding itself: silence would read as health."""
    found = []
    for check in checks:
        try:
            found += [Finding(check=check, place=place) for place in check.find(ground)]
        except Exception as error:  # whatever it is, it is told and the others are made
            found.append(Finding(check=check, place=f"could not be checked: {type(error).__name__}", unmade=True))
    return sorted(found, key=lambda one: (-one.check.severity, one.check.id, one.place))
