"""Whether each text of people says how it lies in the database: sealed, coded, hashed, or in clear for a reason."""

from collections.abc import Iterator

from sqlalchemy import ARRAY, JSON, LargeBinary, String, Table

from portal.app import labels
from portal.app.compliance.findings import Ground
from portal.app.registry import modules
from portal.kernel.db import Base
from portal.kernel.db.rotation import sealed_tables

ACCOUNTS_AND_MESSAGES = {"identity", "notifications"}  # not of one patient, and of people all the same


def unsealed_texts() -> set[str]:
    """Columns of people's rows that could hold words and are not sealed by their type."""
    modules("models")
    tables = {
        mapper.local_table
        for mapper in Base.registry.mappers
        if isinstance(mapper.local_table, Table)
        and (mapper.class_.__patient__ or mapper.local_table.schema in ACCOUNTS_AND_MESSAGES)
    }
    sealed = {f"{table.fullname}.{name}" for table, names in sealed_tables() for name in names}
    found = {
        f"{table.fullname}.{column.name}"
        for table in tables
        for column in table.columns
        if isinstance(column.type, String | LargeBinary | JSON | ARRAY)
    }
    return found - sealed


def labelled() -> list[str]:
    """Columns with a label, one entry for each label."""
    coded = [f"{table}.{name}" for table, names in labels.CODED.items() for name in names.split()]
    return [*coded, *labels.HASHED, *labels.CLEAR]


def without_label(ground: Ground) -> Iterator[str]:
    """Columns that hold people's words in clear without saying why."""
    yield from sorted(unsealed_texts() - set(labelled()))
