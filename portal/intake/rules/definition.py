"""A form as data, and the check that it can be asked.

    {"code": "standard", "steps": [
      {"code": "reason", "title": {"en": …}, "text": {"en": …}?, "show_if": condition?, "carry": bool?, "questions": [
        {"code": "concern", "kind": "choice", "label": {"en": …}, "hint": {"en": …}?, "required": bool?,
         "show_if": condition?, "choices": [{"code": "skin", "label": {"en": …}}]}]}]}

Kinds, and what else each takes:
    text, long-text   longest (letters)
    choice, choices   choices; choices also `none`: the code that excludes the others
    yes-no, severity  nothing; severity is 0 to 10
    number            units: [{"unit": "°C", "least": 30, "most": 45}]; more than one lets the reader choose
    duration          nothing; a whole number of hours, days, weeks, months or years
    list              fields: [{"code", "label"}], none_label (says that there is none), most (rows)
    photo             most (photos)
    coverage          nothing; asks who pays

Every text is {language: words} and has English. `show_if` may ask about earlier steps only, since a page works without
JavaScript. A step with `carry` starts with the answers of the patient's last intake.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from portal.triage import BadCondition, check_condition, questions_in

Texts = Mapping[str, str]
CODE = re.compile(r"[a-z][a-z0-9_-]{0,39}")
RESERVED_STEPS = frozenset({"start", "summary", "advice", "done", "photos", "again"})
DURATION_UNITS = ("hours", "days", "weeks", "months", "years")
WORST = 10

#: what a kind needs beyond code, kind, label, hint, required and show_if; True: must be there
KINDS: Mapping[str, Mapping[str, bool]] = {
    "text": {"longest": False},
    "long-text": {"longest": False},
    "choice": {"choices": True},
    "choices": {"choices": True, "none": False},
    "yes-no": {},
    "number": {"units": True},
    "duration": {},
    "severity": {},
    "list": {"fields": True, "none_label": False, "most": False},
    "photo": {"most": False},
    "coverage": {},
}
ALWAYS = frozenset({"code", "kind", "label", "hint", "required", "show_if"})


class BadForm(ValueError):
    """A definition cannot be asked; `path` is the place at fault, for example "steps[2].questions[0].choices"."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path or 'form'}: {why}")
        self.path = path
        self.why = why


@dataclass(frozen=True, kw_only=True)
class Choice:
    """An answer to choose, or a field of a list's rows."""

    code: str
    label: Texts


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A unit and the numbers that make sense in it."""

    unit: str
    least: float
    most: float


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question."""

    code: str
    kind: str
    label: Texts
    hint: Texts = field(default_factory=dict)
    required: bool = False
    show_if: Mapping[str, Any] | None = None
    choices: Sequence[Choice] = ()
    none: str | None = None
    units: Sequence[Unit] = ()
    fields: Sequence[Choice] = ()
    none_label: Texts | None = None
    longest: int = 1000
    most: int = 20


@dataclass(frozen=True, kw_only=True)
class Step:
    """One page of questions."""

    code: str
    title: Texts
    text: Texts
    questions: Sequence[Question]
    show_if: Mapping[str, Any] | None = None
    carry: bool = False


@dataclass(frozen=True, kw_only=True)
class Form:
    """A form that can be asked."""

    code: str
    steps: Sequence[Step]

    def step(self, code: str) -> Step | None:
        """The step of that code."""
        return next((step for step in self.steps if step.code == code), None)


def read_form(definition: Any) -> Form:
    """Check a definition and read it; raises BadForm."""
    form = _mapping(definition, "", required={"code", "steps"}, optional=set())
    known: set[str] = set()
    seen: set[str] = set()
    steps = []
    for number, raw in enumerate(_items(form["steps"], "steps")):
        path = f"steps[{number}]"
        step = _step(raw, path, known)
        if step.code in seen:
            raise BadForm(f"{path}.code", "stands twice")
        seen.add(step.code)
        steps.append(step)
    return Form(code=_code(form["code"], "code"), steps=tuple(steps))


def _step(raw: Any, path: str, known: set[str]) -> Step:
    raw = _mapping(raw, path, required={"code", "title", "questions"}, optional={"text", "show_if", "carry"})
    code = _code(raw["code"], f"{path}.code")
    if code in RESERVED_STEPS:
        raise BadForm(f"{path}.code", "is the name of one of our own pages")
    show_if = _show_if(raw.get("show_if"), f"{path}.show_if", known)
    questions = []
    here: set[str] = set()
    for number, one in enumerate(_items(raw["questions"], f"{path}.questions")):
        place = f"{path}.questions[{number}]"
        question = _question(one, place, known)
        if question.code in known | here:
            raise BadForm(f"{place}.code", "stands twice")
        here.add(question.code)
        questions.append(question)
    known |= here
    return Step(
        code=code,
        title=_texts(raw["title"], f"{path}.title"),
        text=_texts(raw["text"], f"{path}.text") if "text" in raw else {},
        questions=tuple(questions),
        show_if=show_if,
        carry=_flag(raw.get("carry", False), f"{path}.carry"),
    )


def _question(raw: Any, path: str, known: set[str]) -> Question:
    kind = raw.get("kind") if isinstance(raw, Mapping) else None
    if not isinstance(kind, str) or kind not in KINDS:
        raise BadForm(f"{path}.kind", "is none of " + ", ".join(KINDS))
    more = KINDS[kind]
    needed = {"code", "kind", "label"} | {name for name, must in more.items() if must}
    raw = _mapping(raw, path, required=needed, optional=ALWAYS | set(more))
    choices = _named(raw.get("choices", []), f"{path}.choices") if "choices" in more else ()
    none = raw.get("none")
    if none is not None and none not in {choice.code for choice in choices}:
        raise BadForm(f"{path}.none", "is none of the choices")
    return Question(
        code=_code(raw["code"], f"{path}.code"),
        kind=kind,
        label=_texts(raw["label"], f"{path}.label"),
        hint=_texts(raw["hint"], f"{path}.hint") if "hint" in raw else {},
        required=_flag(raw.get("required", False), f"{path}.required"),
        show_if=_show_if(raw.get("show_if"), f"{path}.show_if", known),
        choices=choices,
        none=none,
        units=_units(raw["units"], f"{path}.units") if kind == "number" else (),
        fields=_named(raw["fields"], f"{path}.fields") if kind == "list" else (),
        none_label=_texts(raw["none_label"], f"{path}.none_label") if "none_label" in raw else None,
        longest=_count(raw.get("longest", 1000), f"{path}.longest", most=10_000),
        most=_count(raw.get("most", 3 if kind == "photo" else 20), f"{path}.most", most=50),
    )


def _show_if(raw: Any, path: str, known: set[str]) -> Mapping[str, Any] | None:
    if raw is None:
        return None
    try:
        check_condition(raw, path)
    except BadCondition as error:
        raise BadForm(error.path, error.why) from error
    unknown = questions_in(raw) - known
    if unknown:
        raise BadForm(path, f"asks about {', '.join(sorted(unknown))}, which no earlier step asks")
    return dict(raw)


def _units(raw: Any, path: str) -> tuple[Unit, ...]:
    units = []
    for number, one in enumerate(_items(raw, path)):
        place = f"{path}[{number}]"
        one = _mapping(one, place, required={"unit", "least", "most"}, optional=set())
        numbers = [value for value in (one["least"], one["most"]) if type(value) in (int, float)]
        if not isinstance(one["unit"], str) or len(numbers) != 2 or numbers[0] >= numbers[1]:
            raise BadForm(place, "needs a unit, and a least number that is below the most")
        units.append(Unit(unit=one["unit"], least=numbers[0], most=numbers[1]))
    return tuple(units)


def _named(raw: Any, path: str) -> tuple[Choice, ...]:
    found: list[Choice] = []
    for number, one in enumerate(_items(raw, path)):
        place = f"{path}[{number}]"
        one = _mapping(one, place, required={"code", "label"}, optional=set())
        code = _code(one["code"], f"{place}.code")
        if code in {choice.code for choice in found}:
            raise BadForm(f"{place}.code", "stands twice")
        found.append(Choice(code=code, label=_texts(one["label"], f"{place}.label")))
    return tuple(found)


def _mapping(raw: Any, path: str, *, required: set[str], optional: set[str] | frozenset[str]) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        raise BadForm(path, "is not an object")
    if missing := required - set(raw):
        raise BadForm(path, f"lacks {', '.join(sorted(missing))}")
    if strange := set(raw) - required - set(optional):
        raise BadForm(path, f"has no use for {', '.join(sorted(map(str, strange)))}")
    return raw


def _items(raw: Any, path: str) -> Sequence[Any]:
    if not isinstance(raw, list) or not raw:
        raise BadForm(path, "is not a list with something in it")
    return raw


def _code(raw: Any, path: str) -> str:
    if not isinstance(raw, str) or not CODE.fullmatch(raw):
        raise BadForm(path, "is not a code of small letters, digits, - and _")
    return raw


def _texts(raw: Any, path: str) -> Texts:
    if not isinstance(raw, Mapping) or not raw.get("en"):
        raise BadForm(path, "has no English text")
    for language, text in raw.items():
        if not isinstance(language, str) or not isinstance(text, str) or not text.strip():
            raise BadForm(f"{path}.{language}", "is not a text")
    return dict(raw)


def _flag(raw: Any, path: str) -> bool:
    if not isinstance(raw, bool):
        raise BadForm(path, "is neither true nor false")
    return raw


def _count(raw: Any, path: str, *, most: int) -> int:
    if type(raw) is not int or not 0 < raw <= most:
        raise BadForm(path, f"is not a whole number from 1 to {most}")
    return raw
