"""Files under a fresh key: beside who writes, killed and started again, and never beside an empty folder."""

import os
import signal
import threading
import time
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from portal.app.key_commands import ObjectsMissing, begin_objects, finish_objects
from portal.app.processes import Process
from portal.kernel import objects
from portal.kernel.crypto import key_id_of
from portal.kernel.db import DataKey, Keyring
from portal.kernel.objects import FileObjectStore, StoreTooSlow
from tests.kernel.test_objects import name_one, put
from tests.kernel.test_rotation import start_rotation
from tests.support.clinics import Clinic
from tests.support.clock import Clock


def rotate(rotator: Process, clinic: Clinic) -> int:
    return begin_objects(rotator, clinic.id) + finish_objects(rotator, clinic.id, settle_seconds=0)


def get(process: Process, clinic: Clinic, object_id: UUID) -> bytes:
    with process.database.transaction(clinic.system("documents")) as session:
        return process.objects.get(session, object_id)


def keys_in_use(process: Process, clinic: Clinic) -> set[UUID]:
    return {key_id_of(path.read_bytes()) for path in process.objects.root.glob(f"{clinic.id}/*/*")}


def keys_held(process: Process, clinic: Clinic) -> set[UUID]:
    with process.database.transaction(clinic.system("documents")) as session:
        return {*session.scalars(select(DataKey.id).where(DataKey.dataset == "objects"))}


def test_files_are_sealed_anew_and_say_the_same(
    rotator: Process, worker_process: Process, clinic: Clinic, clock: Clock, urls: dict[str, str]
) -> None:
    stored = {put(worker_process, clinic, os.urandom(5000 + n), days_old=n, clock=clock): n for n in range(25)}
    before = {one: get(worker_process, clinic, one) for one in stored}
    ages = {path.name: path.stat().st_mtime for path in worker_process.objects.root.glob(f"{clinic.id}/*/*")}
    name_one(urls, clinic, next(iter(stored)))
    old = keys_held(worker_process, clinic)
    assert rotate(rotator, clinic) == 25
    assert keys_in_use(worker_process, clinic) == keys_held(worker_process, clinic) and not old & keys_held(
        worker_process, clinic
    )
    assert {one: get(worker_process, clinic, one) for one in stored} == before
    after = worker_process.objects.root.glob(f"{clinic.id}/*/*")
    assert {path.name: path.stat().st_mtime for path in after} == ages  # the sweep goes by it
    assert [*worker_process.objects.root.glob(".anew/*")] == []


def test_nothing_is_lost_beside_writers_and_readers(
    rotator: Process, worker_process: Process, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: dict[UUID, bytes] = {}
    stop = threading.Event()
    keyring = Keyring(worker_process.database.session(clinic.system("documents")).keyring.kms, fresh_seconds=0.3)
    monkeypatch.setattr(worker_process.database, "_keyring", keyring)

    def write() -> None:
        while not stop.is_set():
            content = os.urandom(2000)
            with worker_process.database.transaction(clinic.system("documents")) as session:
                written[worker_process.objects.put(session, content).id] = content
            for one in [*written][-3:]:
                assert get(worker_process, clinic, one) == written[one]

    thread = threading.Thread(target=write)
    thread.start()
    try:
        old = keys_held(worker_process, clinic)
        begin_objects(rotator, clinic.id)
        finish_objects(rotator, clinic.id, settle_seconds=1)
    finally:
        stop.set()
        thread.join()
    assert len(written) > 20 and not old & keys_held(worker_process, clinic)
    assert keys_in_use(worker_process, clinic) == keys_held(worker_process, clinic)
    assert {one: get(worker_process, clinic, one) for one in written} == written


def test_killed_it_is_started_again(
    rotator: Process, worker_process: Process, clinic: Clinic, clock: Clock, folder: Path
) -> None:
    stored = {put(worker_process, clinic, os.urandom(200_000), days_old=0, clock=clock) for _ in range(300)}
    old = keys_held(worker_process, clinic)
    running = start_rotation(rotator, clinic)
    while running.poll() is None and len(keys_in_use(worker_process, clinic)) < 2:
        time.sleep(0.005)
    running.kill()
    assert running.wait() == -signal.SIGKILL, "it was through before it could be killed"
    assert len(keys_held(worker_process, clinic)) == 2
    assert start_rotation(rotator, clinic).wait() == 0
    assert keys_in_use(worker_process, clinic) == keys_held(worker_process, clinic)
    assert not old & keys_held(worker_process, clinic)
    assert all(len(get(worker_process, clinic, one)) == 200_000 for one in stored)


def test_beside_an_empty_folder_the_old_key_stays(
    rotator: Process,
    worker_process: Process,
    clinic: Clinic,
    clock: Clock,
    urls: dict[str, str],
    tmp_path: Path,
) -> None:
    stored = put(worker_process, clinic, b"photograph", days_old=0, clock=clock)
    name_one(urls, clinic, stored)
    elsewhere = Process(settings=rotator.settings, database=rotator.database, objects=FileObjectStore(tmp_path))
    begin_objects(elsewhere, clinic.id)
    with pytest.raises(ObjectsMissing, match="1 of 1"):
        finish_objects(elsewhere, clinic.id, settle_seconds=0)
    assert get(worker_process, clinic, stored) == b"photograph"
    assert rotate(rotator, clinic) == 1  # where the store is, it goes on
    assert get(worker_process, clinic, stored) == b"photograph" and len(keys_held(worker_process, clinic)) == 1


def test_a_write_that_takes_longer_than_the_rotation_waits_is_refused(
    worker_process: Process, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "WRITE_SECONDS", -1.0)
    with pytest.raises(StoreTooSlow), worker_process.database.transaction(clinic.system("documents")) as session:
        worker_process.objects.put(session, b"photograph")
    assert keys_in_use(worker_process, clinic) == set()
