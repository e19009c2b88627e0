"""Conditions and red flags, without a database."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.locale import LANGUAGES, use_locale
from portal.triage import BadCondition, advice_for, assess, check_condition, crisis_line, holds, questions_in
from portal.triage.rules import RULES
from portal.triage.wording import NAMES

CODES = st.sampled_from(["a", "b", "c"])
ANSWERS = st.dictionaries(
    CODES,
    st.one_of(
        st.text(max_size=3),
        st.integers(0, 10),
        st.booleans(),
        st.lists(st.sampled_from(["x", "y"]), max_size=2),
        st.fixed_dictionaries({"value": st.integers(0, 50), "unit": st.sampled_from(["C", "F"])}),
        st.none(),
    ),
)
COMPARISONS = st.one_of(
    st.fixed_dictionaries({"question": CODES, "is": st.sampled_from(["x", "y", 3])}),
    st.fixed_dictionaries({"question": CODES, "in": st.lists(st.sampled_from(["x", "y"]), min_size=1)}),
    st.fixed_dictionaries({"question": CODES, "has": st.sampled_from(["x", "y"])}),
    st.fixed_dictionaries({"question": CODES, "at_least": st.integers(0, 10)}),
    st.fixed_dictionaries({"question": CODES, "at_most": st.integers(0, 50), "unit": st.sampled_from(["C", "F"])}),
    st.fixed_dictionaries({"question": CODES, "answered": st.booleans()}),
)
CONDITIONS = st.recursive(
    COMPARISONS,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"not": inner}),
    ),
    max_leaves=6,
)
ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=4)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["all", "any", "not", "question", "is", "has", "in", "unit", "z"]), inner),
    ),
    max_leaves=8,
)


@given(CONDITIONS, ANSWERS)
def test_not_turns_every_condition_round(condition: Any, answers: dict[str, Any]) -> None:
    assert holds({"not": condition}, answers) is not holds(condition, answers)


@given(st.lists(CONDITIONS, min_size=1, max_size=3), ANSWERS)
def test_all_and_any_mean_what_they_say(conditions: list[Any], answers: dict[str, Any]) -> None:
    each = [holds(one, answers) for one in conditions]
    assert holds({"all": conditions}, answers) == all(each)
    assert holds({"any": conditions}, answers) == any(each)


@given(CONDITIONS, ANSWERS)
def test_only_the_questions_named_matter(condition: Any, answers: dict[str, Any]) -> None:
    named = questions_in(condition)
    assert holds(condition, answers) == holds(condition, {k: v for k, v in answers.items() if k in named})


@given(ANYTHING, ANSWERS)
def test_what_passes_the_check_can_be_read_and_all_else_is_refused_by_name(raw: Any, answers: dict[str, Any]) -> None:
    try:
        check_condition(raw)
    except BadCondition as refused:
        assert refused.why
    else:
        assert holds(raw, answers) in (True, False)


def test_the_place_at_fault_is_named() -> None:
    with pytest.raises(BadCondition) as refused:
        check_condition({"all": [{"question": "a", "is": "x"}, {"any": [{"question": "a", "has": 3}]}]}, "show_if")
    assert refused.value.path == "show_if.all[1].any[0].has"


def test_a_number_in_another_unit_is_not_compared() -> None:
    fever = {"question": "temperature", "at_least": 40, "unit": "°C"}
    assert holds(fever, {"temperature": {"value": 40.5, "unit": "°C"}})
    assert not holds(fever, {"temperature": {"value": 98, "unit": "°F"}})


def test_no_red_flag_in_harmless_answers() -> None:
    assert assess({"warning_signs": ["none"], "symptoms": ["headache"], "onset": "slow", "severity": 10}) is None
    assert assess({}) is None


def test_every_warning_sign_raises_its_own_flag_with_its_reason() -> None:
    for sign in ("chest-pain", "breathing", "stroke", "bleeding", "severe-allergy", "fainting", "self-harm"):
        found = assess({"warning_signs": [sign]})
        assert found is not None and found.codes == (sign,)
        assert found.reasons == {sign: ("warning_signs",)}


def test_a_sudden_worst_headache_is_an_emergency() -> None:
    found = assess({"symptoms": ["headache"], "onset": "sudden", "severity": 9})
    assert found is not None and (found.codes, found.acuity) == (("thunderclap-headache",), "emergency")


def test_an_emergency_outranks_a_crisis() -> None:
    found = assess({"warning_signs": ["self-harm", "chest-pain"]})
    assert found is not None and found.acuity == "emergency"


def test_every_rule_is_sound_named_and_advised_in_every_language() -> None:
    for rule in RULES:
        check_condition(rule.when)
        assert rule.code in NAMES
        assert set(rule.advice) == set(LANGUAGES)
        assert len({len(said) for said in rule.advice.values()}) == 1


def test_advice_is_in_the_readers_language() -> None:
    with use_locale("ar", "UTC"):
        assert "نوبة قلبية" in advice_for(["chest-pain"])[0]
    with use_locale("es", "UTC"):
        assert "infarto" in advice_for(["chest-pain"])[0]


def test_the_crisis_line_is_for_a_crisis_and_by_country() -> None:
    assert crisis_line(["self-harm"], country="US") == "988"
    assert crisis_line(["chest-pain"], country="US") is None
    assert crisis_line(["self-harm"], country="XX") is None
