"""Declarative base and the column types that every table shares.

Each table's primary key is (tenant_id, id); each foreign key is composite and led by tenant_id, so that another
tenant's parent is refused by the database itself.
"""

from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import DateTime, ForeignKeyConstraint, MetaData, Uuid
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from portal.kernel.ids import new_id

Instant = Annotated[datetime, mapped_column(DateTime(timezone=True), nullable=False)]
OptionalInstant = Annotated[datetime | None, mapped_column(DateTime(timezone=True), nullable=True)]


class Base(DeclarativeBase):
    """Base of all models. `id` is made when the object is made, `tenant_id` when it joins a session."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(referred_table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        }
    )
    #: name of the attribute that holds the patient's id; set by PatientRow
    __patient__: ClassVar[str | None] = None
    #: rows that a reading request may write: the audit record itself
    __audit__: ClassVar[bool] = False

    def __init__(self, **values: Any) -> None:
        mapped = type(self).__mapper__.attrs
        if "id" in mapped and "id" not in values:
            values["id"] = new_id()
        for name, value in values.items():
            if not hasattr(type(self), name):
                raise TypeError(f"{type(self).__name__} has no {name}")
            setattr(self, name, value)


class TenantRow:
    """Columns of every row that belongs to a tenant."""

    tenant_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, sort_order=-20)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, sort_order=-19)


class PatientRow(TenantRow):
    """Marks a model of patient data: loading or writing it leaves an audit leaf naming the patient."""

    __patient__: ClassVar[str | None] = "patient_id"
    patient_id: Mapped[UUID] = mapped_column(Uuid, nullable=False, sort_order=-18)


def ref(column: str, target: str, *, name: str | None = None, ondelete: str | None = None) -> ForeignKeyConstraint:
    """Composite foreign key (tenant_id, column) → target(tenant_id, id). `target` is "schema.table"."""
    return ForeignKeyConstraint(
        ["tenant_id", column], [f"{target}.tenant_id", f"{target}.id"], name=name, ondelete=ondelete
    )


def table_args(schema: str, *constraints: Any) -> tuple[Any, ...]:
    """`__table_args__` of a model: its constraints and its context's PostgreSQL schema."""
    return (*constraints, {"schema": schema})
