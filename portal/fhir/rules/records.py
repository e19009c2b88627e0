"""What the import takes out of a bundle: plain values, ready for the contexts that keep them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from portal.fhir.rules.elements import Coded


@dataclass(frozen=True, kw_only=True)
class Defaults:
    """The importing clinic's own, for what a resource leaves open."""

    language: str
    zone: str
    country: str
    jurisdiction: str


@dataclass(frozen=True, kw_only=True)
class PatientRecord:
    """A FHIR Patient. `phone` is as the other system writes it; `identifiers` value by system."""

    source_id: str
    given_name: str
    family_name: str
    birth_date: date
    sex: str
    language: str
    interpreter: bool
    spoken: str | None
    jurisdiction: str
    phones: Sequence[str]
    email: str | None
    identifiers: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class PractitionerRecord:
    """A FHIR Practitioner with a National Provider Identifier."""

    npi: str
    name: str


@dataclass(frozen=True, kw_only=True)
class ConditionRecord:
    """A FHIR Condition."""

    coded: Coded
    clinical_status: str
    onset_at: datetime | None
    abated_at: datetime | None
    sensitivity: str


@dataclass(frozen=True, kw_only=True)
class AllergyRecord:
    """A FHIR AllergyIntolerance."""

    coded: Coded
    clinical_status: str
    category: str
    criticality: str
    reaction: str


@dataclass(frozen=True, kw_only=True)
class MedicationRecord:
    """A FHIR MedicationRequest or MedicationStatement."""

    coded: Coded
    status: str
    dosage: str
    since: datetime | None
    sensitivity: str


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One value of a vital sign: LOINC, UCUM. `part`: which component of its Observation, or ""."""

    coded: Coded
    value: Decimal
    unit: str
    effective_at: datetime
    part: str = ""


Content = ConditionRecord | AllergyRecord | MedicationRecord | tuple[Measurement, ...]


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One resource of a history. `patient` is the source id of a patient in the same bundle."""

    kind: str
    source_id: str
    patient: str
    content: Content


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A bundle as read: what can be taken, and how many resources were passed over, by (type, reason)."""

    patients: Sequence[PatientRecord]
    practitioners: Sequence[PractitionerRecord]
    statements: Sequence[Statement]
    passed: Counter[tuple[str, str]]
