"""Sealed attributes of models. Call sites read and write plain values; the row holds ciphertext.

    phone_sealed: Mapped[Sealed | None] = sealed_column()
    phone_index: Mapped[bytes | None] = index_column()
    phone = Encrypted[str]("phone_sealed", index="phone_index")

A value is sealed in before_flush (the row's id and tenant are its additional data) and opened on access. The column
type refuses anything else, so a Core insert of plain bytes fails. A blind index is a keyed hash of the normalised
value, under a key of its own per tenant; never use one on a column with few possible values.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, overload

from sqlalchemy import LargeBinary, TypeDecorator
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import MappedColumn, mapped_column, object_session

from portal.kernel.crypto import key_id_of, seal, unseal

if TYPE_CHECKING:
    from portal.kernel.db.base import Base
    from portal.kernel.db.session import PortalSession


T = TypeVar("T")


class Sealed(bytes):
    """Ciphertext with its header."""


class UnsealedWrite(TypeError):
    """Plain bytes were about to be written into a sealed column."""


class SealedBytes(TypeDecorator[Sealed]):
    """bytea that takes ciphertext only."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        if not isinstance(value, Sealed) or not value:
            raise UnsealedWrite("write through the Encrypted attribute")
        return bytes(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Sealed | None:
        return None if value is None else Sealed(value)


def sealed_column(*, nullable: bool = True) -> MappedColumn[Any]:
    """Column behind an `Encrypted` attribute."""
    return mapped_column(SealedBytes, nullable=nullable)


def index_column(*, nullable: bool = True) -> MappedColumn[Any]:
    """Column of a blind index (32 bytes)."""
    return mapped_column(LargeBinary, nullable=nullable)


class Encrypted(Generic[T]):
    """A plain value over a sealed column. T is anything that JSON holds; str is the usual."""

    def __init__(
        self, column: str, *, index: str | None = None, normalise: Callable[[str], str] = lambda text: text.strip()
    ) -> None:
        self.column = column
        self.index = index
        self.normalise = normalise

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...

    @overload
    def __get__(self, instance: "Base", owner: type) -> T: ...

    def __get__(self, instance: "Base | None", owner: type) -> "Self | T":
        if instance is None:
            return self
        pending = instance.__dict__.get("_pending_seals", {})
        if self.name in pending:
            value: T = pending[self.name]
            return value
        sealed: Sealed | None = getattr(instance, self.column)
        if sealed is None:
            return None  # type: ignore[return-value]  # an optional column declares T as optional
        session: Any = object_session(instance)
        key = session.keyring.key(session, key_id_of(sealed))
        opened: T = json.loads(unseal(sealed, key=key, aad=_aad(instance, self.column)))
        return opened

    def __set__(self, instance: "Base", value: T) -> None:
        instance.__dict__.setdefault("_pending_seals", {})[self.name] = value
        setattr(instance, self.column, None if value is None else Sealed())


def _aad(instance: Any, column: str) -> bytes:
    table = type(instance).__table__
    return f"{instance.tenant_id}|{table.fullname}|{column}|{instance.id}".encode()


def seal_pending(instance: Any, session: "PortalSession") -> None:
    """Seal what was assigned since the last flush."""
    pending: dict[str, Any] = instance.__dict__.pop("_pending_seals", {})
    if not pending:
        return
    key_id, key = session.keyring.current(session, "fields")
    for name, value in pending.items():
        attribute: Encrypted[Any] = getattr(type(instance), name)
        if value is not None:
            plain = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
            aad = _aad(instance, attribute.column)
            setattr(instance, attribute.column, Sealed(seal(plain, key_id=key_id, key=key, aad=aad)))
        if attribute.index:
            digest = None if value is None else blind_index(session, attribute, value, owner=type(instance))
            setattr(instance, attribute.index, digest)


def blind_index(session: "PortalSession", attribute: Encrypted[Any], value: str, *, owner: type["Base"]) -> bytes:
    """Keyed hash for look-ups: `Account.phone_index == blind_index(session, Account.phone, value, owner=Account)`"""
    _, key = session.keyring.current(session, "index")
    place = f"{owner.__table__.fullname}|{attribute.column}|"  # type: ignore[attr-defined]  # a Table, not any FromClause
    return hmac.new(key, (place + attribute.normalise(value)).encode(), hashlib.sha256).digest()
