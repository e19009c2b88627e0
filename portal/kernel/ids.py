"""Identifiers. Made in Python, since RETURNING would need a SELECT policy on the row."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A fresh UUID version 7 (RFC 9562): opaque, ordered by time."""
    return uuid7()
