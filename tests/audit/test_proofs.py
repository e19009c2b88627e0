"""Proofs for people without our database, notes in their text form, and the command line."""

import json
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portal.app import cli
from portal.app.processes import Process
from portal.audit import BadNote, BadProof, Signer, UnableToProve, VerifierKey, check_proof, prove_growth, prove_record
from portal.audit.notes import read_note
from portal.audit.records import record_bytes
from portal.kernel.ids import new_id
from tests.audit.conftest import Log, leaf_of

Run = Callable[..., Result]


def proof_of(log: Log) -> dict[str, Any]:
    (leaf,) = log.record(1)
    log.sequence()
    with log.web.session(log.clinic.system("audit")) as session:
        return prove_record(session, leaf_id=leaf["id"])


def test_a_records_bytes_are_as_documented(log: Log) -> None:
    leaf = leaf_of(log.clinic, at=log.now)
    data = record_bytes(leaf)
    assert data[0] == 1
    assert json.loads(data[1:])["device"] == "A browser, مثال"
    assert data == record_bytes({**dict(reversed(leaf.items())), "added": "later"})
    for name in ("user_id", "address", "grant_basis"):
        assert record_bytes({**leaf, name: "else"}) != data


def test_a_record_is_proven_by_the_public_key_alone(log: Log) -> None:
    proof = proof_of(log)
    said = check_proof(json.dumps(proof), key=VerifierKey.parse(str(log.signer.key)))
    assert "position 12 of the log of 13" in said


@pytest.mark.parametrize("part", ["record", "position", "proof", "checkpoint"])
def test_a_proof_that_was_altered_does_not_hold(log: Log, part: str) -> None:
    proof = proof_of(log)
    record = b64decode(proof["record"])
    altered: dict[str, Any] = {
        "record": b64encode(record.replace(b'"care"', b'"kare"')).decode(),
        "position": 3,
        "proof": proof["proof"][1:],
        "checkpoint": proof["checkpoint"].replace("\n13\n", "\n14\n"),
    }
    with pytest.raises(BadProof):
        check_proof(json.dumps({**proof, part: altered[part]}), key=log.signer.key)


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", '{"type": "other", "proof": []}', '{"type": 1, "proof": [2]}']
)
def test_what_is_no_proof_is_refused(log: Log, text: str) -> None:
    with pytest.raises(BadProof):
        check_proof(text, key=log.signer.key)


def test_a_proof_under_another_key_is_refused(log: Log) -> None:
    with pytest.raises(BadProof, match="another key"):
        check_proof(json.dumps(proof_of(log)), key=Signer(Ed25519PrivateKey.generate()).key)


def test_a_log_is_proven_to_begin_with_an_earlier_one(log: Log) -> None:
    with log.web.session(log.clinic.system("audit")) as session:
        proof = prove_growth(session, first=1, second=3)
        assert "begins with" in check_proof(json.dumps(proof), key=log.signer.key)
        other = prove_growth(session, first=2, second=3)
    with pytest.raises(BadProof):
        check_proof(json.dumps({**proof, "first": other["first"]}), key=log.signer.key)


def test_a_record_that_waits_or_never_was_is_not_proven(log: Log) -> None:
    (leaf,) = log.record(1)
    with log.web.session(log.clinic.system("audit")) as session:
        for leaf_id in (leaf["id"], new_id()):
            with pytest.raises(UnableToProve):
                prove_record(session, leaf_id=leaf_id)


def test_a_note_of_an_unknown_algorithm_is_refused(log: Log) -> None:
    note = log.store.all_of(log.clinic.id)[1]
    assert read_note(note, key=log.signer.key).size == 4
    with pytest.raises(BadNote, match="signed by none"):
        read_note(note.replace("algorithm ed25519", "algorithm none"), key=log.signer.key)
    with pytest.raises(BadNote):
        VerifierKey.parse(str(log.signer.key)[:-4] + "AAA=")


@pytest.fixture
def run(log: Log, worker_process: Process, monkeypatch: pytest.MonkeyPatch) -> Run:
    settings = worker_process.settings.model_copy(update={"audit_checkpoint_dir": log.store._folder})
    monkeypatch.setattr(cli, "load_settings", lambda: settings)
    monkeypatch.setattr(cli, "make_process", lambda known, **_: replace(worker_process, settings=known))
    log.store.keep_key(str(log.signer.key))
    return lambda *arguments: CliRunner().invoke(cli.portal, ["audit", *arguments])


def test_verify_says_so_and_exits_with_one_where_something_was_changed(
    run: Run, log: Log, as_owner: Callable[..., None]
) -> None:
    sound = run("verify", "--clinic", log.clinic.slug)
    assert (sound.exit_code, "0 findings" in sound.output) == (0, True), sound.output
    as_owner("UPDATE audit.leaf SET purpose = 'x' WHERE tenant_id = %(t)s")
    broken = run("verify", "--clinic", log.clinic.slug, "--checkpoints", str(log.store._folder))
    assert broken.exit_code == 1
    assert broken.output.count("edited: record") == 12


def test_a_proof_from_the_command_line_is_checked_elsewhere(run: Run, log: Log, tmp_path: Path) -> None:
    (leaf,) = log.record(1)
    log.sequence()
    file = tmp_path / "proof.json"
    file.write_text(run("prove", "--clinic", log.clinic.slug, str(leaf["id"])).output)
    key = run("key").output.strip()
    assert key == str(log.signer.key)
    assert run("check", str(file), "--key", key).exit_code == 0
    alone = [sys.executable, "-m", "portal.app.audit_commands", str(file), "--key", key]
    done = subprocess.run(alone, env={}, check=True, capture_output=True, text=True)
    assert str(leaf["id"]) in done.stdout
    file.write_text(file.read_text().replace('"position": 12', '"position": 11'))
    assert run("check", str(file), "--key", key).exit_code == 1
    assert run("prove", "--clinic", log.clinic.slug, str(new_id())).exit_code == 1
    assert run("prove-growth", "--clinic", log.clinic.slug, "1", "3").exit_code == 0
