"""Questions and answers as people read them, in the reader's language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.eligibility import holder_name
from portal.intake.models import Photo
from portal.intake.rules import Question, Step
from portal.intake.scans import opens
from portal.kernel.locale import format_list, format_number, ngettext, own_text, pgettext
from portal.kernel.locale import gettext as _


def words(texts: Mapping[str, str]) -> str:
    """Clinic-written text in the reader's language, or in the language that there is."""
    return own_text(texts)[0]


def question_text(question: Question) -> str:
    """The question."""
    return words(question.label)


def step_title(step: Step) -> str:
    """A step's heading."""
    return words(step.title)


def duration_unit_names() -> dict[str, str]:
    """Units of a duration, to choose from."""
    return {
        "hours": _("hours"),
        "days": _("days"),
        "weeks": _("weeks"),
        "months": _("months"),
        "years": _("years"),
    }


def duration_text(value: int, unit: str) -> str:
    """A duration in words."""
    said = {
        "hours": lambda n: ngettext("%(num)s hour", "%(num)s hours", n),
        "days": lambda n: ngettext("%(num)s day", "%(num)s days", n),
        "weeks": lambda n: ngettext("%(num)s week", "%(num)s weeks", n),
        "months": lambda n: ngettext("%(num)s month", "%(num)s months", n),
        "years": lambda n: ngettext("%(num)s year", "%(num)s years", n),
    }
    return said[unit](value)


def answer_text(question: Question, answer: Any) -> str:
    """An answer as one text; what the patient typed stays in the patient's words."""
    if question.kind == "yes-no":
        return _("Yes") if answer == "yes" else _("No")
    if question.kind == "choice":
        return _choice(question, answer)
    if question.kind == "choices":
        return format_list([_choice(question, one) for one in answer])
    if question.kind == "severity":
        return _("%(level)s of 10", level=format_number(answer))
    if question.kind == "duration":
        return duration_text(answer["value"], answer["unit"])
    if question.kind == "number":
        return _("%(number)s %(unit)s", number=format_number(answer["value"]), unit=answer["unit"])
    if question.kind == "list":
        return "\n".join(list_lines(question, answer))
    if question.kind == "coverage":
        return coverage_text(answer)
    return str(answer)


def list_lines(question: Question, answer: Mapping[str, Any]) -> list[str]:
    """One line a row; the statement that there is none where that was ticked."""
    if answer["none"]:
        return [words(question.none_label) if question.none_label else pgettext("an answer", "None")]
    order = [field.code for field in question.fields]
    return [" – ".join(item[code] for code in order if code in item) for item in answer["items"]]


def coverage_text(answer: Mapping[str, str]) -> str:
    """Who pays, in one line."""
    if answer["kind"] == "self-pay":
        return _("I pay myself")
    parts = [answer["payer"], answer.get("plan", ""), answer.get("member_id", "")]
    shown = ", ".join(part for part in parts if part)
    if answer.get("holder", "self") == "self":
        return shown
    return _("%(insurance)s (in the name of: %(holder)s)", insurance=shown, holder=holder_name(answer["holder"]))


def _choice(question: Question, code: str) -> str:
    found = next((choice for choice in question.choices if choice.code == code), None)
    return words(found.label) if found else code


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPhoto:
    """A photo in a list. `state`: why it does not open, or that nobody has looked at it; "" when all is well."""

    photo: Photo
    opens: bool
    state: str


def shown_photos(photos: Sequence[Photo], *, to_staff: bool = False) -> list[ShownPhoto]:
    """Photos with what a reader is told of each. That nothing was scanned does not help a patient any further."""
    names = {"waiting": _("Being checked"), "infected": _("Not accepted"), "not-scanned": _("Not checked")}
    return [
        ShownPhoto(
            photo=photo,
            opens=opens(photo),
            state=names.get(photo.scan_state, "") if to_staff or not opens(photo) else "",
        )
        for photo in photos
    ]


def why_closed(photo: Photo) -> str:
    """Why a photo does not open, and what to do."""
    return {
        "waiting": _("The photo is being checked for anything harmful. This takes a moment."),
        "infected": _(
            "The check found something bad in this photo, so nobody opens it. If the answers are not sent yet,"
            " the patient can remove it and take another one."
        ),
    }.get(
        photo.scan_state,
        _("The photo is kept, but nobody has checked it: no scanner is connected here, and so it stays closed."),
    )
