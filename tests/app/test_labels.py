"""Every text of a patient's record says how it lies in the database."""

from sqlalchemy import JSON, LargeBinary, String

from portal.app.labels import CLEAR, CODED, HASHED
from portal.app.registry import modules
from portal.kernel.db import Base
from portal.kernel.db.rotation import sealed_tables

ACCOUNTS_AND_MESSAGES = {"identity", "notifications"}  # not of one patient, and of people all the same


def coded() -> set[str]:
    return {f"{table}.{name}" for table, names in CODED.items() for name in names.split()}


def unsealed_texts() -> set[str]:
    modules("models")
    tables = {
        mapper.local_table
        for mapper in Base.registry.mappers
        if mapper.class_.__patient__ or mapper.local_table.schema in ACCOUNTS_AND_MESSAGES
    }
    sealed = {f"{table.fullname}.{name}" for table, names in sealed_tables() for name in names}
    found = {
        f"{table.fullname}.{column.name}"
        for table in tables
        for column in table.columns
        if isinstance(column.type, String | LargeBinary | JSON) or column.type.__class__.__name__ == "ARRAY"
    }
    return found - sealed


def test_every_text_of_patients_and_accounts_has_one_label() -> None:
    labels = [*coded(), *HASHED, *CLEAR]
    assert len(labels) == len(set(labels))
    assert unsealed_texts() - set(labels) == set(), "seal it, or say in portal/app/labels.py why not"
    assert set(labels) - unsealed_texts() == set(), "labels of columns that are gone, or sealed by now"


def test_what_is_in_clear_says_why() -> None:
    assert all(len(reason) > 5 for reason in (*CLEAR.values(), *HASHED.values()))


def test_every_blind_index_says_why_its_values_are_many() -> None:
    modules("models")
    indexes = {
        f"{table.fullname}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.name.endswith("_index")
    }
    assert indexes <= set(HASHED)
