"""Envelope encryption: the sealed form of a value, and the key-encryption key's port."""

from portal.kernel.crypto.envelope import BrokenSeal, key_id_of, seal, unseal
from portal.kernel.crypto.kms import Kms, LocalKms, UnableToUnwrap
from portal.kernel.crypto.parcels import (
    BadKey,
    NotForThisKey,
    ParcelKey,
    SecretParcelKey,
    open_parcel,
    seal_parcel,
)

__all__ = [
    "BadKey",
    "BrokenSeal",
    "Kms",
    "LocalKms",
    "NotForThisKey",
    "ParcelKey",
    "SecretParcelKey",
    "UnableToUnwrap",
    "key_id_of",
    "open_parcel",
    "seal",
    "seal_parcel",
    "unseal",
]
