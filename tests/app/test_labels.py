"""Every text of a patient's record says how it lies in the database."""

from portal.app.compliance.labelling import labelled, unsealed_texts
from portal.app.labels import CLEAR, HASHED
from portal.app.registry import modules
from portal.kernel.db import Base


def test_every_text_of_patients_and_accounts_has_one_label() -> None:
    labels = labelled()
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
