"""Takes a bundle in: people into the directory, histories into the record.

The same bundle twice is the same as once. A bundle that brings more of a known person adds what is new.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from email_validator import EmailNotValidError, validate_email

from portal.charting import record_allergy, record_condition, record_medication, record_vital_sign
from portal.fhir.rules import (
    AllergyRecord,
    ConditionRecord,
    Defaults,
    Measurement,
    MedicationRecord,
    PatientRecord,
    Reading,
    Statement,
    read_bundle,
)
from portal.kernel.db import PortalSession
from portal.patients import Details, NotABirthDate, canonical_phone, patient_from_import
from portal.practitioners import practitioner_from_import
from portal.tenancy import own_clinic

PURPOSE = "import"
SOURCE = "import"


@dataclass(frozen=True, kw_only=True)
class Taken:
    """Resources by type: new here, here already, and passed over by (type, reason)."""

    new: Counter[str] = field(default_factory=Counter)
    known: Counter[str] = field(default_factory=Counter)
    passed: Counter[tuple[str, str]] = field(default_factory=Counter)

    def count(self, kind: str, *, is_new: bool) -> None:
        """One resource that stands in our record now."""
        (self.new if is_new else self.known)[kind] += 1


def import_bundle(session: PortalSession, *, content: bytes, now: datetime) -> Taken:
    """Take one file in, in the caller's transaction. Needs the system purpose "import".

    Raises BrokenFile: then the caller's transaction must not be committed. What is known already is left as it is:
    what the clinic wrote since is newer.
    """
    clinic = own_clinic(session)
    defaults = Defaults(
        language=clinic.default_language, zone=clinic.zone, country=clinic.country, jurisdiction=clinic.jurisdiction
    )
    reading = read_bundle(content, defaults=defaults)
    taken = Taken(passed=Counter(reading.passed))
    for practitioner in reading.practitioners:
        _, is_new = practitioner_from_import(
            session, npi=practitioner.npi, name=practitioner.name, zone=defaults.zone, now=now
        )
        taken.count("Practitioner", is_new=is_new)
    patients = _take_patients(session, reading, defaults, taken, now=now)
    for statement in reading.statements:
        patient_id = patients.get(statement.patient)
        if patient_id is None:
            taken.passed[statement.kind, "about a person who was passed over"] += 1
        else:
            taken.count(statement.kind, is_new=_record(session, statement, patient_id, now=now))
    return taken


def _take_patients(
    session: PortalSession, reading: Reading, defaults: Defaults, taken: Taken, *, now: datetime
) -> dict[str, UUID]:
    """Ids here by source id."""
    found: dict[str, UUID] = {}
    for record in reading.patients:
        try:
            patient, is_new = patient_from_import(
                session, details=_details(record, defaults), identifiers=record.identifiers, now=now
            )
        except NotABirthDate:
            taken.passed["Patient", "nobody alive was born on that day"] += 1
            continue
        # A number that was typed wrong, or given away again, must not put one person's history into another's record.
        if patient.birth_date != record.birth_date:
            taken.passed["Patient", "the same number is known here with another date of birth"] += 1
            continue
        found[record.source_id] = patient.id
        taken.count("Patient", is_new=is_new)
    return found


def _details(record: PatientRecord, defaults: Defaults) -> Details:
    country = record.jurisdiction.partition("-")[0]
    phones = (canonical_phone(one, country=country) for one in record.phones)
    return Details(
        given_name=record.given_name,
        family_name=record.family_name,
        birth_date=record.birth_date,
        sex=record.sex,
        language=record.language,
        zone=defaults.zone,
        jurisdiction=record.jurisdiction,
        phone=next((one for one in phones if one), None),
        email=_address(record.email),
        interpreter=record.interpreter,
        spoken=record.spoken,
    )


def _address(text: str | None) -> str | None:
    """An e-mail address to which something can be sent, or None."""
    try:
        return validate_email(text, check_deliverability=False).normalized if text else None
    except EmailNotValidError:
        return None


def _record(session: PortalSession, statement: Statement, patient_id: UUID, *, now: datetime) -> bool:
    """Whether any of the resource is new here."""
    content = statement.content
    if isinstance(content, tuple):
        return _record_values(session, statement.source_id, content, patient_id, now=now)
    whose: dict[str, Any] = {
        "patient_id": patient_id,
        "system": content.coded.system,
        "code": content.coded.code,
        "display": content.coded.display,
        "source": SOURCE,
        "source_id": statement.source_id,
        "now": now,
    }
    match content:
        case ConditionRecord():
            return record_condition(
                session,
                **whose,
                clinical_status=content.clinical_status,
                onset_at=content.onset_at,
                abated_at=content.abated_at,
                sensitivity=content.sensitivity,
            )
        case AllergyRecord():
            return record_allergy(
                session,
                **whose,
                clinical_status=content.clinical_status,
                category=content.category,
                criticality=content.criticality,
                reaction=content.reaction,
            )
        case MedicationRecord():
            return record_medication(
                session,
                **whose,
                status=content.status,
                dosage=content.dosage,
                since=content.since,
                sensitivity=content.sensitivity,
            )


def _record_values(
    session: PortalSession, source_id: str, values: Sequence[Measurement], patient_id: UUID, *, now: datetime
) -> bool:
    new = [
        record_vital_sign(
            session,
            patient_id=patient_id,
            code=one.coded.code,
            display=one.coded.display,
            value=one.value,
            unit=one.unit,
            effective_at=one.effective_at,
            source=SOURCE,
            source_id=f"{source_id}#{one.part}" if one.part else source_id,
            now=now,
        )
        for one in values
    ]
    return any(new)
