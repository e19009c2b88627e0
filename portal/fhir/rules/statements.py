"""What a history consists of: Condition, AllergyIntolerance, MedicationRequest, MedicationStatement, Observation.

Statuses decide first: what was entered in error, refuted, only planned or not final is passed over, since each row of
our record is read as a fact.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NoReturn

from portal.fhir.rules.elements import (
    Coded,
    PassOver,
    codes,
    concept,
    end_of,
    instant,
    reference,
    sensitivity_of,
    start_of,
    status_of,
)
from portal.fhir.rules.records import AllergyRecord, ConditionRecord, Content, Measurement, MedicationRecord
from portal.fhir.rules.values import Element

LOINC = "http://loinc.org"
SNOMED_CT = "http://snomed.info/sct"
ICD_10_CM = "http://hl7.org/fhir/sid/icd-10-cm"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
UCUM = "http://unitsofmeasure.org"

CONDITION_STATUSES = ("active", "recurrence", "relapse", "inactive", "remission", "resolved")
CONDITION_CERTAINTY = ("entered-in-error", "refuted", "unconfirmed", "provisional", "differential", "confirmed")
ALLERGY_STATUSES = ("active", "inactive", "resolved")
ALLERGY_CERTAINTY = ("entered-in-error", "refuted", "unconfirmed", "presumed", "confirmed")
CATEGORIES = ("medication", "food", "environment", "biologic")
CRITICALITY = ("low", "high", "unable-to-assess")
REQUEST_STATUSES = (
    "active", "on-hold", "cancelled", "completed", "entered-in-error", "stopped", "draft", "unknown",
)  # fmt: skip
INTENTS = (
    "proposal", "plan", "order", "original-order", "reflex-order", "filler-order", "instance-order", "option",
)  # fmt: skip
TAKING_STATUSES = (
    "active", "completed", "entered-in-error", "intended", "stopped", "on-hold", "unknown", "not-taken",
)  # fmt: skip
OBSERVATION_STATUSES = (
    "registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown",
)  # fmt: skip
SETTLED = frozenset({"final", "amended", "corrected"})
#: A Reference's text → the Medication that it points to, within the resource or the bundle.
Medications = Mapping[str, Element]


def condition_of(resource: Element, *, zone: str) -> ConditionRecord:
    """A problem. One that is not confirmed is passed over: our list has no place for doubt."""
    certainty = status_of(resource, "verificationStatus", CONDITION_CERTAINTY)
    status = status_of(resource, "clinicalStatus", CONDITION_STATUSES)
    abated_at = instant(resource, "abatementDateTime", zone=zone) or end_of(resource, "abatementPeriod", zone=zone)
    if certainty == "entered-in-error":
        _in_error()
    if certainty == "refuted":
        raise PassOver("found not to be so")
    if certainty not in {"", "confirmed"}:
        raise PassOver("not confirmed")
    return ConditionRecord(
        coded=_coded(resource, "code", SNOMED_CT, ICD_10_CM),
        clinical_status=status or ("resolved" if abated_at else "active"),
        onset_at=instant(resource, "onsetDateTime", zone=zone) or start_of(resource, "onsetPeriod", zone=zone),
        abated_at=abated_at,
        sensitivity=sensitivity_of(resource),
    )


def allergy_of(resource: Element, *, zone: str) -> AllergyRecord:
    """An allergy or intolerance, unconfirmed ones too: not to know of one does more harm."""
    certainty = status_of(resource, "verificationStatus", ALLERGY_CERTAINTY)
    if certainty == "entered-in-error":
        _in_error()
    if certainty == "refuted":
        raise PassOver("found not to be so")
    reactions = resource.children("reaction")
    coded = concept(resource.child("code"), prefer=(SNOMED_CT, RXNORM))
    for reaction in reactions:
        coded = coded or concept(reaction.child("substance"), prefer=(SNOMED_CT, RXNORM))
    if coded is None:
        raise PassOver("does not say what")
    categories = resource.texts("category")
    return AllergyRecord(
        coded=coded,
        clinical_status=status_of(resource, "clinicalStatus", ALLERGY_STATUSES) or "active",
        category=next((one for one in CATEGORIES if one in categories), ""),
        criticality=resource.one_of("criticality", CRITICALITY) or "unable-to-assess",
        reaction="; ".join(text for one in reactions if (text := _reaction(one))),
    )


def request_of(resource: Element, *, zone: str, medications: Medications) -> MedicationRecord:
    """A medicine that was ordered."""
    status = resource.one_of("status", REQUEST_STATUSES) or "unknown"
    intent = resource.one_of("intent", INTENTS)
    if status == "entered-in-error":
        _in_error()
    if status == "draft" or intent in {"proposal", "plan", "option"}:
        raise PassOver("only proposed")
    if resource.flag("doNotPerform"):
        raise PassOver("says not to take it")
    return MedicationRecord(
        coded=_medicine(resource, medications),
        status=status,
        dosage=_dosage(resource, "dosageInstruction"),
        since=instant(resource, "authoredOn", zone=zone),
        sensitivity=sensitivity_of(resource),
    )


def taking_of(resource: Element, *, zone: str, medications: Medications) -> MedicationRecord:
    """A medicine that the patient says, or is said, to take."""
    status = resource.one_of("status", TAKING_STATUSES) or "unknown"
    if status == "entered-in-error":
        _in_error()
    if status in {"intended", "not-taken"}:
        raise PassOver("not taken" if status == "not-taken" else "only proposed")
    since = instant(resource, "effectiveDateTime", zone=zone) or start_of(resource, "effectivePeriod", zone=zone)
    return MedicationRecord(
        coded=_medicine(resource, medications),
        status=status,
        dosage=_dosage(resource, "dosage"),
        since=since or instant(resource, "dateAsserted", zone=zone),
        sensitivity=sensitivity_of(resource),
    )


def vital_signs_of(resource: Element, *, zone: str) -> tuple[Measurement, ...]:
    """The values of a vital sign; of blood pressure and the like each component."""
    categories = set().union(*(codes(one) for one in resource.children("category")))
    if "vital-signs" not in categories:
        raise PassOver(f"not a vital sign ({min(categories)})" if _plain(categories) else "not a vital sign")
    status = resource.one_of("status", OBSERVATION_STATUSES)
    if status == "entered-in-error":
        _in_error()
    if status not in SETTLED:
        raise PassOver("not final")
    effective_at = instant(resource, "effectiveDateTime", "effectiveInstant", "issued", zone=zone)
    effective_at = start_of(resource, "effectivePeriod", zone=zone) or effective_at
    holders = [(resource, "")] if resource.has("valueQuantity") else []
    holders += [(one, str(index)) for index, one in enumerate(resource.children("component"))]
    if effective_at is None:
        raise PassOver("without a time")
    measured = tuple(one for place in holders if (one := _measurement(*place, at=effective_at)))
    if not measured:
        raise PassOver("without a plain value, a unit and a LOINC code")
    return measured


STATEMENTS: Mapping[str, Callable[[Element, str, Medications], Content]] = {
    "Condition": lambda resource, zone, _: condition_of(resource, zone=zone),
    "AllergyIntolerance": lambda resource, zone, _: allergy_of(resource, zone=zone),
    "MedicationRequest": lambda resource, zone, known: request_of(resource, zone=zone, medications=known),
    "MedicationStatement": lambda resource, zone, known: taking_of(resource, zone=zone, medications=known),
    "Observation": lambda resource, zone, _: vital_signs_of(resource, zone=zone),
}


def _in_error() -> NoReturn:
    raise PassOver("entered in error")


def _coded(resource: Element, name: str, *prefer: str) -> Coded:
    found = concept(resource.child(name), prefer=prefer)
    if found is None:
        raise PassOver("does not say what")
    return found


def _medicine(resource: Element, medications: Medications) -> Coded:
    if resource.has("medicationCodeableConcept"):
        return _coded(resource, "medicationCodeableConcept", RXNORM)
    pointer = reference(resource, "medicationReference")
    inside = {f"#{one.text('id')}": one for one in resource.children("contained") if one.text("id")}
    medication = inside.get(pointer) or medications.get(pointer)
    if medication is not None:
        return _coded(medication, "code", RXNORM)
    pointed = resource.child("medicationReference")
    display = pointed.text("display") if pointed else ""
    if not display:
        raise PassOver("does not say what")
    return Coded(system="", code="", display=display)


def _dosage(resource: Element, name: str) -> str:
    texts = (one.text("text") or one.text("patientInstruction") for one in resource.children(name))
    return "; ".join(text for text in texts if text)


def _reaction(reaction: Element) -> str:
    signs = [concept(one, prefer=(SNOMED_CT,)) for one in reaction.children("manifestation")]
    words = ", ".join(one.display for one in signs if one)
    severity = reaction.one_of("severity", ("mild", "moderate", "severe"))
    return f"{words} ({severity})" if words and severity else words


def _loinc(holder: Element) -> Coded | None:
    found = concept(holder.child("code"), prefer=(LOINC,))
    return found if found and found.system == LOINC else None


def _measurement(holder: Element, part: str, *, at: datetime) -> Measurement | None:
    """A plain value with its unit and LOINC code; "less than" and the like are none."""
    coded, quantity = _loinc(holder), holder.child("valueQuantity")
    value = quantity.number("value") if quantity else None
    if coded is None or quantity is None or value is None or quantity.text("comparator"):
        return None
    unit = (quantity.text("code") if quantity.text("system") == UCUM else "") or quantity.text("unit")
    return Measurement(coded=coded, value=value, unit=unit, effective_at=at, part=part) if unit else None


def _plain(categories: set[str]) -> bool:
    """Whether the categories are codes of the standard's own kind, fit to be printed."""
    return bool(categories) and all(one.isascii() and one.replace("-", "").isalpha() for one in categories)
