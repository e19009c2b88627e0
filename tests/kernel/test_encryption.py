"""Sealed attributes: what the database holds, what it refuses, and what a moved ciphertext does."""

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import StatementError

from portal.kernel.crypto import BrokenSeal, LocalKms, seal, unseal
from portal.kernel.db import Database, blind_index
from portal.kernel.ids import new_id
from portal.patients.models import Patient
from tests.kernel.test_session import desk, make_patient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.race import at_once


def test_the_row_holds_ciphertext_and_the_attribute_the_value(
    database: Database, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    patient = make_patient(worker_database, clinic, clock)
    with database.transaction(desk(clinic)) as session:
        raw = session.execute(text("SELECT phone_sealed FROM patients.patient WHERE id = :id"), {"id": patient.id})
        assert b"6175550123" not in bytes(raw.scalar_one())
        assert session.get_one(Patient, (clinic.id, patient.id)).phone == "+16175550123"


def test_a_value_is_found_by_its_blind_index_and_only_in_its_own_tenant(
    database: Database, worker_database: Database, clinic: Clinic, other_clinic: Clinic, clock: Clock
) -> None:
    patient = make_patient(worker_database, clinic, clock)
    with database.transaction(desk(clinic)) as session:
        index = blind_index(session, Patient.phone, "+16175550123", owner=Patient)
        assert session.scalar(select(Patient).where(Patient.phone_index == index)).id == patient.id
    with database.transaction(desk(other_clinic)) as session:
        assert blind_index(session, Patient.phone, "+16175550123", owner=Patient) != index


def test_plain_bytes_are_refused_by_the_column(worker_database: Database, clinic: Clinic) -> None:
    with (
        pytest.raises(StatementError, match="Encrypted"),
        worker_database.transaction(clinic.system("demo")) as session,
    ):
        session.execute(insert(Patient).values(tenant_id=clinic.id, id=new_id(), phone_sealed=b"plain"))


def test_a_ciphertext_moved_to_another_row_does_not_open(
    worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    first = make_patient(worker_database, clinic, clock)
    second = make_patient(worker_database, clinic, clock, "Bea")
    with worker_database.transaction(clinic.system("demo")) as session:
        session.execute(
            text(
                "UPDATE patients.patient SET phone_sealed = (SELECT phone_sealed FROM patients.patient WHERE id = :a)"
                " WHERE id = :b"
            ),
            {"a": first.id, "b": second.id},
        )
        with pytest.raises(BrokenSeal):
            _ = session.get_one(Patient, (clinic.id, second.id), populate_existing=True).phone


def test_whichever_byte_is_altered_the_seal_does_not_open() -> None:
    key, key_id = b"k" * 32, new_id()
    sealed = seal(b"something worth keeping", key_id=key_id, key=key, aad=b"here")
    assert unseal(sealed, key=key, aad=b"here") == b"something worth keeping"
    for place in range(len(sealed)):
        for bit in (1, 128):
            altered = bytearray(sealed)
            altered[place] ^= bit
            with pytest.raises(BrokenSeal):
                unseal(bytes(altered), key=key, aad=b"here")


def test_a_shortened_seal_does_not_open() -> None:
    sealed = seal(b"something", key_id=new_id(), key=b"k" * 32, aad=b"here")
    for length in range(len(sealed)):
        with pytest.raises(BrokenSeal):
            unseal(sealed[:length], key=b"k" * 32, aad=b"here")


@pytest.mark.parametrize("head", [b"\x00\x01", b"\x02\x01", b"\x01\x00", b"\x01\x02"])
def test_another_version_or_algorithm_is_refused_by_name(head: bytes) -> None:
    sealed = seal(b"something", key_id=new_id(), key=b"k" * 32, aad=b"here")
    with pytest.raises(BrokenSeal, match="unknown version or algorithm"):
        unseal(head + sealed[2:], key=b"k" * 32, aad=b"here")


def test_a_key_file_made_by_two_processes_at_once_is_one_key(tmp_path) -> None:
    wrapped = at_once(lambda _: LocalKms(tmp_path / "key", make=True).wrap(b"d" * 32, context={}), range(8))
    assert len(set(wrapped)) == 1
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0
