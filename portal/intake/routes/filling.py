"""Filling in: start or go on, one step after the other."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import current_app, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from portal.intake.access import Permission
from portal.intake.forms import Page, photo_problem, shown_answer, typed_from
from portal.intake.operations import (
    IntakeClosed,
    NoFormPublished,
    StepConflict,
    save_step,
    start_intake,
)
from portal.intake.photographs import TooManyPhotos, add_photo
from portal.intake.queries import photos_of
from portal.intake.routes.blueprint import Filling, blueprint
from portal.intake.rules import BadPhoto, Problem, Step, read_step, typed_of
from portal.intake.rules.answers import Typed
from portal.intake.wording import question_text, shown_photos, step_title, words
from portal.kernel.locale import gettext as _
from portal.web.access import db, door, now, requires
from portal.web.pages import found, refused, render, see
from portal.web.transactions import writes

#: an oversized upload is read to its end, or the browser shows a broken connection instead of our sentence
DRAIN_AT_MOST = 64_000_000


@blueprint.route("/p/<uuid:patient>/intake", methods=["GET", "POST"])
@requires(Permission.INTAKE_FILL, purpose="intake")
@writes
def start(patient: UUID) -> ResponseReturnValue:
    """Begin, or go on where the patient was, on whichever device."""
    filling = Filling(patient)
    if request.method == "POST":
        try:
            intake = start_intake(db(), patient_id=patient, now=now())
        except NoFormPublished:
            return refused("intake/start.html", filling=filling, patient_name=filling.person.display_name, missing=True)
        return see("intake.step", patient=patient, step=intake.current_step)
    if filling.state == "stopped":
        return see("intake.advice", patient=patient)
    if filling.state == "in_progress":
        following = filling.way.next_open
        if following is None:
            return see("intake.summary", patient=patient)
        return see("intake.step", patient=patient, step=following.code)
    return render("intake/start.html", filling=filling, patient_name=filling.person.display_name, missing=False)


@blueprint.route("/p/<uuid:patient>/intake/<step>", methods=["GET", "POST"])
@requires(Permission.INTAKE_FILL, purpose="intake")
@writes
def step(patient: UUID, step: str) -> ResponseReturnValue:
    """One step: asked, saved, and on to the next."""
    filling = Filling(patient)
    if filling.intake is None or filling.state != "in_progress":
        return see("intake.start", patient=patient)
    this = found(filling.way.step(step))
    if request.method == "POST":
        return _save(filling, this)
    questions = filling.way.questions[this.code]
    rows = request.args.get("rows", 0, type=int)
    return _show(filling, this, typed_of(questions, filling.way.answers), rows=max(0, min(rows, 50)))


def _save(filling: Filling, this: Step) -> ResponseReturnValue:
    assert filling.intake is not None
    patient, intake = filling.person.id, filling.intake.id
    questions = filling.way.questions[this.code]
    typed = typed_from(dict(request.form.lists()))
    action = request.form.get("action", "")
    goes_on = not action.startswith(("more", "upload"))
    reading = read_step(questions, typed, complete=goes_on)
    problems = [*reading.problems, *_take_photos(filling, this, wanted=action == "upload")]
    if problems:
        return _show(filling, this, typed, problems)
    try:
        saved = save_step(
            db(),
            intake_id=intake,
            step=this.code,
            answers=reading.answers,
            version=request.form.get("version", 0, type=int),
            is_finished=goes_on,
            now=now(),
        )
    except StepConflict as conflict:
        return _show(filling, this, typed, conflict=conflict)
    except IntakeClosed:
        return see("intake.start", patient=patient)
    if saved.state == "stopped":
        return see("intake.advice", patient=patient)
    if not goes_on:
        rows, _, question = action.partition("-")[2].partition("-")
        line = f"{question}-line-{rows}" if rows else None  # whoever asked for a line goes on in it
        return see("intake.step", patient=patient, step=this.code, rows=rows or None, anchor=line)
    return _next(filling, this)


def _next(filling: Filling, this: Step) -> ResponseReturnValue:
    """After the step, by what the answers now ask: the next one, or the summary when all is answered."""
    way = Filling(filling.person.id).way
    following = way.after(this.code)
    if following is None or way.next_open is None:
        following = way.next_open
    if following is None:
        return see("intake.summary", patient=filling.person.id)
    return see("intake.step", patient=filling.person.id, step=following.code)


def _take_photos(filling: Filling, this: Step, *, wanted: bool) -> list[Problem]:
    assert filling.intake is not None
    problems = []
    limit = _max_bytes()
    for question in filling.way.questions[this.code]:
        if question.kind != "photo":
            continue
        # From the camera, from the gallery, or both: two inputs of one name.
        given = [file for file in request.files.getlist(f"q-{question.code}") if file.filename]
        if wanted and not given:
            problems.append(photo_problem(question.code, "empty"))
        try:
            for file in given:
                add_photo(
                    db(),
                    door().objects,
                    intake_id=filling.intake.id,
                    question=question.code,
                    content=file.stream.read(),
                    max_bytes=limit,
                    now=now(),
                )
        except BadPhoto as bad:
            problems.append(photo_problem(question.code, bad.why, max_bytes=limit))
        except TooManyPhotos as error:
            problems.append(photo_problem(question.code, "too-many", most=error.most))
    return problems


def _max_bytes() -> int:
    limit: int = current_app.extensions["settings"].max_upload_bytes
    return limit


def _show(
    filling: Filling,
    this: Step,
    typed: Typed,
    problems: Sequence[Problem] = (),
    *,
    conflict: StepConflict | None = None,
    rows: int = 0,
    status: int | None = None,
) -> ResponseReturnValue:
    assert filling.intake is not None
    page = Page(filling.way.questions[this.code], typed, problems, rows)
    before = filling.way.before(this.code)
    theirs = _stored_rows(filling, this, conflict) if conflict else []
    return render(
        "intake/step.html",
        status=status or (409 if conflict else 422 if problems else 200),
        patient_name=filling.person.display_name,
        person=filling.person,
        step=this,
        title=step_title(this),
        text=words(this.text),
        page=page,
        before=before,
        number=filling.way.number(this.code),
        total=len(filling.way.steps),
        version=conflict.version if conflict else filling.version(this.code),
        theirs=theirs,
        photos=shown_photos(photos_of(db(), intake_id=filling.intake.id)) if page.uploads else [],
    )


def _stored_rows(filling: Filling, this: Step, conflict: StepConflict) -> list[dict[str, Any]]:
    return [
        {"key": question_text(question), "value": shown_answer(question, conflict.stored[question.code])}
        for question in filling.way.questions[this.code]
        if question.code in conflict.stored
    ]


@blueprint.errorhandler(RequestEntityTooLarge)
def too_large(error: RequestEntityTooLarge) -> ResponseReturnValue:
    """A photo that is far too large: the same page, what was saved before, and a sentence."""
    left = min(request.content_length or 0, DRAIN_AT_MOST)
    stream = request.environ["wsgi.input"]
    while left > 0 and (chunk := stream.read(min(left, 1_000_000))):
        left -= len(chunk)
    values = request.view_args or {}
    if request.endpoint != "intake.step":
        return error
    filling = Filling(values["patient"])
    if filling.state != "in_progress":
        return see("intake.start", patient=values["patient"])
    this = found(filling.way.step(values["step"]))
    questions = filling.way.questions[this.code]
    photo = next((question.code for question in questions if question.kind == "photo"), None)
    if photo is None:
        problem = Problem(question="", name="", message=_("That was too much text. Write less, and send it again."))
    else:
        problem = photo_problem(photo, "too-large", max_bytes=_max_bytes())
    return _show(filling, this, typed_of(questions, filling.way.answers), [problem], status=413)
