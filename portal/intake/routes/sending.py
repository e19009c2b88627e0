"""Sending: all answers on one page, each with its link to change it, and the page that says that they arrived."""

from typing import Any
from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from portal.intake.access import Permission
from portal.intake.forms import shown_answer
from portal.intake.operations import IntakeClosed, NotReady, complete_intake
from portal.intake.queries import photos_of
from portal.intake.routes.blueprint import Filling, blueprint
from portal.intake.rules import Step
from portal.intake.wording import question_text, shown_photos, step_title
from portal.kernel.locale import gettext as _
from portal.web.access import db, now, requires
from portal.web.pages import render, see
from portal.web.transactions import writes


@blueprint.route("/p/<uuid:patient>/intake/summary", methods=["GET", "POST"])
@requires(Permission.INTAKE_FILL, purpose="intake")
@writes
def summary(patient: UUID) -> ResponseReturnValue:
    """All answers, each with its link to change it, and the button that sends them."""
    filling = Filling(patient)
    if filling.intake is None or filling.state == "stopped":
        return see("intake.start", patient=patient)
    if request.method == "POST":
        try:
            complete_intake(db(), intake_id=filling.intake.id, now=now())
        except NotReady as not_ready:
            return see("intake.step", patient=patient, step=not_ready.step)
        except IntakeClosed:
            return see("intake.start", patient=patient)
        return see("intake.done", patient=patient)
    if filling.state == "in_progress" and filling.way.next_open is not None:
        return see("intake.step", patient=patient, step=filling.way.next_open.code)
    return render(
        "intake/summary.html",
        patient_name=filling.person.display_name,
        person=filling.person,
        filling=filling,
        steps=[(step_title(one), one.code, _rows(filling, one)) for one in filling.way.steps],
        photos=shown_photos(photos_of(db(), intake_id=filling.intake.id)),
    )


def _rows(filling: Filling, this: Step) -> list[dict[str, Any]]:
    rows = []
    for question in filling.way.questions[this.code]:
        if question.kind == "photo":
            continue
        answer = filling.way.answers.get(question.code)
        if answer is None:
            shown: Any = _("Not answered")
        else:
            shown = shown_answer(question, answer)
        rows.append({"key": question_text(question), "value": shown, "code": question.code})
    return rows


@blueprint.route("/p/<uuid:patient>/intake/done")
@requires(Permission.INTAKE_FILL, purpose="intake")
def done(patient: UUID) -> ResponseReturnValue:
    """The answers have arrived."""
    filling = Filling(patient)
    if filling.state != "completed":
        return see("intake.start", patient=patient)
    return render("intake/done.html", patient_name=filling.person.display_name, filling=filling, person=filling.person)
