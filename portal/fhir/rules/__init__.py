"""Reading a FHIR R4 bundle: pure, nothing is stored here."""

from portal.fhir.rules.bundle import read_bundle
from portal.fhir.rules.records import (
    AllergyRecord,
    ConditionRecord,
    Defaults,
    Measurement,
    MedicationRecord,
    PatientRecord,
    PractitionerRecord,
    Reading,
    Statement,
)
from portal.fhir.rules.values import MAX_BYTES, MAX_DEPTH, BrokenFile

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "AllergyRecord",
    "BrokenFile",
    "ConditionRecord",
    "Defaults",
    "Measurement",
    "MedicationRecord",
    "PatientRecord",
    "PractitionerRecord",
    "Reading",
    "Statement",
    "read_bundle",
]
