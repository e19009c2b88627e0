"""What is read of a bundle, what is passed over, and where a broken file is broken."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from portal.fhir.rules import (
    MAX_BYTES,
    MAX_DEPTH,
    AllergyRecord,
    BrokenFile,
    ConditionRecord,
    Defaults,
    MedicationRecord,
    Reading,
    read_bundle,
)
from tests.factories import fhir

CLINIC = Defaults(language="en", zone="America/New_York", country="US", jurisdiction="US-MA")


def read(*resources: fhir.Resource, **values: Any) -> Reading:
    return read_bundle(fhir.bundle(*resources, **values), defaults=CLINIC)


def content_of(resource: fhir.Resource) -> Any:
    return read(fhir.patient(), resource).statements[0].content


def reason_for(*resources: fhir.Resource) -> list[str]:
    return [reason for _, reason in read(*resources).passed]


def refused(content: bytes) -> str:
    with pytest.raises(BrokenFile) as caught:
        read_bundle(content, defaults=CLINIC)
    return str(caught.value)


def test_a_patient_is_read_as_written() -> None:
    (maria,) = read(fhir.patient()).patients
    assert (maria.given_name, maria.family_name) == ("Maria José", "Gomez")
    assert (maria.birth_date, maria.sex, maria.language) == (date(1984, 3, 31), "female", "es")
    assert maria.jurisdiction == "US-VT"
    assert maria.identifiers == {fhir.RECORDS: "A-100"}


def test_names_keep_the_digits_that_the_other_system_writes() -> None:
    (patient,) = read(fhir.patient(name=[{"family": "Kreiger457", "given": ["Clemente531"]}])).patients
    assert (patient.given_name, patient.family_name) == ("Clemente531", "Kreiger457")


def test_a_former_name_and_a_former_number_are_not_used() -> None:
    (patient,) = read(
        fhir.patient(
            name=[{"use": "old", "family": "Rowe"}, {"use": "maiden", "family": "Roe"}, {"family": "Conn"}],
            telecom=[
                {"system": "phone", "value": "1", "use": "old"},
                {"system": "phone", "value": "2", "period": {"end": "2001-01-01"}},
                {"system": "phone", "value": "3"},
                {"system": "phone", "value": "4", "use": "mobile"},
            ],
        )
    ).patients
    assert patient.family_name == "Conn"
    assert patient.phones == ("4", "3")


def test_a_language_that_the_portal_does_not_speak_asks_for_an_interpreter() -> None:
    (patient,) = read(fhir.patient(communication=[{"language": {"coding": [{"code": "ko"}]}}])).patients
    assert (patient.language, patient.spoken, patient.interpreter) == ("en", "ko", True)


@pytest.mark.parametrize(
    ("communication", "read_as"),
    [
        ([{"language": {"coding": [{"code": "ase"}]}, "preferred": True}], ("en", "ase", True)),
        (
            [{"language": {"coding": [{"code": "fr"}]}}, {"language": {"coding": [{"code": "wo"}]}, "preferred": True}],
            ("fr", "wo", True),
        ),
        ([{"language": {"coding": [{"code": "xx"}]}}], ("en", "mis", True)),
        ([{"language": {"coding": [{"code": "vi"}]}}], ("vi", "vi", False)),
        ([], ("en", None, False)),
    ],
)
def test_one_reads_in_a_language_and_talks_in_another(
    communication: list[fhir.Resource], read_as: tuple[str, str | None, bool]
) -> None:
    (patient,) = read(fhir.patient(communication=communication)).patients
    assert (patient.language, patient.spoken, patient.interpreter) == read_as


@pytest.mark.parametrize("required", [True, False])
def test_whether_an_interpreter_is_required_is_read_from_the_extension(required: bool) -> None:
    extension = {
        "url": "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired",
        "valueBoolean": required,
    }
    spoken = [{"language": {"coding": [{"code": "es"}]}}]
    (patient,) = read(fhir.patient(communication=spoken, extension=[extension])).patients
    assert (patient.language, patient.spoken, patient.interpreter) == ("es", "es", required)


def test_the_preferred_language_counts() -> None:
    spoken = [
        {"language": {"coding": [{"code": "es"}]}},
        {"language": {"coding": [{"code": "ar-EG"}]}, "preferred": True},
    ]
    (patient,) = read(fhir.patient(communication=spoken)).patients
    assert (patient.language, patient.interpreter) == ("ar", False)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ({"state": "MA"}, "US-MA"),
        ({"state": "massachusetts", "country": "USA"}, "US-MA"),
        ({"state": "Georgia", "country": "US"}, "US-GA"),
        ({"state": "Bavaria", "country": "DE"}, "DE"),
        ({"state": "Atlantis", "country": "US"}, "US-MA"),
        ({}, "US-MA"),
    ],
)
def test_the_place_comes_from_the_address_or_is_the_clinics(address: dict[str, str], place: str) -> None:
    assert read(fhir.patient(address=[address])).patients[0].jurisdiction == place


def test_numbers_of_the_state_are_not_copied() -> None:
    numbers = [
        {"system": "http://hl7.org/fhir/sid/us-ssn", "value": "999-48-8934"},
        {"system": "urn:passports", "value": "X1", "type": {"coding": [{"code": "PPN"}]}},
        {"system": "urn:hospital", "value": "77", "type": {"coding": [{"code": "MR"}]}},
    ]
    assert read(fhir.patient(identifier=numbers)).patients[0].identifiers == {"urn:hospital": "77"}


def test_a_patient_without_a_number_is_known_by_the_entrys_address() -> None:
    assert list(read(fhir.patient(identifier=[])).patients[0].identifiers.values()) == ["urn:uuid:maria"]


def test_a_patient_without_any_name_of_their_own_is_known_by_content() -> None:
    bare = fhir.patient(identifier=[])
    del bare["id"]
    (number,) = read(bare).patients[0].identifiers.values()
    assert number.startswith("sha256:")
    assert [number] == list(read(bare).patients[0].identifiers.values())


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"birthDate": "1984"}, "without a full date of birth"),
        ({"birthDate": "1984-03"}, "without a full date of birth"),
        ({"birthDate": None}, "without a full date of birth"),
        ({"name": []}, "without a name"),
        ({"deceasedBoolean": True}, "the person has died"),
        ({"deceasedDateTime": "2020"}, "the person has died"),
        ({"active": False}, "marked as no longer in use"),
    ],
)
def test_a_patient_of_whom_no_record_can_be_kept_is_passed_over(values: dict[str, Any], reason: str) -> None:
    reading = read(fhir.patient(**values), fhir.condition())
    assert not reading.patients
    assert not reading.statements
    assert reading.passed == {
        ("Patient", reason): 1,
        ("Condition", "about nobody who was taken from this file"): 1,
    }


def test_a_practitioner_is_told_by_the_national_provider_identifier() -> None:
    (doctor,) = read(fhir.practitioner()).practitioners
    assert (doctor.npi, doctor.name) == ("190", "Dr. Giovanni Greenfelder")
    assert reason_for(fhir.practitioner(identifier=[])) == ["without a National Provider Identifier"]


def test_a_condition_is_read_with_its_days_in_utc() -> None:
    content = content_of(fhir.condition(abatementDateTime="2002"))
    assert isinstance(content, ConditionRecord)
    assert (content.coded.code, content.coded.display) == ("40055000", "Chronic sinusitis")
    assert content.onset_at == datetime(2001, 4, 23, 12, 1, 6, tzinfo=UTC)
    # A bare year begins where the clinic is, so that it reads as that year there.
    assert content.abated_at == datetime(2002, 1, 1, 5, tzinfo=UTC)


def test_an_unconfirmed_allergy_is_taken_with_its_reaction() -> None:
    content = content_of(fhir.allergy())
    assert isinstance(content, AllergyRecord)
    assert (content.coded.display, content.category, content.criticality) == ("Penicillin G", "medication", "high")
    assert content.reaction == "Hives (moderate)"


def test_a_medicine_is_read_from_the_resource_that_it_points_to() -> None:
    medication = {"resourceType": "Medication", "id": "m", "code": fhir.coded("Aspirin 81 MG")}
    inside = fhir.request(medicationReference={"reference": "#m"}, contained=[medication])
    beside = fhir.request(medicationReference={"reference": "urn:uuid:m"})
    named = fhir.request(medicationReference={"reference": "Medication/9", "display": "Aspirin 81 MG"})
    for one, more in ((inside, []), (beside, [medication]), (named, [])):
        del one["medicationCodeableConcept"]
        (statement,) = read(fhir.patient(), one, *more).statements
        assert isinstance(statement.content, MedicationRecord)
        assert statement.content.coded.display == "Aspirin 81 MG"
        assert statement.content.dosage == "1 tablet when needed"


def test_blood_pressure_is_two_values_of_one_observation() -> None:
    diastolic, systolic = content_of(fhir.blood_pressure())
    assert (diastolic.coded.code, diastolic.value, diastolic.unit) == ("8462-4", Decimal(80), "mm[Hg]")
    assert (systolic.coded.code, systolic.value) == ("8480-6", Decimal(120))
    assert diastolic.part != systolic.part


def test_a_number_stays_as_exact_as_it_was_written() -> None:
    (height,) = content_of(fhir.observation(valueQuantity=fhir.quantity(177.530981761788, "cm")))
    assert height.value == Decimal("177.530981761788")


ERROR = fhir.status("entered-in-error")


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        (fhir.condition(verificationStatus=ERROR, clinicalStatus=None), "entered in error"),
        (fhir.condition(verificationStatus=fhir.status("refuted")), "found not to be so"),
        (fhir.condition(verificationStatus=fhir.status("provisional")), "not confirmed"),
        (fhir.condition(onsetDateTime="0198-04-01"), "with an impossible date"),
        (fhir.condition(code=None), "does not say what"),
        (fhir.condition(subject={"reference": "Patient/else"}), "about nobody who was taken from this file"),
        (fhir.condition(subject=None), "about nobody who was taken from this file"),
        (fhir.allergy(verificationStatus=ERROR), "entered in error"),
        (fhir.allergy(verificationStatus=fhir.status("refuted")), "found not to be so"),
        (fhir.request(status="entered-in-error"), "entered in error"),
        (fhir.request(status="draft"), "only proposed"),
        (fhir.request(intent="plan"), "only proposed"),
        (fhir.request(doNotPerform=True), "says not to take it"),
        (fhir.request(resourceType="MedicationStatement", status="not-taken"), "not taken"),
        (fhir.observation(status="entered-in-error"), "entered in error"),
        (fhir.observation(status="preliminary"), "not final"),
        (fhir.observation(category=[fhir.status("laboratory")]), "not a vital sign (laboratory)"),
        (fhir.observation(category=[]), "not a vital sign"),
        (fhir.observation(effectiveDateTime=None), "without a time"),
        (fhir.observation(valueQuantity=None), "without a plain value, a unit and a LOINC code"),
        (
            fhir.observation(valueQuantity=fhir.quantity(5, "cm") | {"comparator": "<"}),
            "without a plain value, a unit and a LOINC code",
        ),
        ({"resourceType": "Encounter", "id": "visit"}, "not kept by the portal"),
    ],
)
def test_what_is_not_for_our_record_is_passed_over(resource: fhir.Resource, reason: str) -> None:
    reading = read(fhir.patient(), resource)
    assert not reading.statements
    assert reading.passed == {(resource["resourceType"], reason): 1}


def test_a_patient_is_found_by_a_relative_reference_too() -> None:
    reading = read(fhir.patient(), fhir.condition(subject={"reference": "Patient/maria/_history/2"}))
    assert len(reading.statements) == 1


def test_a_name_that_two_patients_have_names_neither() -> None:
    content = fhir.bundle(fhir.patient(), fhir.patient(), fhir.condition(subject={"reference": "Patient/maria"}))
    content = content.replace(b"urn:uuid:maria", b"https://one.example/Patient/maria", 1)
    reading = read_bundle(content, defaults=CLINIC)
    assert len(reading.patients) == 2
    assert not reading.statements


def test_broken_json_is_told_by_line_and_column() -> None:
    assert refused(b'{\n  "resourceType": "Bundle",\n  oops\n}').startswith("line 3, column 3: ")


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (fhir.bundle(fhir.patient(birthDate="31.3.1984")), "entry[0].resource.birthDate: a date"),
        (fhir.bundle(fhir.patient(birthDate="1984-02-30")), "entry[0].resource.birthDate: a date"),
        (fhir.bundle(fhir.patient(birthDate=1984)), "entry[0].resource.birthDate: text"),
        (fhir.bundle(fhir.patient(gender="f")), "entry[0].resource.gender: one of female,"),
        (fhir.bundle(fhir.patient(name={"family": "Gomez"})), "entry[0].resource.name: a list"),
        (fhir.bundle(fhir.patient(name=["Gomez"])), "entry[0].resource.name[0]: an object"),
        (fhir.bundle(fhir.patient(name=[{"family": "Go\0mez"}])), "entry[0].resource.name[0].family: text that"),
        (fhir.bundle(fhir.patient(name=[{"family": "\ud800"}])), "entry[0].resource.name[0].family: text that"),
        (fhir.bundle(fhir.patient(name=[{"family": "x" * 201}])), "entry[0].resource.name[0].family: text of at most"),
        (fhir.bundle(fhir.patient(name=[{"given": ["x" * 150] * 2}])), "entry[0].resource.name[0].given: names of at"),
        (fhir.bundle(fhir.patient(identifier=[{"value": "x" * 999}])), "entry[0].resource.identifier[0].value: text"),
        (fhir.bundle(fhir.patient(), fhir.condition(code={"text": "x" * 5000})), "entry[1].resource.code.text: text"),
        (fhir.bundle(fhir.patient(active="no")), "entry[0].resource.active: true or false"),
        (fhir.bundle(fhir.patient(), fhir.condition(onsetDateTime="2001-04-23T14:01:06")), "entry[1].resource.onset"),
        (fhir.bundle(fhir.patient(), fhir.condition(clinicalStatus=fhir.status("x"))), "entry[1].resource.clinical"),
        (fhir.bundle(fhir.observation(valueQuantity={"value": "1"})), "entry[0].resource.valueQuantity.value: a num"),
        (fhir.bundle(fhir.observation(valueQuantity={"value": 1e300})), "entry[0].resource.valueQuantity.value: a nu"),
        (fhir.bundle(fhir.patient(), fhir.patient()), "entry[1].resource: each patient once"),
        (fhir.bundle({"resourceType": "<b>"}), "entry[0].resource.resourceType: the name of"),
        (fhir.bundle(entry={}), "entry: a list"),
        (fhir.bundle(type="history"), "type: one of"),
        (fhir.bundle(resourceType="Patient"), "resourceType: a Bundle"),
        (b"[]", "the file: an object"),
        (b'{"resourceType": "Bundle", "resourceType": "Bundle"}', "the file: each name once"),
        (b'{"a": NaN}', "the file: NaN is no JSON"),
        (b'{"a":\n"\xff"}', "line 2: the text is not UTF-8"),
    ],
)
def test_a_wrong_shape_is_told_by_its_path(content: bytes, place: str) -> None:
    assert refused(content).startswith(place)


def test_what_stands_at_fault_is_not_repeated() -> None:
    assert "secret" not in refused(fhir.bundle(fhir.patient(birthDate="secret")))


def test_a_byte_order_mark_is_no_fault() -> None:
    assert read_bundle(b"\xef\xbb\xbf" + fhir.bundle(fhir.patient()), defaults=CLINIC).patients


def test_a_file_that_is_too_large_is_refused() -> None:
    assert refused(b" " * (MAX_BYTES + 1)) == "the file is larger than 32 MB"


@pytest.mark.parametrize("bracket", [b"[", b'{"a":'])
def test_a_file_that_is_nested_too_deep_is_refused_before_it_is_parsed(bracket: bytes) -> None:
    assert f"nested more than {MAX_DEPTH} deep" in refused(b"\n" + bracket * 100_000)


def test_brackets_within_text_are_not_depth() -> None:
    assert read(fhir.patient(text={"div": '[{"' * 1000 + "\\"})).patients
