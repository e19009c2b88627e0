"""Envelope encryption: the sealed form of a value, and the key-encryption key's port."""

from portal.kernel.crypto.envelope import BrokenSeal, key_id_of, seal, unseal
from portal.kernel.crypto.kms import Kms, LocalKms, UnableToUnwrap

__all__ = ["BrokenSeal", "Kms", "LocalKms", "UnableToUnwrap", "key_id_of", "seal", "unseal"]
