"""The conformance report names every criterion once, and what it calls a proof exists."""

from collections import Counter

import pytest

from tests.accessibility import report
from tests.accessibility.axe import Answer, Finding


def test_every_criterion_of_wcag_2_2_to_level_aa_is_answered_once() -> None:
    found = report.criteria()
    assert [number for number, times in Counter(one.number for one in found).items() if times > 1] == []
    assert Counter(one.level for one in found) == {"A": 31, "AA": 24}
    assert {one.result for one in found} <= set(report.RESULTS)


def test_what_is_called_a_proof_exists() -> None:
    named = {path for one in report.criteria() for path in one.by}
    assert {path for path in named if not (report.ROOT / path).exists()} == set()


def test_what_is_not_met_and_what_no_test_shows_is_explained() -> None:
    bare = [one.number for one in report.criteria() if not one.remark and (one.result != "supports" or not one.by)]
    assert [number for number in bare if number not in ("2.4.4", "2.5.3", "4.1.2")] == [], "the checker has these"


def test_page_carries_a_row_for_each_criterion() -> None:
    page = report.PAGE.read_text("utf-8")
    rows = page.split(report.BEGIN)[1].split(report.END)[0].splitlines()[2:]
    assert [row.split("|")[1].strip() for row in rows] == [f"{one.number} {one.name}" for one in report.criteria()]


def test_a_rule_that_was_broken_takes_the_criterion_with_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setattr(report, "RUNS", tmp_path_factory.mktemp("runs"))
    fault = Finding(rule="color-contrast", place="p", html="<p>", why="too pale")
    rules = {"color-contrast": ["wcag2aa", "wcag143"], "label": ["wcag2a", "wcag412"]}
    report.keep("patient-en", [Answer(violations=[fault], unsure=[])], rules=rules, pages=1)
    rows = {row.split(" ")[1]: row for row in report.table().splitlines()[2:]}
    assert "Does not support" in rows["1.4.3"]
    assert "| Supports |" in rows["4.1.2"]
    assert "axe: label" in rows["4.1.2"]
