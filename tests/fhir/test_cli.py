"""The command: a table for each file, a plain word for a broken one, the right clinic."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from portal.fhir import MAX_BYTES
from portal.fhir.cli import import_fhir
from portal.kernel.db import Database
from tests.factories import fhir
from tests.support.clinics import Clinic

Run = Callable[..., Result]


@pytest.fixture
def run(worker_database: Database, clinic: Clinic) -> Run:
    def invoke(*arguments: object, slug: str | None = None) -> Result:
        words = ["--clinic", slug or clinic.slug, *map(str, arguments)]
        return CliRunner().invoke(import_fhir, words, obj=worker_database)

    return invoke


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    def write(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


def lines(result: Result) -> list[str]:
    return [" ".join(line.split()) for line in result.stdout.splitlines()]


def test_it_prints_what_was_taken_and_why_not_the_rest(run: Run, file: Callable[..., Path]) -> None:
    resources = (
        fhir.patient(),
        fhir.observation(),
        fhir.observation(id="a", category=[fhir.status("laboratory")]),
        fhir.observation(id="b", status="preliminary"),
        fhir.observation(id="c", status="preliminary"),
        {"resourceType": "Claim", "id": "claim"},
    )
    path = file("one.json", fhir.bundle(*resources))
    first = run(path)
    assert first.exit_code == 0, first.output
    assert lines(first) == [
        str(path),
        "resource taken already here passed over why",
        "Patient 1 0 0",
        "Observation 1 0 3 1 not a vital sign (laboratory)",
        "2 not final",
        "Claim 0 0 1 not kept by the portal",
    ]
    assert "Patient 0 1 0" in lines(run(path))


def test_a_broken_file_does_not_keep_the_others_out(run: Run, file: Callable[..., Path]) -> None:
    broken = file("broken.json", b'{"resourceType":\n "Bundle"')
    sound = file("sound.json", fhir.bundle(fhir.patient()))
    result = run(broken, sound)
    assert result.exit_code == 1
    assert f"{broken}: refused, nothing of it was taken: line 2, column 10: " in result.stderr
    assert "Patient 1 0 0" in lines(result)


def test_a_file_that_is_too_large_is_not_read_to_its_end(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "large.json"
    with path.open("wb") as large:
        large.truncate(MAX_BYTES * 4)
    assert "the file is larger than 32 MB" in run(path).stderr


def test_nothing_of_the_patient_is_printed(run: Run, file: Callable[..., Path]) -> None:
    said = run(file("one.json", fhir.bundle(fhir.patient(), fhir.condition()))).output
    said += run(file("two.json", fhir.bundle(fhir.patient(birthDate="31.3.1984")))).output
    assert not [word for word in ("Maria", "Gomez", "1984", "A-100", "sinusitis", "555") if word in said]


def test_an_unknown_clinic_is_told_with_those_that_are_there(
    run: Run, file: Callable[..., Path], clinic: Clinic
) -> None:
    result = run(file("one.json", fhir.bundle()), slug="nowhere")
    assert result.exit_code == 2
    assert clinic.slug in result.output
