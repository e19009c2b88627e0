"""What documents name is there: each path of the project, each test, and each requirement of a table once."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
TOP = ("portal", "templates", "static", "migrations", "jobs", "signaling", "locales", "tests", "docs", "deploy")
#: `tests/x.py`, `tests/x.py::name`, `portal/kernel/` in backticks; a placeholder in capitals or with a star is none.
NAMED = re.compile(rf"`((?:{'|'.join(TOP)})/[\w./-]+)(?:::(\w+))?`")
LINKED = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")


def gone(text: str, *, folder: Path) -> list[str]:
    """What a document names and the project does not have."""
    wrong = []
    for path, name in NAMED.findall(text):
        there = ROOT / path
        if not there.exists():
            wrong.append(path)
        elif name and not re.search(rf"^def {name}\b", there.read_text(), re.MULTILINE):
            wrong.append(f"{path}::{name}")
    return wrong + [link for link in LINKED.findall(text) if not (folder / link).exists()]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: one.relative_to(ROOT).as_posix())
def test_what_a_document_names_is_there(document: Path) -> None:
    assert gone(document.read_text(), folder=document.parent) == []


def test_a_path_that_is_gone_is_found() -> None:
    text = "see `tests/no_such.py`, `tests/app/test_documents.py::test_no_such`, [there](nowhere.md), `portal/kernel/`"
    assert gone(text, folder=ROOT) == ["tests/no_such.py", "tests/app/test_documents.py::test_no_such", "nowhere.md"]


def test_each_requirement_stands_once_and_says_how_it_is_met() -> None:
    rows = re.findall(
        r"^\| (\d+\.\d+\.\d+) \| ([12]) \|(.*)\|$", (ROOT / "docs/security/asvs.md").read_text(), re.MULTILINE
    )
    ids = [number for number, _, _ in rows]
    assert len(ids) == len(set(ids)) == 253
    assert sum(level == "1" for _, level, _ in rows) == 69
    assert all(len(cells.split("|")) == 3 and cells.split("|")[1].strip() for _, _, cells in rows)
