"""Alerts of tests, and what was audited."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from portal.audit.models import Alert
from portal.kernel.db import Database
from portal.kernel.ids import new_id
from tests.support.clinics import Clinic


def make_alert(
    worker: Database, clinic: Clinic, *, person: UUID, now: datetime, patient: UUID | None = None, **values: Any
) -> UUID:
    """Something unusual that was found; records opened at night, unless told otherwise."""
    known: dict[str, Any] = {"kind": "odd-hours", "count": 3, "state": "open", "last_at": now}
    known |= {"first_at": now - timedelta(hours=1), "found_at": now, "key": str(new_id())} | values
    with worker.transaction(clinic.system("audit-watch")) as session:
        alert = Alert(user_id=person, patient_id=patient, **known)
        session.add(alert)
        return alert.id


def leaves(admin: psycopg.Connection, clinic: Clinic) -> list[list[str]]:
    """Kinds of rows that each leaf of the clinic's audit says were read; one row alone is named by its id, too."""
    query = "SELECT resources FROM audit.leaf WHERE tenant_id = %s ORDER BY id"
    found = admin.execute(query, (clinic.id,)).fetchall()
    return [[one.partition("/")[0] for one in row[0]] for row in found]
