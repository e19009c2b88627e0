"""Proofs that leave the house: a file that anybody checks with the public key, without the database.

A proof of one record holds the record's canonical bytes, its place, the siblings up to the root, and the signed
checkpoint. A proof between two checkpoints shows that the later log begins with the earlier one.
"""

import json
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from typing import Any
from uuid import UUID

from sqlalchemy import select

from portal.audit.merkle import consistency_proof, extends, includes, inclusion_proof, leaf_hash
from portal.audit.models import Entry, Leaf, StoredCheckpoint
from portal.audit.notes import BadNote, VerifierKey, read_note
from portal.audit.records import VERSION, record_bytes
from portal.audit.sequencing import newest_checkpoint
from portal.kernel.db import PortalSession

INCLUSION = "portal-audit-inclusion/1"
CONSISTENCY = "portal-audit-consistency/1"


class UnableToProve(LookupError):
    """The record or checkpoint is not in the log, or what is needed of it was dropped; the message says which."""


class BadProof(ValueError):
    """A proof that does not hold; the message says why."""


def prove_record(session: PortalSession, *, leaf_id: UUID) -> dict[str, Any]:
    """That a record is in the log under the newest checkpoint; raises UnableToProve."""
    checkpoint = newest_checkpoint(session)
    place = session.scalar(select(Entry).where(Entry.leaf_id == leaf_id))
    leaf = session.execute(select(*Leaf.__table__.columns).where(Leaf.id == leaf_id)).mappings().first()
    if checkpoint is None or place is None or leaf is None or place.position >= checkpoint.size:
        raise UnableToProve("That record is not in the log yet, or never was.")
    hashes = _hashes(session, checkpoint.size)
    return {
        "type": INCLUSION,
        "record": _encode(record_bytes(dict(leaf))),
        "position": place.position,
        "proof": [_encode(node) for node in inclusion_proof(hashes, place.position)],
        "checkpoint": checkpoint.note,
    }


def prove_growth(session: PortalSession, *, first: int, second: int) -> dict[str, Any]:
    """That the log of checkpoint `second` begins with that of checkpoint `first`; raises UnableToProve."""
    rows = [session.get(StoredCheckpoint, (session.tenant_id, number)) for number in (first, second)]
    old, new = rows
    if old is None or new is None or old.size > new.size:
        raise UnableToProve("There are no two such checkpoints, the earlier first.")
    proof = consistency_proof(_hashes(session, new.size), old.size)
    return {
        "type": CONSISTENCY,
        "first": old.note,
        "second": new.note,
        "proof": [_encode(node) for node in proof],
    }


def check_proof(text: str, *, key: VerifierKey) -> str:
    """Check either kind; returns a sentence that says what is proven. Raises BadProof."""
    try:
        proof = json.loads(text)
        nodes = [b64decode(node, validate=True) for node in proof["proof"]]
        if proof["type"] == INCLUSION:
            return _check_inclusion(proof, nodes, key)
        if proof["type"] == CONSISTENCY:
            return _check_consistency(proof, nodes, key)
    except (KeyError, TypeError, AttributeError, NotBase64, json.JSONDecodeError) as error:
        raise BadProof("This is not a proof.") from error
    except BadNote as error:
        raise BadProof(f"The checkpoint cannot be relied on: {error}.") from error
    raise BadProof("This is not a kind of proof that we know.")


def _check_inclusion(proof: dict[str, Any], nodes: list[bytes], key: VerifierKey) -> str:
    checkpoint = read_note(proof["checkpoint"], key=key)
    record = b64decode(proof["record"], validate=True)
    position = int(proof["position"])
    if not record.startswith(VERSION):
        raise BadProof("The record has a version that we do not know.")
    if not includes(root=checkpoint.root, size=checkpoint.size, position=position, leaf=leaf_hash(record), proof=nodes):
        raise BadProof("The record is not in the log that the checkpoint signs.")
    fields = json.loads(record[len(VERSION) :])
    if fields["tenant_id"] != str(checkpoint.tenant_id):
        raise BadProof("The record is not of the clinic that the checkpoint is of.")
    when = checkpoint.made_at.isoformat()
    return f"Record {fields['id']} is at position {position} of the log of {checkpoint.size} records signed at {when}."


def _check_consistency(proof: dict[str, Any], nodes: list[bytes], key: VerifierKey) -> str:
    old, new = read_note(proof["first"], key=key), read_note(proof["second"], key=key)
    holds = extends(first=old.size, first_root=old.root, second=new.size, second_root=new.root, proof=nodes)
    if old.tenant_id != new.tenant_id or not holds:
        raise BadProof("The later log does not begin with the earlier one.")
    return f"The log of {new.size} begins with the log of {old.size}."


def _hashes(session: PortalSession, size: int) -> list[bytes]:
    hashes = list(session.scalars(select(Entry.hash).where(Entry.position < size).order_by(Entry.position)))
    if len(hashes) != size:
        raise UnableToProve("Older records of the log were dropped; a proof made before that still holds.")
    return hashes


def _encode(data: bytes) -> str:
    return b64encode(data).decode()
