"""Problems, allergies, medications and vital signs are written down, with where they come from.

`source` is "clinician" (the signed-in one), "patient" or "import"; `source_id` names the statement at its source, so
that the same one twice is one row. Each `record_…` returns whether it was new.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import inspect, select
from sqlalchemy.dialects.postgresql import insert

from portal.charting.models import Allergy, Condition, Labelled, Medication, VitalSign
from portal.charting.operations.notes import UnknownSensitivity
from portal.charting.rules import NORMAL, SENSITIVITIES
from portal.kernel.db import PortalSession, seal_pending
from portal.kernel.errors import NotFound

LOINC = "http://loinc.org"
#: What may carry a label, by the name that pages give it.
LABELLED: dict[str, type[Labelled]] = {"condition": Condition, "medication": Medication}


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
    sensitivity: str = NORMAL,
    source: str = "clinician",
    source_id: str | None = None,
    now: datetime,
) -> bool:
    """A problem."""
    row = Condition(
        clinical_status=clinical_status,
        onset_at=onset_at,
        abated_at=abated_at,
        sensitivity=sensitivity,
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
    sensitivity: str = NORMAL,
    source: str = "clinician",
    source_id: str | None = None,
    now: datetime,
) -> bool:
    """A medicine that the patient takes or took."""
    row = Medication(
        status=status,
        dosage=dosage.strip(),
        since=since,
        sensitivity=sensitivity,
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


def label_statement(
    session: PortalSession, *, patient_id: UUID, kind: str, statement_id: UUID, sensitivity: str
) -> None:
    """Say who else may read a problem or a medicine (`kind`: a name of LABELLED); whoever says it reads on.

    Raises NotFound, UnknownSensitivity.
    """
    if sensitivity not in SENSITIVITIES:
        raise UnknownSensitivity
    # Locked, since who waits may no longer read what another has put under a label meanwhile.
    model = LABELLED[kind]
    row = session.scalar(
        select(model)
        .where(model.id == statement_id, model.patient_id == patient_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound
    row.sensitivity = sensitivity
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
    if not display.strip():
        raise ValueError("a statement says something")  # sealed, the database cannot look
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
