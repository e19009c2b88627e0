"""The way through a form: which steps and questions are asked, what counts, what comes next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.intake.rules.definition import Form, Question, Step
from portal.triage import holds


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Steps done, of those that are asked."""

    done: int
    total: int


@dataclass(frozen=True, kw_only=True)
class Way:
    """A form with the answers given so far. `answers` holds only what is asked: what a changed answer hid is left out.

    `done` are the codes of finished steps; `questions` what is asked in each step.
    """

    steps: Sequence[Step]
    questions: Mapping[str, Sequence[Question]]
    answers: Mapping[str, Any]
    done: frozenset[str]

    @property
    def next_open(self) -> Step | None:
        """The first step that is not finished; None when the form can be sent."""
        return next((step for step in self.steps if step.code not in self.done), None)

    @property
    def progress(self) -> Progress:
        return Progress(done=len(self.done), total=len(self.steps))

    def number(self, code: str) -> int:
        """Place of a step in the way, from 1."""
        return [step.code for step in self.steps].index(code) + 1

    def step(self, code: str) -> Step | None:
        """A step that is asked."""
        return next((step for step in self.steps if step.code == code), None)

    def before(self, code: str) -> Step | None:
        """The step before."""
        place = self.number(code) - 1
        return self.steps[place - 1] if place else None

    def after(self, code: str) -> Step | None:
        """The step after; None after the last."""
        place = self.number(code)
        return self.steps[place] if place < len(self.steps) else None


def find_way(form: Form, saved: Mapping[str, Mapping[str, Any]], finished: frozenset[str] | set[str]) -> Way:
    """The way through a form. `saved`: answers by step; `finished`: steps that the patient went on from.

    A finished step is open again when it now asks something that has to be answered and is not.
    """
    steps: list[Step] = []
    asked: dict[str, Sequence[Question]] = {}
    answers: dict[str, Any] = {}
    done: set[str] = set()
    for step in form.steps:
        if not holds(step.show_if, answers):
            continue
        questions = tuple(question for question in step.questions if holds(question.show_if, answers))
        if not questions:
            continue
        given = saved.get(step.code, {})
        here = {question.code: given[question.code] for question in questions if question.code in given}
        missing = any(one.required and one.kind != "photo" and one.code not in here for one in questions)
        if step.code in finished and not missing:
            done.add(step.code)
        answers |= here
        asked[step.code] = questions
        steps.append(step)
    return Way(steps=tuple(steps), questions=asked, answers=answers, done=frozenset(done))
