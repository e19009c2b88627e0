"""Problems, allergies, medications and vital signs are written down, with where they come from.

`source` is "clinician" (the signed-in one), "patient" or "import"; `source_id` names the statement at its source, so
that the same one twice is one row. Each `record_…` returns whether it was new.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import inspect
from sqlalchemy.dialects.postgresql import insert

from portal.charting.models import Allergy, Condition, Medication, VitalSign
from portal.kernel.db import PortalSession, seal_pending

LOINC = "http://loinc.org"
ICD_10_CM = "http://hl7.org/fhir/sid/icd-10-cm"


def record_condition(
    session: PortalSession,
    *,
    patient_id: UUID,
    display: str,
    code: str = "",
    system: str = "",
    clinical_status: str = "active",
    onset_at: datetime | None = None,
    abated_at: datetime | None = None,
    source: str = "clinician",
    source_id: str | None = None,
    now: datetime,
) -> bool:
    """A problem."""
    row = Condition(
        clinical_status=clinical_status,
        onset_at=onset_at,
        abated_at=abated_at,
        **_statement(session, patient_id, display, code, system, source, source_id, now),
    )
    return _put(session, row)


def record_allergy(
    session: PortalSession,
    *,
    patient_id: UUID,
    display: str,
    code: str = "",
    system: str = "",
    clinical_status: str = "active",
    category: str = "",
    criticality: str = "unable-to-assess",
    reaction: str = "",
    source: str = "clinician",
    source_id: str | None = None,
    now: datetime,
) -> bool:
    """An allergy or intolerance."""
    row = Allergy(
        clinical_status=clinical_status,
        category=category,
        criticality=criticality,
        reaction=reaction.strip(),
        **_statement(session, patient_id, display, code, system, source, source_id, now),
    )
    return _put(session, row)


def record_medication(
    session: PortalSession,
    *,
    patient_id: UUID,
    display: str,
    code: str = "",
    system: str = "",
    status: str = "active",
    dosage: str = "",
    since: datetime | None = None,
    source: str = "clinician",
    source_id: str | None = None,
    now: datetime,
) -> bool:
    """A medicine that the patient takes or took."""
    row = Medication(
        status=status,
        dosage=dosage.strip(),
        since=since,
        **_statement(session, patient_id, display, code, system, source, source_id, now),
    )
    return _put(session, row)


def record_vital_sign(
    session: PortalSession,
    *,
    patient_id: UUID,
    code: str,
    display: str,
    value: Decimal,
    unit: str,
    effective_at: datetime,
    source: str = "clinician",
    source_id: str | None = None,
    now: datetime,
) -> bool:
    """A measured value: `code` is LOINC, `unit` UCUM."""
    row = VitalSign(
        value=value,
        unit=unit,
        effective_at=effective_at,
        **_statement(session, patient_id, display, code, LOINC, source, source_id, now),
    )
    return _put(session, row)


def set_condition_status(session: PortalSession, *, condition: Condition, status: str, now: datetime) -> None:
    """A problem goes on, rests or is over."""
    condition.clinical_status = status
    condition.abated_at = now if status in {"resolved", "inactive"} else None
    session.flush()


def set_medication_status(session: PortalSession, *, medication: Medication, status: str) -> None:
    """A medicine is taken, stopped or completed."""
    medication.status = status
    session.flush()


def _statement(
    session: PortalSession,
    patient_id: UUID,
    display: str,
    code: str,
    system: str,
    source: str,
    source_id: str | None,
    now: datetime,
) -> dict[str, Any]:
    return {
        "patient_id": patient_id,
        "system": system,
        "code": code,
        "display": display.strip(),
        "source": source,
        "source_id": source_id,
        "recorded_at": now,
        "recorded_by": session.principal.user_id,
    }


def _put(session: PortalSession, row: Any) -> bool:
    """Insert unless the source's statement is there already; a known one is left as the clinic has it since."""
    if row.source_id is None:
        session.add(row)
        session.flush()
        return True
    kind = type(row)
    row.tenant_id = session.tenant_id
    seal_pending(row, session)
    attributes = inspect(kind).column_attrs
    values = {one.columns[0].name: getattr(row, one.key) for one in attributes}
    new = insert(kind.__table__).values(**values).on_conflict_do_nothing().returning(kind.__table__.c.id)
    session.access.written.setdefault(row.patient_id, set()).add(kind.__name__)
    return session.execute(new).first() is not None
