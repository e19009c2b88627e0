"""From what was typed to answers, and back.

`Typed` is a page's fields as a browser sends them: {name: [values]}. A field's name is "q-<question>" and, where a
question has several boxes, "-<part>". Answers are JSON:

    text, long-text, choice, yes-no   str ("yes" and "no")
    choices                           [str]
    number, duration                  {"value": number, "unit": str}
    severity                          int
    list                              {"none": bool, "items": [{field: str}]}
    coverage                          {"kind", "payer", "plan", "member_id", "holder"}

A question without an answer has no entry. Photos are rows of their own.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.eligibility import COVERAGE_HOLDERS
from portal.intake.rules.definition import DURATION_UNITS, WORST, Question
from portal.kernel.locale import gettext as _
from portal.kernel.locale import ngettext

Typed = Mapping[str, Sequence[str]]
SHORT_TEXT = 200


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is wrong with an answer, at which field (`name`), in the reader's words."""

    question: str
    name: str
    message: str


@dataclass(frozen=True, kw_only=True)
class StepReading:
    """A step's answers as far as they could be read, and what is wrong with the others."""

    answers: Mapping[str, Any]
    problems: Sequence[Problem]


class _Wrong(Exception):
    def __init__(self, message: str, part: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.part = part


def name_of(question: Question, part: str = "") -> str:
    """Name of a question's field, or of one of its parts."""
    return f"q-{question.code}-{part}" if part else f"q-{question.code}"


def read_step(questions: Sequence[Question], typed: Typed, *, complete: bool = True) -> StepReading:
    """Read a step. With `complete` False nothing has to be there: what is there is kept for later."""
    answers: dict[str, Any] = {}
    problems: list[Problem] = []
    for question in questions:
        if question.kind == "photo":
            continue
        try:
            answer = READERS[question.kind](question, typed)
            if answer is not None:
                answers[question.code] = answer
            elif complete and question.required:
                raise _Wrong(_missing(question))
        except _Wrong as wrong:
            name = name_of(question, wrong.part)
            problems.append(Problem(question=question.code, name=name, message=wrong.message))
    return StepReading(answers=answers, problems=problems)


def _missing(question: Question) -> str:
    if question.kind in {"choice", "yes-no", "severity", "coverage"}:
        return _("Choose an answer.")
    if question.kind == "choices":
        return _("Choose one or more answers.")
    if question.kind == "list":
        return _("Write at least one, or tick that there is none.")
    return _("Fill in this answer.")


def _one(typed: Typed, name: str) -> str:
    values = typed.get(name) or [""]
    return str(values[0]).strip().replace("\r\n", "\n").replace("\x00", "")


def _within(text: str, longest: int, part: str = "") -> str:
    if len(text) > longest:
        message = ngettext("Write at most %(num)s letter.", "Write at most %(num)s letters.", longest)
        raise _Wrong(message, part)
    return text


def _text(question: Question, typed: Typed) -> str | None:
    longest = question.longest if question.kind == "long-text" else min(question.longest, SHORT_TEXT)
    return _within(_one(typed, name_of(question)), longest) or None


def _choice(question: Question, typed: Typed) -> str | None:
    chosen = _one(typed, name_of(question))
    if not chosen:
        return None
    codes = ("yes", "no") if question.kind == "yes-no" else tuple(choice.code for choice in question.choices)
    if chosen not in codes:
        raise _Wrong(_("Choose one of the answers in the list."))
    return chosen


def _choices(question: Question, typed: Typed) -> list[str] | None:
    given = set(typed.get(name_of(question), ()))
    codes = [choice.code for choice in question.choices]
    if given - set(codes):
        raise _Wrong(_("Choose from the answers in the list."))
    if question.none in given and len(given) > 1:
        raise _Wrong(_("You chose “none” together with other answers. Choose one or the other."))
    return [code for code in codes if code in given] or None


def _to_number(text: str, part: str = "") -> float:
    # Python reads digits of every script; the decimal sign may be any of the three that people write.
    try:
        number = float(text.replace("٫", ".").replace(",", "."))
    except ValueError:
        raise _Wrong(_("Write a number, for example 12.5."), part) from None
    if not math.isfinite(number):
        raise _Wrong(_("Write a number, for example 12.5."), part)
    return number


def _number(question: Question, typed: Typed) -> dict[str, Any] | None:
    text = _one(typed, name_of(question))
    if not text:
        return None
    number = _to_number(text)
    wanted = _one(typed, name_of(question, "unit")) or question.units[0].unit
    unit = next((one for one in question.units if one.unit == wanted), None)
    if unit is None:
        raise _Wrong(_("Choose one of the answers in the list."), "unit")
    if not unit.least <= number <= unit.most:
        raise _Wrong(_("Write a number from %(min)s to %(max)s.", min=f"{unit.least:g}", max=f"{unit.most:g}"))
    return {"value": int(number) if number == int(number) else number, "unit": unit.unit}


def _duration(question: Question, typed: Typed) -> dict[str, Any] | None:
    text = _one(typed, name_of(question))
    if not text:
        return None
    number = _to_number(text)
    if number != int(number) or not 0 <= number <= 999:
        raise _Wrong(_("Write a whole number, for example 3."))
    unit = _one(typed, name_of(question, "unit"))
    if unit not in DURATION_UNITS:
        raise _Wrong(_("Choose hours, days, weeks, months or years."), "unit")
    return {"value": int(number), "unit": unit}


def _severity(question: Question, typed: Typed) -> int | None:
    text = _one(typed, name_of(question))
    if not text:
        return None
    if text not in {str(level) for level in range(WORST + 1)}:
        raise _Wrong(_("Choose one of the answers in the list."))
    return int(text)


def _list(question: Question, typed: Typed) -> dict[str, Any] | None:
    none = bool(_one(typed, name_of(question, "none")))
    items = []
    for row in range(question.most):
        item = {}
        for field in question.fields:
            part = f"{row}-{field.code}"
            if text := _within(_one(typed, name_of(question, part)), SHORT_TEXT, part):
                item[field.code] = text
        if item:
            first = question.fields[0].code
            if first not in item:
                raise _Wrong(_("Fill in this answer, or empty the whole line."), f"{row}-{first}")
            items.append(item)
    if none and items:
        raise _Wrong(_("You ticked that there is none, and you also wrote something. Change one of the two."), "none")
    return {"none": none, "items": items} if none or items else None


def _coverage(question: Question, typed: Typed) -> dict[str, Any] | None:
    kind = _one(typed, name_of(question, "kind"))
    if not kind:
        if question.required:
            raise _Wrong(_("Choose how you want to pay."), "kind")
        return None
    if kind == "self-pay":
        return {"kind": "self-pay"}
    if kind != "insurance":
        raise _Wrong(_("Choose one of the answers in the list."), "kind")
    payer = _within(_one(typed, name_of(question, "payer")), SHORT_TEXT, "payer")
    if not payer:
        raise _Wrong(_("Write the name of your insurance company. It is on your card."), "payer")
    holder = _one(typed, name_of(question, "holder")) or "self"
    if holder not in COVERAGE_HOLDERS:
        raise _Wrong(_("Choose one of the answers in the list."), "holder")
    return {
        "kind": "insurance",
        "payer": payer,
        "plan": _within(_one(typed, name_of(question, "plan")), SHORT_TEXT, "plan"),
        "member_id": _within(_one(typed, name_of(question, "member_id")), 60, "member_id"),
        "holder": holder,
    }


READERS: Mapping[str, Callable[[Question, Typed], Any]] = {
    "text": _text,
    "long-text": _text,
    "choice": _choice,
    "yes-no": _choice,
    "choices": _choices,
    "number": _number,
    "duration": _duration,
    "severity": _severity,
    "list": _list,
    "coverage": _coverage,
}


def typed_of(questions: Sequence[Question], answers: Mapping[str, Any]) -> dict[str, list[str]]:
    """What somebody would have typed to give these answers: fills a page in again."""
    typed: dict[str, list[str]] = {}
    for question in questions:
        answer = answers.get(question.code)
        if answer is None:
            continue
        if question.kind in {"number", "duration"}:
            typed[name_of(question)] = [str(answer["value"])]
            typed[name_of(question, "unit")] = [answer["unit"]]
        elif question.kind == "list":
            typed |= {name_of(question, "none"): ["y"]} if answer["none"] else {}
            for row, item in enumerate(answer["items"]):
                typed |= {name_of(question, f"{row}-{field}"): [text] for field, text in item.items()}
        elif question.kind == "coverage":
            typed |= {name_of(question, part): [text] for part, text in answer.items()}
        else:
            typed[name_of(question)] = list(answer) if isinstance(answer, list) else [str(answer)]
    return typed
