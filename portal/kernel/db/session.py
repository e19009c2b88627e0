"""Sessions and transactions: the one place that tells the database who acts, and that sees what was read.

`Database.transaction` and `Database.session` are the only ways to a connection, for web, jobs, command line and
signalling alike. A session sets the principal at the start of each transaction, refuses to write when it was opened
for reading, collects the patients whose rows it loads or writes, and hands one `Access` to the audit sink before
commit: without a sink, patient data cannot be read.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, Select, create_engine, event
from sqlalchemy.orm import InstrumentedAttribute, ORMExecuteState, Session
from sqlalchemy.orm.session import SessionTransaction

from portal.kernel.db.base import Base
from portal.kernel.db.keyring import Keyring
from portal.kernel.db.sealed import seal_pending
from portal.kernel.principal import Principal


class ReadOnlyViolation(RuntimeError):
    """A request that may only read tried to write."""


class UnauditedRead(RuntimeError):
    """Columns of patient data were selected past `read_rows`, or patient data was touched without an audit sink."""


@dataclass(kw_only=True)
class Access:
    """What one transaction read and wrote of patients: model names by patient id (None: what is of no one patient)."""

    principal: Principal
    read: dict[UUID | None, set[str]] = field(default_factory=dict)
    written: dict[UUID, set[str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.read or self.written)


AuditSink = Callable[["PortalSession", Access], None]


def _refuse(session: "PortalSession", access: Access) -> None:
    raise UnauditedRead("patient data was touched in a process without an audit sink")


class PortalSession(Session):
    """A SQLAlchemy session that belongs to one principal."""

    def __init__(self, *args: Any, principal: Principal, keyring: Keyring | None, **options: Any) -> None:
        self._sink: AuditSink = options.pop("audit")
        self.writable: bool = options.pop("writable")
        self.clock: Callable[[], datetime] | None = options.pop("clock")
        super().__init__(*args, **options)
        self.principal = principal
        self._keyring = keyring
        self.access = Access(principal=principal)
        # What was loaded stays for the session's short life: asked for again by its id, it needs no query.
        self._loaded: list[Base] = []
        self._auditing = False

    @property
    def tenant_id(self) -> UUID:
        return self.principal.tenant_id

    @property
    def keyring(self) -> Keyring:
        if self._keyring is None:
            raise LookupError("this process holds no keys")
        return self._keyring

    def become(self, principal: Principal) -> None:
        """Go on as another principal of the same tenant (after sign-in); policies see it from here on."""
        if principal.tenant_id != self.principal.tenant_id:
            raise ValueError("a session never leaves its tenant")
        self.flush()
        self.principal = self.access.principal = principal
        if self.in_transaction():
            _tell(self.connection(), self)

    def read_rows(self, statement: Select[Any], *, patient: InstrumentedAttribute[UUID]) -> Sequence[Row[Any]]:
        """Rows of single columns of patient data; `patient` is added as the last column and audited."""
        name = patient.class_.__name__
        rows = self.execute(
            statement.add_columns(patient.label("audited_patient")), execution_options={"audited": True}
        )
        found = rows.all()
        for row in found:
            if row.audited_patient is not None:
                self.access.read.setdefault(row.audited_patient, set()).add(name)
        return found

    def note_read(self, patient_id: UUID | None, what: str) -> None:
        """Record a read that did not go through a patient's model: a stored document, an exported file."""
        self.access.read.setdefault(patient_id, set()).add(what)

    def settle_audit(self) -> None:
        """Flush, then write this transaction's audit leaf, once."""
        self.flush()
        if self.access:
            access, self.access = self.access, Access(principal=self.principal)
            self._auditing = True
            try:
                self._sink(self, access)
            finally:
                self._auditing = False


def _tell(connection: Connection, session: PortalSession) -> None:
    """Set who acts, for this transaction only: a plain SET would outlive it in the pool."""
    who = session.principal
    instant = session.clock().isoformat() if session.clock else ""
    connection.exec_driver_sql(
        "SELECT set_config('app.tenant_id', %s, true), set_config('app.user_id', %s, true),"
        " set_config('app.roles', %s, true), set_config('app.purpose', %s, true), set_config('app.now', %s, true)",
        (
            str(who.tenant_id),
            str(who.user_id) if who.user_id else "",
            ",".join(sorted(who.roles)),
            who.purpose,
            instant,
        ),
    )


@event.listens_for(PortalSession, "after_begin")
def _after_begin(session: PortalSession, transaction: SessionTransaction, connection: Connection) -> None:
    if not transaction.nested:
        _tell(connection, session)


@event.listens_for(PortalSession, "before_attach")
def _before_attach(session: PortalSession, instance: Base) -> None:
    if getattr(instance, "tenant_id", False) is None:
        instance.tenant_id = session.tenant_id  # type: ignore[attr-defined]  # TenantRow's column


@event.listens_for(PortalSession, "before_flush")
def _before_flush(session: PortalSession, context: Any, instances: Any) -> None:
    changed = [*session.new, *(one for one in session.dirty if session.is_modified(one)), *session.deleted]
    if not session.writable:
        refused = sorted({type(one).__name__ for one in changed if not one.__audit__})
        if refused:
            raise ReadOnlyViolation(f"a reading request tried to write {', '.join(refused)}")
    for instance in changed:
        seal_pending(instance, session)


@event.listens_for(PortalSession, "after_flush")
def _after_flush(session: PortalSession, context: Any) -> None:
    for instance in (*session.new, *session.dirty, *session.deleted):
        if instance.__patient__ and (patient := getattr(instance, instance.__patient__)):
            session.access.written.setdefault(patient, set()).add(type(instance).__name__)


@event.listens_for(PortalSession, "loaded_as_persistent")
def _loaded(session: PortalSession, instance: Base) -> None:
    session._loaded.append(instance)
    if instance.__patient__:
        patient = instance.__dict__.get(instance.__patient__)
        if patient:
            session.access.read.setdefault(patient, set()).add(type(instance).__name__)


@event.listens_for(PortalSession, "do_orm_execute")
def _before_statement(state: ORMExecuteState) -> None:
    session = state.session
    assert isinstance(session, PortalSession)
    if (state.is_insert or state.is_update or state.is_delete) and not session.writable and not session._auditing:
        raise ReadOnlyViolation("a reading request tried to write")
    if state.is_select and not state.execution_options.get("audited") and not state.is_column_load:
        for column in getattr(state.statement, "column_descriptions", ()):
            entity = column.get("entity")
            if getattr(entity, "__patient__", None) and column["expr"] is not entity and not _is_alias(column):
                raise UnauditedRead(f"single columns of {entity.__name__} are read through session.read_rows")


def _is_alias(column: Any) -> bool:
    return bool(column["aliased"]) and not isinstance(column["expr"], InstrumentedAttribute)


@event.listens_for(PortalSession, "before_commit")
def _before_commit(session: PortalSession) -> None:
    if not session.in_nested_transaction():
        session.settle_audit()


class Database:
    """One process's way to PostgreSQL, as one login role.

    `audit` writes the audit leaf (None: this process may not touch patient data); `keyring` opens encrypted columns;
    `clock` is what policies take for now (None: the database's own clock).
    """

    def __init__(
        self,
        url: str,
        *,
        audit: AuditSink | None = None,
        keyring: Keyring | None = None,
        pool_size: int = 8,
        statement_seconds: int = 20,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self.engine: Engine = create_engine(
            url,
            pool_pre_ping=True,
            hide_parameters=True,  # an error's text must not carry what somebody typed
            pool_size=pool_size,
            max_overflow=4,
            connect_args={
                "options": f"-c statement_timeout={statement_seconds * 1000} -c timezone=UTC"
                " -c idle_in_transaction_session_timeout=60000"
            },
        )
        self._audit = audit or _refuse
        self._keyring = keyring
        self._clock = clock

    def session(self, principal: Principal, *, writable: bool = False) -> PortalSession:
        """A session that the caller commits and closes (the web's door does)."""
        return PortalSession(
            self.engine,
            principal=principal,
            keyring=self._keyring,
            audit=self._audit,
            writable=writable,
            clock=self._clock,
            expire_on_commit=False,
            autoflush=True,
        )

    @contextmanager
    def transaction(self, principal: Principal) -> Iterator[PortalSession]:
        """One transaction: committed at the end of the block, rolled back when it raises."""
        with self.session(principal, writable=True) as session, session.begin():
            yield session
