"""A bundle as other systems export it: its resources, and which patient each of them is about."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from portal.fhir.rules.elements import PassOver, reference
from portal.fhir.rules.people import patient_of, practitioner_of
from portal.fhir.rules.records import Defaults, PatientRecord, PractitionerRecord, Reading, Statement
from portal.fhir.rules.statements import STATEMENTS
from portal.fhir.rules.values import Element, read_json

BUNDLES = ("batch", "collection", "document", "searchset", "transaction")
_TYPE = re.compile(r"[A-Z][A-Za-z]{1,60}", re.ASCII)
_LONGEST_ID = 200
_NOT_KEPT = "not kept by the portal"
_NOT_HERE = "about nobody who was taken from this file"


@dataclass(frozen=True)
class _Entry:
    """A resource with the names under which others point to it."""

    kind: str
    resource: Element
    source_id: str
    names: Sequence[str]


def read_bundle(content: bytes, *, defaults: Defaults) -> Reading:
    """What can be taken of a bundle. Raises BrokenFile: then nothing of the file may be taken."""
    entries = list(_entries(read_json(content)))
    passed: Counter[tuple[str, str]] = Counter()
    patients: list[PatientRecord] = []
    practitioners: list[PractitionerRecord] = []
    statements: list[Statement] = []
    medications = {name: one.resource for one in entries if one.kind == "Medication" for name in one.names}
    about = _patients_by_name(entries)
    for entry in entries:
        try:
            if entry.kind == "Patient":
                patients.append(patient_of(entry.resource, source_id=entry.source_id, defaults=defaults))
            elif entry.kind == "Practitioner":
                practitioners.append(practitioner_of(entry.resource))
            elif entry.kind in STATEMENTS:
                content_of = STATEMENTS[entry.kind](entry.resource, defaults.zone, medications)
                pointer = _subject(entry)
                statements.append(
                    Statement(
                        kind=entry.kind,
                        source_id=entry.source_id,
                        patient=about.get(pointer) or "",
                        content=content_of,
                    )
                )
            else:
                raise PassOver("read with the medicine it names" if entry.kind == "Medication" else _NOT_KEPT)
        except PassOver as found:
            passed[entry.kind, found.reason] += 1
    return _of_those_taken(patients, practitioners, statements, passed)


def _of_those_taken(
    patients: list[PatientRecord],
    practitioners: list[PractitionerRecord],
    statements: list[Statement],
    passed: Counter[tuple[str, str]],
) -> Reading:
    known = {one.source_id for one in patients}
    passed.update((one.kind, _NOT_HERE) for one in statements if one.patient not in known)
    return Reading(
        patients=patients,
        practitioners=practitioners,
        statements=[one for one in statements if one.patient in known],
        passed=passed,
    )


def _entries(bundle: Element) -> Iterator[_Entry]:
    if bundle.text("resourceType") != "Bundle":
        bundle.at("resourceType").refuse("a Bundle")
    if bundle.text("type") not in BUNDLES:
        bundle.at("type").refuse(f"one of {', '.join(BUNDLES)}")
    for entry in bundle.children("entry"):
        resource = entry.child("resource")
        if resource is None:
            continue  # a request without content, such as a deletion
        kind = resource.text("resourceType")
        if not _TYPE.fullmatch(kind):
            resource.at("resourceType").refuse("the name of a resource type")
        full_url, own_id = entry.text("fullUrl"), resource.text("id")
        names = [name for name in (full_url, f"{kind}/{own_id}" if own_id else "") if name]
        # Another system's "Patient/1" is another person: only a whole address names a patient.
        known_as = full_url if kind == "Patient" else next(iter(names), "")
        source_id = known_as if 0 < len(known_as) <= _LONGEST_ID else _digest(resource.value)
        yield _Entry(kind=kind, resource=resource, source_id=source_id, names=names)


def _patients_by_name(entries: Sequence[_Entry]) -> dict[str, str]:
    """Source id by each name of a patient; a name of two patients names nobody."""
    found: dict[str, str] = {}
    seen: set[str] = set()
    for entry in entries:
        if entry.kind == "Patient":
            if entry.source_id in seen:
                entry.resource.refuse("each patient once")
            seen.add(entry.source_id)
            for name in entry.names:
                found[name] = "" if name in found else entry.source_id
    return found


def _subject(entry: _Entry) -> str:
    return reference(entry.resource, "patient" if entry.kind == "AllergyIntolerance" else "subject")


def _digest(value: Any) -> str:
    """A name for a resource that has none: the same content twice is the same resource."""
    text = json.dumps(value, sort_keys=True, default=str)
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()}"
