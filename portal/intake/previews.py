"""The clinic's own health questions, step by step, with nothing answered."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from portal.intake.forms import Page
from portal.intake.queries import published_form, way_of
from portal.intake.rules import Way, read_form, typed_of
from portal.intake.wording import step_title, words
from portal.kernel.locale import gettext as _
from portal.patients.previews import whose_example
from portal.web.access import db
from portal.web.previews import Part, Preview, register_preview


def _way() -> Way | None:
    form = published_form(db())
    return way_of(read_form(form.definition), {}) if form else None


def _parts() -> Sequence[Part]:
    way = _way()
    return [(one.code, step_title(one)) for one in way.steps] if way else []


def _step(part: str) -> Mapping[str, Any] | None:
    way = _way()
    if way is None:
        return None
    step = way.step(part) or way.steps[0]
    questions = way.questions[step.code]
    return {
        "step": step,
        "title": step_title(step),
        "text": words(step.text),
        "page": Page(questions, typed_of(questions, {}), (), 0),
        "before": way.before(step.code),
        "number": way.number(step.code),
        "total": len(way.steps),
        "version": 0,
        "theirs": [],
        "photos": [],
        **whose_example(),
    }


def _start(part: str) -> Mapping[str, Any]:
    return {"filling": SimpleNamespace(state="none"), "missing": False, **whose_example()}


def _done(part: str) -> Mapping[str, Any]:
    return whose_example()


register_preview(
    Preview(
        name="questions-start",
        place=50,
        template="intake/start.html",
        title=lambda: _("Before the questions"),
        example=_start,
    )
)
register_preview(
    Preview(
        name="questions",
        place=51,
        template="intake/step.html",
        title=lambda: _("Health questions"),
        example=_step,
        parts=_parts,
    )
)
register_preview(
    Preview(
        name="questions-done",
        place=52,
        template="intake/done.html",
        title=lambda: _("Your answers have arrived"),
        example=_done,
    )
)
