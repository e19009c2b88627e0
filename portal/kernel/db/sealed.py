"""Sealed attributes of models. Call sites read and write plain values; the row holds ciphertext.

    phone_sealed: Mapped[Sealed | None] = sealed_column()
    phone_index: Mapped[bytes | None] = index_column()
    phone = Encrypted[str]("phone_sealed", index="phone_index")

A value is sealed in before_flush (the row's id and tenant are its additional data) and opened on access. The column
type refuses anything else, so a Core insert of plain bytes fails. A blind index is a keyed hash of the normalised
value, under a key of its own per tenant; never use one on a column with few possible values.

A column that was in clear before names the clear one: it is read until `portal keys seal` has emptied it.

    display_clear: Mapped[str | None] = mapped_column("display")
    display = Encrypted[str]("display_sealed", was="display_clear")
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, overload
from uuid import UUID

from sqlalchemy import LargeBinary, Table, TypeDecorator
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
        self,
        column: str,
        *,
        index: str | None = None,
        normalise: Callable[[str], str] = lambda text: text.strip(),
        was: str | None = None,
    ) -> None:
        self.column = column
        self.index = index
        self.normalise = normalise
        self.was = was

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
            clear: Any = getattr(instance, self.was) if self.was else None
            return clear  # type: ignore[no-any-return]  # an optional column declares T as optional
        session: Any = object_session(instance)
        key = session.keyring.key(session, key_id_of(sealed))
        table: Table = type(instance).__table__  # type: ignore[assignment]  # a Table, not any FromClause
        row: Any = instance  # with TenantRow's columns
        place = self.place(table, tenant_id=row.tenant_id, row_id=row.id)
        opened: T = json.loads(unseal(sealed, key=key, aad=place))
        return opened

    def __set__(self, instance: "Base", value: T) -> None:
        instance.__dict__.setdefault("_pending_seals", {})[self.name] = value
        setattr(instance, self.column, None if value is None else Sealed())
        if self.was:
            setattr(instance, self.was, None)

    def place(self, table: Table, *, tenant_id: UUID, row_id: UUID) -> bytes:
        """The additional data that ties a value to its row."""
        return f"{tenant_id}|{table.fullname}|{self.column}|{row_id}".encode()

    def packed(self, value: T) -> bytes:
        """What is sealed."""
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


class Hashed:
    """Words of one patient that are only ever compared with the same patient's: a keyed hash in their place.

    The hash is bound to the patient, so that the same words of two patients show nothing in common.
    """

    def __init__(self, column: str, *, was: str) -> None:
        self.column = column
        self.was = was

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...

    @overload
    def __get__(self, instance: "Base", owner: type) -> bytes | None: ...

    def __get__(self, instance: "Base | None", owner: type) -> "Self | bytes | None":
        if instance is None:
            return self
        digest: bytes | None = getattr(instance, self.column)
        return digest

    def __set__(self, instance: "Base", value: str | None) -> None:
        instance.__dict__.setdefault("_pending_seals", {})[self.name] = value
        setattr(instance, self.column, None if value is None else b"")
        setattr(instance, self.was, None)

    def digest(self, session: "PortalSession", table: Table, *, patient_id: UUID, value: str) -> bytes:
        return keyed_hash(session, f"{table.fullname}|{self.column}|{patient_id}", value.encode())


def seal_pending(instance: Any, session: "PortalSession") -> None:
    """Seal what was assigned since the last flush."""
    pending: dict[str, Any] = instance.__dict__.pop("_pending_seals", {})
    for name, value in pending.items():
        attribute: Encrypted[Any] | Hashed = getattr(type(instance), name)
        table: Table = type(instance).__table__
        if isinstance(attribute, Hashed):
            if value is not None:
                digest = attribute.digest(session, table, patient_id=instance.patient_id, value=value)
                setattr(instance, attribute.column, digest)
            continue
        if value is not None:
            key_id, key = session.keyring.current(session, "fields")
            place = attribute.place(table, tenant_id=instance.tenant_id, row_id=instance.id)
            sealed = Sealed(seal(attribute.packed(value), key_id=key_id, key=key, aad=place))
            setattr(instance, attribute.column, sealed)
        if attribute.index:
            found = None if value is None else blind_index(session, attribute, value, owner=type(instance))
            setattr(instance, attribute.index, found)


def keyed_hash(session: "PortalSession", place: str, content: bytes) -> bytes:
    """HMAC-SHA-256 under the tenant's index key. `place` keeps hashes of one use from being those of another."""
    _, key = session.keyring.current(session, "index")
    return hmac.new(key, place.encode() + b"|" + content, hashlib.sha256).digest()


def blind_index(session: "PortalSession", attribute: Encrypted[Any], value: str, *, owner: type["Base"]) -> bytes:
    """Keyed hash for look-ups: `Account.phone_index == blind_index(session, Account.phone, value, owner=Account)`"""
    place = f"{owner.__table__.fullname}|{attribute.column}"  # type: ignore[attr-defined]  # a Table, not any FromClause
    return keyed_hash(session, place, attribute.normalise(value).encode())
