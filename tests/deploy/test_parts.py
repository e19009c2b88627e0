"""The list of parts says when a package of the lock is not in it, or not whole."""

import json

import pytest

from deploy.house_rules import expected
from deploy.parts import missing

LOCK = "flask==3.1.3 \\\n    --hash=sha256:00\nuvloop[x]==1.0 ; python_version < '3.12'\n"


def _listed(*names: str, **changed: object) -> str:
    versions = {"flask": "3.1.3", "uvloop": "1.0"}
    parts = [
        {"name": name, "version": versions[name], "purl": f"pkg:pypi/{name}", "hashes": [{"alg": "SHA-256"}], **changed}
        for name in names
    ]
    return json.dumps({"components": parts})


def test_a_whole_list_passes() -> None:
    assert missing(_listed("flask", "uvloop"), LOCK) == []


def test_a_package_that_is_left_out_is_named() -> None:
    assert missing(_listed("flask"), LOCK) == ["uvloop 1.0 is not listed"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"version": "2"}, "is not listed"),
        ({"purl": ""}, "no package URL"),
        ({"hashes": []}, "no hash"),
    ],
)
def test_a_part_that_is_not_whole_is_named(changed: dict[str, object], said: str) -> None:
    assert [said in one for one in missing(_listed("flask", "uvloop", **changed), LOCK)] == [True, True]


def test_each_house_rule_has_a_bad_sample() -> None:
    rules = {rule for _, _, rule in expected()}
    assert len(rules) == 10
