"""Definitions, answers and the way through a form, without a database."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.intake import BadForm, read_form, standard_form
from portal.intake.forms import Page
from portal.intake.rules import Form, find_way, read_step, typed_of
from portal.intake.wording import answer_text
from portal.kernel.locale import LANGUAGES
from portal.triage.rules import RULES, questions_in


def standard() -> Form:
    return read_form(standard_form())


def question(code: str) -> Any:
    return next(one for step in standard().steps for one in step.questions if one.code == code)


def texts(found: Any) -> list[dict[str, str]]:
    """All the texts of a definition."""
    if isinstance(found, dict):
        if "en" in found:
            return [found]
        return [text for value in found.values() for text in texts(value)]
    if isinstance(found, list):
        return [text for value in found for text in texts(value)]
    return []


def test_the_standard_form_can_be_asked_in_every_language() -> None:
    assert len(standard().steps) == 9
    for text in texts(standard_form()):
        assert set(text) == set(LANGUAGES), text


def test_every_red_flag_rule_asks_about_questions_and_answers_of_the_standard_form() -> None:
    asked = {one.code: one for step in standard().steps for one in step.questions}
    for rule in RULES:
        assert questions_in(rule.when) <= set(asked)
    signs = {choice.code for choice in asked["warning_signs"].choices}
    assert {rule.when["has"] for rule in RULES if "has" in rule.when} | {"none"} == signs


BROKEN = [
    (["steps"], [], "steps"),
    (["steps", 0, "code"], "summary", "steps[0].code"),
    (["steps", 1, "code"], "reason", "steps[1].code"),
    (["steps", 0, "title"], {"es": "Solo"}, "steps[0].title"),
    (["steps", 0, "questions", 0, "kind"], "essay", "steps[0].questions[0].kind"),
    (["steps", 0, "questions", 0, "choices"], [], "steps[0].questions[0].choices"),
    (["steps", 0, "questions", 0, "surprise"], 1, "steps[0].questions[0]"),
    (["steps", 0, "questions", 1, "code"], "concern", "steps[0].questions[1].code"),
    (["steps", 1, "questions", 0, "none"], "nothing", "steps[1].questions[0].none"),
    (["steps", 2, "show_if"], {"question": "severity", "at_least": 3}, "steps[2].show_if"),
    (["steps", 2, "show_if"], {"question": "concern", "like": "x"}, "steps[2].show_if"),
    (["steps", 2, "questions", 4, "units"], [{"unit": "K", "least": 9, "most": 1}], "steps[2].questions[4].units[0]"),
    (["steps", 3, "carry"], "yes", "steps[3].carry"),
]


@pytest.mark.parametrize(("place", "value", "path"), BROKEN)
def test_a_broken_definition_is_refused_with_its_path(place: list[Any], value: Any, path: str) -> None:
    definition = copy.deepcopy(standard_form())
    here: Any = definition
    for key in place[:-1]:
        here = here[key]
    here[place[-1]] = value
    with pytest.raises(BadForm) as refused:
        read_form(definition)
    assert refused.value.path == path


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=3),
        lambda i: (
            st.lists(i)
            | st.dictionaries(st.sampled_from(["code", "steps", "title", "questions", "kind", "label", "en"]), i)
        ),
    )
)
def test_nothing_but_a_form_is_read_as_one(raw: Any) -> None:
    with pytest.raises(BadForm):
        read_form(raw)


TYPED = st.dictionaries(
    st.sampled_from(["q-x", "q-x-unit", "q-x-none", "q-x-kind", "q-x-payer", "q-x-holder", "q-x-0-name", "q-x-1-dose"]),
    st.lists(
        st.text(max_size=12) | st.sampled_from(["y", "yes", "none", "3", "days", "insurance", "self"]), max_size=2
    ),
)


@given(TYPED, st.sampled_from([q for step in standard().steps for q in step.questions]))
def test_what_is_read_fills_the_page_in_again_and_reads_the_same(typed: dict[str, list[str]], asked: Any) -> None:
    mine = {name.replace("q-x", f"q-{asked.code}"): values for name, values in typed.items()}
    first = read_step([asked], mine, complete=False)
    if first.problems:
        assert asked.code not in first.answers
        return
    again = read_step([asked], typed_of([asked], first.answers), complete=False)
    assert again.answers == first.answers
    assert not again.problems
    for answer in first.answers.values():
        assert answer_text(asked, answer)


def read_one(code: str, complete: bool = True, **typed: str | list[str]) -> tuple[Any, list[str]]:
    asked = question(code)
    given = {
        f"q-{code}" + (f"-{part.replace('__', '-')}" if part != "value" else ""): [v] if isinstance(v, str) else v
        for part, v in typed.items()
    }
    reading = read_step([asked], given, complete=complete)
    return reading.answers.get(code), [problem.name for problem in reading.problems]


def test_digits_of_other_scripts_and_a_decimal_comma_are_numbers() -> None:
    assert read_one("temperature", value="٣٨٫٥", unit="°C") == ({"value": 38.5, "unit": "°C"}, [])
    assert read_one("temperature", value="38,5", unit="°C") == ({"value": 38.5, "unit": "°C"}, [])
    assert read_one("duration", value="٣", unit="days") == ({"value": 3, "unit": "days"}, [])


def test_a_number_outside_its_unit_is_refused() -> None:
    assert read_one("temperature", value="98.6", unit="°C") == (None, ["q-temperature"])
    assert read_one("temperature", value="nan", unit="°C") == (None, ["q-temperature"])


def test_none_excludes_the_others() -> None:
    assert read_one("warning_signs", value=["none"])[0] == ["none"]
    assert read_one("warning_signs", value=["none", "stroke"])[1] == ["q-warning_signs"]
    assert read_one("warning_signs", value=["invented"])[1] == ["q-warning_signs"]


def test_a_list_tells_none_from_not_answered() -> None:
    assert read_one("medications", none="y")[0] == {"none": True, "items": []}
    assert read_one("medications")[1] == ["q-medications"]
    assert read_one("medications", complete=False) == (None, [])
    assert read_one("medications", none="y", **{"0__name": "Aspirin"})[1] == ["q-medications-none"]
    assert read_one("medications", **{"0__dose": "daily"})[1] == ["q-medications-0-name"]


def test_insurance_needs_its_company() -> None:
    assert read_one("coverage", kind="self-pay")[0] == {"kind": "self-pay"}
    assert read_one("coverage", kind="insurance")[1] == ["q-coverage-payer"]
    assert read_one("coverage")[1] == ["q-coverage-kind"]


def test_too_much_text_is_refused_and_not_cut() -> None:
    assert read_one("reason", value="x" * 2001)[1] == ["q-reason"]


def test_an_error_leads_to_a_field_of_the_page() -> None:
    for step in standard().steps:
        reading = read_step(step.questions, {})
        page = Page(step.questions, {}, reading.problems)
        ids = {part for drawn in page.drawn for view in drawn.views() for part in (view.id, view.focus_id)}
        assert len(page.errors) == len(reading.problems)
        assert {where for where, _message in page.errors} <= ids


def test_a_step_that_the_answers_hide_does_not_count() -> None:
    form = standard()
    saved = {"reason": {"concern": "skin", "reason": "rash"}, "symptoms": {"severity": 10, "symptoms": ["headache"]}}
    shown = find_way(form, saved, {"reason", "symptoms"})
    assert "symptoms" in [step.code for step in shown.steps]
    saved["reason"]["concern"] = "medicine"
    hidden = find_way(form, saved, {"reason", "symptoms"})
    assert "symptoms" not in [step.code for step in hidden.steps]
    assert "severity" not in hidden.answers
    assert hidden.progress.total == shown.progress.total - 1


@given(st.sets(st.sampled_from([step.code for step in standard().steps])))
def test_before_and_after_undo_each_other(finished: set[str]) -> None:
    way = find_way(standard(), {}, finished)
    for step in way.steps:
        following = way.after(step.code)
        assert following is None or way.before(following.code) == step
    assert way.next_open is not None


def test_a_finished_step_opens_again_when_it_lacks_an_answer() -> None:
    way = find_way(standard(), {"reason": {"concern": "skin"}}, {"reason"})
    assert way.next_open is not None and way.next_open.code == "reason"
