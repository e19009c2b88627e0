"""A step's questions as fields on a page. The form is data, so its fields are made from it, without WTForms.

`rules.answers` reads what comes back; here is only what is shown: labels, what was typed, what is wrong with it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from portal.eligibility import COVERAGE_HOLDERS, holder_name
from portal.intake.rules import Problem, Question
from portal.intake.rules.answers import SHORT_TEXT, Typed, name_of
from portal.intake.rules.definition import WORST
from portal.intake.wording import answer_text, duration_unit_names, list_lines, words
from portal.kernel.locale import format_number, ngettext, own_text, pgettext
from portal.kernel.locale import gettext as _
from portal.web.fields import FieldView, input_view

#: what photos our readers' phones send; a list, so that iPhones convert theirs to JPEG before sending
ACCEPT = "image/jpeg,image/png,image/webp"


@dataclass(kw_only=True)
class Drawn:
    """A question on a page. One field stands alone; several share the question as their legend, in `rows`.

    `language`: that of the clinic's words, the reader's or another.
    """

    code: str
    kind: str
    legend: str
    hint: str
    language: str
    fields: list[FieldView] = field(default_factory=list)
    rows: list[tuple[str, list[FieldView]]] = field(default_factory=list)
    may_add: bool = False

    def views(self) -> list[FieldView]:
        """All its fields, in the order of the page."""
        return [*(view for _name, row in self.rows for view in row), *self.fields]


class Page:
    """A step's questions with what was typed and what is wrong."""

    def __init__(
        self, questions: Sequence[Question], typed: Typed, problems: Sequence[Problem] = (), rows: int = 0
    ) -> None:
        self._typed = typed
        self._problems = problems
        self._rows = rows
        self.drawn = [self._draw(question) for question in questions]

    @property
    def errors(self) -> list[tuple[str, str]]:
        """(id to lead to, which question and what is wrong), in the order of the page."""
        asked = {drawn.code: drawn.legend for drawn in self.drawn}
        where = {view.name: view.focus_id for drawn in self.drawn for view in drawn.views()}
        first = {drawn.code: drawn.views()[0].focus_id for drawn in self.drawn if drawn.views()}
        return [
            (
                where.get(one.name) or first.get(one.question, ""),
                _("%(question)s – %(problem)s", question=asked[one.question], problem=one.message)
                if asked.get(one.question)
                else one.message,
            )
            for one in self._problems
        ]

    @property
    def uploads(self) -> bool:
        return any(drawn.kind == "photo" for drawn in self.drawn)

    def _view(
        self, question: Question, kind: Any, label: str, part: str = "", *, many: bool = False, **options: Any
    ) -> FieldView:
        name = name_of(question, part)
        given = list(self._typed.get(name, ()))
        value: Any = given if many else given[0] if given else ""
        errors = [one.message for one in self._problems if one.name == name]
        return input_view(kind=kind, name=name, label=label, value=value, errors=errors, **options)

    def _draw(self, question: Question) -> Drawn:
        legend, language = own_text(question.label)
        drawn = Drawn(
            code=question.code, kind=question.kind, legend=legend, hint=words(question.hint), language=language
        )
        several = {
            "duration": self._duration,
            "number": self._number,
            "list": self._list,
            "coverage": self._coverage,
        }.get(question.kind)
        if several is not None:
            several(question, drawn)
        else:
            drawn.fields = [self._alone(question, drawn)]
        return drawn

    def _alone(self, question: Question, drawn: Drawn) -> FieldView:
        asked: dict[str, Any] = {
            "hint": drawn.hint,
            "required": question.required,
            "optional": not question.required,
        }
        if question.kind in {"choice", "choices"}:
            pairs = [(choice.code, words(choice.label)) for choice in question.choices]
            many = question.kind == "choices"
            kind = "checkboxes" if many else "radios"
            return self._view(question, kind, drawn.legend, many=many, choices=pairs, **asked)
        if question.kind == "yes-no":
            return self._view(question, "radios", drawn.legend, choices=[("yes", _("Yes")), ("no", _("No"))], **asked)
        if question.kind == "severity":
            levels = [(str(level), format_number(level)) for level in range(WORST + 1)]
            return self._view(question, "radios", drawn.legend, choices=levels, **asked)
        if question.kind == "photo":
            asked["hint"] = drawn.hint or _("A JPEG, PNG or WebP photo of at most 10 megabytes.")
            return self._view(question, "photo", drawn.legend, attributes={"accept": ACCEPT}, **asked)
        long = question.kind == "long-text"
        longest = question.longest if long else min(question.longest, SHORT_TEXT)
        # Browsers count a line break as one letter, we may count it as two: a little room above what is allowed.
        attributes = {"maxlength": longest + (200 if long else 0), "dir": "auto"}
        return self._view(question, "textarea" if long else "text", drawn.legend, attributes=attributes, **asked)

    def _duration(self, question: Question, drawn: Drawn) -> None:
        units = [("", _("Choose")), *duration_unit_names().items()]
        numeric = {"inputmode": "numeric"}
        drawn.fields = [
            self._view(question, "number", _("How many"), attributes=numeric, required=question.required),
            self._view(question, "select", _("Hours, days, weeks …"), "unit", choices=units),
        ]
        self._say_optional(question, drawn)

    def _number(self, question: Question, drawn: Drawn) -> None:
        if len(question.units) == 1:
            view = self._view(
                question,
                "number",
                drawn.legend,
                hint=drawn.hint,
                unit=question.units[0].unit,
                required=question.required,
                optional=not question.required,
            )
            drawn.fields = [view]
            return
        units = [(unit.unit, unit.unit) for unit in question.units]
        drawn.fields = [
            self._view(question, "number", pgettext("an answer", "Number")),
            self._view(question, "select", _("Unit"), "unit", choices=units),
        ]
        self._say_optional(question, drawn)

    def _list(self, question: Question, drawn: Drawn) -> None:
        filled = [row for row in range(question.most) if self._row_is_filled(question, row)]
        shown = min(question.most, max(len(filled) + 1, max(filled, default=-1) + 1, self._rows))
        attributes = {"maxlength": SHORT_TEXT, "autocomplete": "off", "dir": "auto"}
        for row in range(shown):
            name = _("Line %(number)s", number=format_number(row + 1))
            fields = [
                self._view(question, "text", words(one.label), f"{row}-{one.code}", attributes=attributes)
                for one in question.fields
            ]
            drawn.rows.append((name, fields))
        drawn.may_add = shown < question.most
        if question.none_label is not None:
            drawn.fields = [self._view(question, "checkbox", words(question.none_label), "none")]
        self._say_optional(question, drawn)

    def _row_is_filled(self, question: Question, row: int) -> bool:
        return any(any(self._typed.get(name_of(question, f"{row}-{one.code}"), ())) for one in question.fields)

    def _coverage(self, question: Question, drawn: Drawn) -> None:
        kinds = [("insurance", _("With insurance")), ("self-pay", _("I pay myself"))]
        holders = [(code, holder_name(code)) for code in COVERAGE_HOLDERS]
        words_of_theirs = {"maxlength": SHORT_TEXT, "dir": "auto"}
        card = {"autocomplete": "off", "spellcheck": "false", "maxlength": 60, "dir": "ltr"}
        drawn.fields = [
            self._view(question, "radios", drawn.legend, "kind", choices=kinds, required=question.required),
            self._view(question, "text", _("Insurance company"), "payer", attributes=words_of_theirs),
            self._view(
                question, "text", pgettext("of an insurance", "Plan"), "plan", attributes=words_of_theirs, optional=True
            ),
            self._view(question, "text", _("Member number on your card"), "member_id", attributes=card, optional=True),
            self._view(question, "select", _("Whose insurance is it?"), "holder", choices=holders),
        ]

    @staticmethod
    def _say_optional(question: Question, drawn: Drawn) -> None:
        if not question.required:
            drawn.legend = _("%(label)s (optional)", label=drawn.legend)


def shown_answer(question: Question, answer: Any) -> Any:
    """An answer on the page; what the patient typed keeps its own direction of writing."""
    if question.kind == "list":
        return [Markup("<bdi>{}</bdi>").format(line) for line in list_lines(question, answer)]
    if question.kind in {"text", "long-text", "coverage"}:
        return Markup("<bdi>{}</bdi>").format(answer_text(question, answer))
    return answer_text(question, answer)


def photo_problem(question: str, why: str, *, max_bytes: int = 0, most: int = 0) -> Problem:
    """Why a photo was not taken, and what to do."""
    megabytes = max_bytes // 1_000_000
    said: Mapping[str, str] = {
        "empty": _("Choose a photo first."),
        "too-large": ngettext(
            "This file is too large. A photo may have at most %(num)s megabyte. Choose a smaller one.",
            "This file is too large. A photo may have at most %(num)s megabytes. Choose a smaller one.",
            megabytes,
        ),
        "too-many-pixels": _("This picture is too big for us. Take the photo again with a lower resolution."),
        "no-image": _("This file is not a photo that we can read. Choose a JPEG, PNG or WebP photo."),
        "too-many": ngettext(
            "You can send %(num)s photo. Remove one first.", "You can send %(num)s photos. Remove one first.", most
        ),
    }
    return Problem(question=question, name=f"q-{question}", message=said[why])


def typed_from(form: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """What a browser sent, as far as it belongs to questions."""
    return {name: list(values) for name, values in form.items() if name.startswith("q-")}
