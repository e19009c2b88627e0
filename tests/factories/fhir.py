"""FHIR bundles of tests: resources as plain dictionaries."""

import json
from typing import Any

Resource = dict[str, Any]
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
RECORDS = "https://records.example/ids"
SUBJECT = {"reference": "urn:uuid:maria"}


def patient(**values: Any) -> Resource:
    """Maria, as another system knows her."""
    known: Resource = {
        "resourceType": "Patient",
        "id": "maria",
        "identifier": [{"system": RECORDS, "value": "A-100"}],
        "name": [{"use": "official", "family": "Gomez", "given": ["Maria", "José"]}],
        "gender": "female",
        "birthDate": "1984-03-31",
        "telecom": [{"system": "phone", "value": "(617) 555-0123", "use": "mobile"}],
        "address": [{"state": "Vermont", "country": "US"}],
        "communication": [{"language": {"coding": [{"code": "es"}]}}],
    }
    return known | values


def practitioner(**values: Any) -> Resource:
    known: Resource = {
        "resourceType": "Practitioner",
        "id": "doctor",
        "identifier": [{"system": "http://hl7.org/fhir/sid/us-npi", "value": "190"}],
        "name": [{"family": "Greenfelder", "given": ["Giovanni"], "prefix": ["Dr."]}],
    }
    return known | values


def coded(display: str, code: str = "1", system: str = "http://snomed.info/sct") -> Resource:
    return {"coding": [{"system": system, "code": code, "display": display}], "text": display}


def status(code: str) -> Resource:
    return {"coding": [{"code": code}]}


def condition(**values: Any) -> Resource:
    known: Resource = {
        "resourceType": "Condition",
        "id": "sinusitis",
        "clinicalStatus": status("active"),
        "verificationStatus": status("confirmed"),
        "code": coded("Chronic sinusitis", "40055000"),
        "subject": SUBJECT,
        "onsetDateTime": "2001-04-23T14:01:06+02:00",
    }
    return known | values


def allergy(**values: Any) -> Resource:
    known: Resource = {
        "resourceType": "AllergyIntolerance",
        "id": "penicillin",
        "clinicalStatus": status("active"),
        "verificationStatus": status("unconfirmed"),
        "category": ["medication"],
        "criticality": "high",
        "code": coded("Penicillin G", "7980", "http://www.nlm.nih.gov/research/umls/rxnorm"),
        "patient": SUBJECT,
        "reaction": [{"manifestation": [coded("Hives")], "severity": "moderate"}],
    }
    return known | values


def request(**values: Any) -> Resource:
    known: Resource = {
        "resourceType": "MedicationRequest",
        "id": "acetaminophen",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": coded("Acetaminophen 325 MG Oral Tablet", "313782"),
        "subject": SUBJECT,
        "authoredOn": "2018-06-15",
        "dosageInstruction": [{"text": "1 tablet when needed"}],
    }
    return known | values


def quantity(value: float, unit: str) -> Resource:
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}


def observation(**values: Any) -> Resource:
    known: Resource = {
        "resourceType": "Observation",
        "id": "height",
        "status": "final",
        "category": [{"coding": [{"code": "vital-signs"}]}],
        "code": coded("Body Height", "8302-2", LOINC),
        "subject": SUBJECT,
        "effectiveDateTime": "2020-01-02T10:00:00Z",
        "valueQuantity": quantity(171.5, "cm"),
    }
    return known | values


def blood_pressure(**values: Any) -> Resource:
    known = observation(
        id="pressure",
        code=coded("Blood Pressure", "85354-9", LOINC),
        component=[
            {"code": coded("Diastolic", "8462-4", LOINC), "valueQuantity": quantity(80, "mm[Hg]")},
            {"code": coded("Systolic", "8480-6", LOINC), "valueQuantity": quantity(120, "mm[Hg]")},
        ],
    )
    del known["valueQuantity"]
    return known | values


def bundle(*resources: Resource, **values: Any) -> bytes:
    """The file: each resource under a urn:uuid of its id."""
    entries = [
        {"fullUrl": f"urn:uuid:{one['id']}", "resource": one} if "id" in one else {"resource": one} for one in resources
    ]
    return json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries} | values).encode()
