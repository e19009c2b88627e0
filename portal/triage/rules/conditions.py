"""Conditions over answers, as data that a person can read: which questions to show, which answers are dangerous.

    {"question": "pregnant", "is": "yes"}                   the answer is this code
    {"question": "concern", "in": ["skin", "other"]}        the answer is one of these codes
    {"question": "symptoms", "has": "headache"}             the answers chosen include this code
    {"question": "severity", "at_least": 9}                 the number is 9 or more; "at_most" likewise
    {"question": "temperature", "at_least": 40, "unit": "°C"}
    {"question": "reason", "answered": true}                there is an answer (false: there is none)
    {"all": […]}, {"any": […]}, {"not": …}                  of further conditions

A question without an answer satisfies no comparison.
"""

from collections.abc import Callable, Mapping
from typing import Any

Condition = Mapping[str, Any]
Answers = Mapping[str, Any]

#: deeper than this nobody can read it
MAX_DEPTH = 8


class BadCondition(ValueError):
    """A condition that cannot be read; `path` names the place within it, for example "all[1].has"."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path or 'condition'}: {why}")
        self.path = path
        self.why = why


def holds(condition: Condition | None, answers: Answers) -> bool:
    """Whether the condition is true of the answers; no condition always is. Takes checked conditions only."""
    if not condition:
        return True
    if "all" in condition:
        return all(holds(part, answers) for part in condition["all"])
    if "any" in condition:
        return any(holds(part, answers) for part in condition["any"])
    if "not" in condition:
        return not holds(condition["not"], answers)
    answer = answers.get(condition["question"])
    operator = next(name for name in OPERATORS if name in condition)
    return OPERATORS[operator](answer, condition[operator], condition.get("unit"))


def is_answered(answer: Any) -> bool:
    """Whether there is something in an answer."""
    return answer is not None and answer != "" and answer != [] and answer != {}


def _number(answer: Any, unit: str | None) -> float | None:
    if isinstance(answer, Mapping):
        return _number(answer.get("value"), None) if answer.get("unit") == unit else None
    if isinstance(answer, bool) or not isinstance(answer, (int, float)):
        return None
    return float(answer)


def _at_least(answer: Any, bound: Any, unit: str | None) -> bool:
    number = _number(answer, unit)
    return number is not None and number >= bound


def _at_most(answer: Any, bound: Any, unit: str | None) -> bool:
    number = _number(answer, unit)
    return number is not None and number <= bound


OPERATORS: Mapping[str, Callable[[Any, Any, str | None], bool]] = {
    "is": lambda answer, wanted, _: is_answered(answer) and bool(answer == wanted),
    "in": lambda answer, wanted, _: isinstance(answer, str) and answer in wanted,
    "has": lambda answer, wanted, _: isinstance(answer, list) and wanted in answer,
    "at_least": _at_least,
    "at_most": _at_most,
    "answered": lambda answer, wanted, _: is_answered(answer) is wanted,
}


def check_condition(condition: Any, path: str = "", depth: int = 0) -> None:
    """Raise BadCondition with the place at fault when `holds` could not read it."""
    if not isinstance(condition, Mapping):
        raise BadCondition(path, "is not an object")
    if depth > MAX_DEPTH:
        raise BadCondition(path, "is nested too deeply")
    keys = set(condition)
    if keys in ({"all"}, {"any"}):
        (key,) = keys
        if not isinstance(condition[key], list) or not condition[key]:
            raise BadCondition(_at(path, key), "is not a list with something in it")
        for number, part in enumerate(condition[key]):
            check_condition(part, _at(path, f"{key}[{number}]"), depth + 1)
    elif keys == {"not"}:
        check_condition(condition["not"], _at(path, "not"), depth + 1)
    else:
        _check_comparison(condition, keys, path)


def _check_comparison(condition: Condition, keys: set[str], path: str) -> None:
    operators = keys & set(OPERATORS)
    if "question" not in keys or len(operators) != 1 or keys - operators - {"question", "unit"}:
        raise BadCondition(path, "needs a question and exactly one of " + ", ".join(OPERATORS))
    (operator,) = operators
    if not isinstance(condition["question"], str):
        raise BadCondition(_at(path, "question"), "is not a question's code")
    wanted = condition[operator]
    right = {
        "is": isinstance(wanted, (str, bool, int, float)),
        "in": isinstance(wanted, list) and bool(wanted) and all(isinstance(one, str) for one in wanted),
        "has": isinstance(wanted, str),
        "at_least": _number(wanted, None) is not None,
        "at_most": _number(wanted, None) is not None,
        "answered": isinstance(wanted, bool),
    }
    if not right[operator]:
        raise BadCondition(_at(path, operator), "has a value of the wrong kind")
    if "unit" in keys and (operator not in {"at_least", "at_most"} or not isinstance(condition["unit"], str)):
        raise BadCondition(_at(path, "unit"), "goes with at_least and at_most, and is a text")


def questions_in(condition: Condition | None) -> set[str]:
    """Codes of the questions that a checked condition asks about."""
    if not condition:
        return set()
    if "question" in condition:
        return {condition["question"]}
    parts = condition.get("all") or condition.get("any") or [condition["not"]]
    return set().union(*(questions_in(part) for part in parts))


def _at(path: str, step: str) -> str:
    return f"{path}.{step}" if path else step
