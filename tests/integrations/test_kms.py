"""Data keys wrapped by AWS KMS: bound to clinic and use, asked for once, and nothing opens when it does not answer."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.app.processes import Process, make_kms
from portal.audit import append_leaves
from portal.integrations.kms import AwsKms, KmsUnavailable, aws
from portal.kernel.clock import utc_now
from portal.kernel.config import Settings
from portal.kernel.crypto import LocalKms, UnableToUnwrap
from portal.kernel.db import Database, Keyring, create_data_keys
from portal.kernel.db.rotation import rewrap_keys
from portal.kernel.ids import new_id
from portal.kernel.principal import Principal
from tests.kernel.test_session import make_patient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.kms import ACCESS_KEY, REGION, SECRET, KmsServer, kms_server

CONTEXT = {"tenant": "one", "dataset": "fields"}
KEY = b"k" * 32


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[KmsServer]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    with kms_server() as running:
        yield running


def kms(server: KmsServer, *key_ids: str, older: LocalKms | None = None) -> AwsKms:
    return AwsKms(key_ids or ("alias/portal",), region=REGION, url=server.url, older=older)


def test_what_it_wraps_it_unwraps_for_the_same_clinic_and_use(server: KmsServer) -> None:
    wrapped = kms(server).wrap(KEY, context=CONTEXT)
    assert KEY not in wrapped and kms(server).unwrap(wrapped, context=CONTEXT) == KEY
    assert server.calls == [("Encrypt", CONTEXT), ("Decrypt", CONTEXT)]


@pytest.mark.parametrize("other", [{"tenant": "two", "dataset": "fields"}, {"tenant": "one", "dataset": "index"}, {}])
def test_for_another_clinic_or_use_it_does_not_open(server: KmsServer, other: dict[str, str]) -> None:
    wrapped = kms(server).wrap(KEY, context=CONTEXT)
    with pytest.raises(UnableToUnwrap):
        kms(server).unwrap(wrapped, context=other)


def test_an_older_key_opens_while_it_is_named(server: KmsServer) -> None:
    wrapped = kms(server, "alias/older").wrap(KEY, context=CONTEXT)
    assert kms(server, "alias/portal", "alias/older").unwrap(wrapped, context=CONTEXT) == KEY
    with pytest.raises(UnableToUnwrap):
        kms(server, "alias/portal").unwrap(wrapped, context=CONTEXT)


def test_what_the_file_wrapped_opens_with_the_file(server: KmsServer, tmp_path: Path) -> None:
    local = LocalKms(tmp_path / "key", make=True)
    wrapped = local.wrap(KEY, context=CONTEXT)
    assert kms(server, older=local).unwrap(wrapped, context=CONTEXT) == KEY
    with pytest.raises(UnableToUnwrap):
        kms(server).unwrap(wrapped, context=CONTEXT)


def test_a_signature_under_another_secret_is_refused(server: KmsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    with pytest.raises(KmsUnavailable, match="InvalidSignatureException"):
        kms(server).wrap(KEY, context=CONTEXT)
    assert server.calls == []


@pytest.mark.parametrize("code", ["AccessDeniedException", "DisabledException", "KMSInternalException"])
def test_what_aws_refuses_is_not_taken_for_a_wrong_key(server: KmsServer, code: str) -> None:
    wrapped = kms(server).wrap(KEY, context=CONTEXT)
    server.refuse = code
    with pytest.raises(KmsUnavailable, match=code):
        kms(server).unwrap(wrapped, context=CONTEXT)


def test_a_server_that_hangs_is_given_up_soon(server: KmsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws, "READ_SECONDS", 0.2)
    server.delay = 1.5
    with pytest.raises(KmsUnavailable, match="ReadTimeoutError"):
        kms(server).wrap(KEY, context=CONTEXT)


def test_a_server_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    gone = AwsKms(["alias/portal"], region=REGION, url="http://127.0.0.1:9")
    with pytest.raises(KmsUnavailable, match="EndpointConnectionError"):
        gone.wrap(KEY, context=CONTEXT)


def test_a_clinics_keys_are_asked_for_once_and_make_room_for_others(server: KmsServer, urls: dict[str, str]) -> None:
    keyring = Keyring(kms(server), tenants=2)
    database = Database(urls["portal_worker"], audit=append_leaves, keyring=keyring, pool_size=1)
    clinics = [Principal.system(tenant_id=new_id(), purpose="provisioning") for _ in range(3)]
    for who in clinics:
        with database.transaction(who) as session:
            create_data_keys(session, now=utc_now())
    assert len(server.calls) == 9 and all(name == "Encrypt" for name, _ in server.calls)
    server.calls.clear()
    opened = []
    for who in (*clinics, clinics[2], clinics[1], clinics[0]):
        with database.transaction(who) as session:
            opened.append(keyring.current(session, "fields"))
    assert opened[3:] == [opened[2], opened[1], opened[0]]
    # Three keys for each of three clinics, and three more for the one that had made room.
    assert len(server.calls) == 12 and {context["dataset"] for _, context in server.calls} == {
        "fields",
        "index",
        "objects",
    }
    database.engine.dispose()


def test_a_clinic_moves_from_the_file_to_aws_and_reads_what_it_had(
    server: KmsServer,
    worker_process: Process,
    worker_database: Database,
    clinic: Clinic,
    clock: Clock,
    urls: dict[str, str],
) -> None:
    patient = make_patient(worker_database, clinic, clock)
    local = LocalKms(worker_process.settings.key_file)
    moving = Database(urls["portal_rotator"], keyring=Keyring(kms(server, older=local)), pool_size=1)
    for count in (3, 0):
        with moving.transaction(clinic.system("keys")) as session:
            assert rewrap_keys(session) == count
    moving.engine.dispose()
    with worker_database.transaction(clinic.system("demo")) as session:
        session._keyring = Keyring(kms(server))  # without the file
        assert session.get_one(type(patient), (clinic.id, patient.id)).phone == "+16175550123"


def test_settings_choose_between_aws_and_the_file(tmp_path: Path) -> None:
    given = {"secret_key": "s" * 32, "database_url": "postgresql://", "video_ticket_key": "v" * 32}
    local = make_kms(Settings(**given, demo=True, key_file=tmp_path / "key"))
    assert local.key_name.startswith("local-file ")
    both = make_kms(Settings(**given, key_file=tmp_path / "key", kms_key_ids="alias/new, alias/old", kms_region=REGION))
    assert both.key_name == "aws-kms alias/new"
    with pytest.raises(ValueError, match="KEY_FILE or KMS_KEY_IDS"):
        make_kms(Settings(**given, key_file=None))
