"""Verbs of intake."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.exc import IntegrityError

from portal.eligibility import CoverageStatement, record_coverage
from portal.intake.events import IntakeCompleted
from portal.intake.models import FormDefinition, Intake, IntakeStep
from portal.intake.queries import form_of, published_form, steps_of, way_of
from portal.intake.rules import Form, Way, read_form
from portal.kernel.db import PortalSession, constraint_of
from portal.kernel.errors import Conflict, NotFound, PortalError
from portal.kernel.events import emit
from portal.triage import acknowledged_codes, assess, record_red_flags, withdraw_red_flags


class NoFormPublished(PortalError):
    """The clinic has no form to ask."""

    code = "no-intake-form"


class IntakeClosed(Conflict):
    """The intake was sent, or a red flag has stopped it; answers are not taken now."""

    code = "intake-closed"


class StepConflict(Conflict):
    """The step was saved elsewhere since it was shown. `stored` is what stands there, in `version`."""

    code = "intake-step-conflict"

    def __init__(self, *, stored: Mapping[str, Any], version: int) -> None:
        super().__init__()
        self.stored = stored
        self.version = version


class NotReady(PortalError):
    """Something that has to be answered is not; `step` is where."""

    code = "intake-not-ready"

    def __init__(self, step: str) -> None:
        super().__init__(step)
        self.step = step


def publish_form(session: PortalSession, *, definition: dict[str, Any], now: datetime) -> FormDefinition:
    """Publish the next version of a form; intakes under way keep theirs. Raises BadForm with the path at fault."""
    form = read_form(definition)
    latest = session.scalar(select(func.max(FormDefinition.version)).where(FormDefinition.code == form.code))
    row = FormDefinition(
        code=form.code,
        version=(latest or 0) + 1,
        definition=definition,
        status="published",
        published_at=now,
        published_by=session.principal.user_id,
    )
    session.add(row)
    session.flush()
    return row


def start_intake(session: PortalSession, *, patient_id: UUID, now: datetime) -> Intake:
    """Begin, or go on with the one that is open. Raises NoFormPublished."""
    if (already := _open_intake(session, patient_id)) is not None:
        return already
    definition = published_form(session)
    if definition is None:
        raise NoFormPublished
    form = read_form(definition.definition)
    intake = Intake(
        patient_id=patient_id,
        form_id=definition.id,
        state="in_progress",
        current_step=form.steps[0].code,
        steps_done=0,
        steps_total=len(form.steps),
        started_at=now,
        saved_at=now,
    )
    try:
        with session.begin_nested():
            session.add(intake)
            session.flush()
    except IntegrityError as error:
        if constraint_of(error) != "uq_intake_open":
            raise
        # Two tabs began at once: the first one's intake is the one.
        return session.scalars(_open(patient_id)).one()
    _carry_over(session, intake, form, now)
    return intake


def _open(patient_id: UUID) -> Select[Intake]:
    return select(Intake).where(Intake.patient_id == patient_id, Intake.state.in_(("in_progress", "stopped")))


def _open_intake(session: PortalSession, patient_id: UUID) -> Intake | None:
    return session.scalar(_open(patient_id))


def _carry_over(session: PortalSession, intake: Intake, form: Form, now: datetime) -> None:
    """Answers that seldom change are there already, to be looked at and confirmed."""
    last = session.scalar(
        select(Intake)
        .where(Intake.patient_id == intake.patient_id, Intake.state == "completed")
        .order_by(Intake.completed_at.desc())
        .limit(1)
    )
    if last is None:
        return
    known = steps_of(session, intake_id=last.id)
    for step in form.steps:
        if step.carry and step.code in known:
            session.add(
                IntakeStep(
                    patient_id=intake.patient_id,
                    intake_id=intake.id,
                    step=step.code,
                    version=1,
                    is_finished=False,
                    answers=known[step.code].answers,
                    saved_at=now,
                )
            )
    session.flush()


def lock_intake(session: PortalSession, intake_id: UUID) -> Intake:
    """The intake, for this transaction alone; raises NotFound, IntakeClosed."""
    intake = session.scalar(
        select(Intake).where(Intake.id == intake_id).with_for_update().execution_options(populate_existing=True)
    )
    if intake is None:
        raise NotFound("intake")
    if intake.state != "in_progress":
        raise IntakeClosed
    return intake


def save_step(
    session: PortalSession,
    *,
    intake_id: UUID,
    step: str,
    answers: Mapping[str, Any],
    version: int,
    is_finished: bool = True,
    now: datetime,
) -> Intake:
    """Keep a step's answers, of which `version` was shown (0: none yet). Red flags among all answers stop the intake.

    Raises StepConflict, IntakeClosed, NotFound.
    """
    intake = lock_intake(session, intake_id)
    form = form_of(session, intake)
    steps = steps_of(session, intake_id=intake_id)
    row = steps.get(step)
    if row is None:
        row = IntakeStep(patient_id=intake.patient_id, intake_id=intake_id, step=step, version=0, saved_at=now)
        session.add(row)
        steps[step] = row
    elif row.version != version and row.answers != dict(answers):
        raise StepConflict(stored=row.answers, version=row.version)
    row.answers, row.is_finished = dict(answers), is_finished
    row.version, row.saved_at = row.version + 1, now
    session.flush()
    way = way_of(form, steps)
    following = way.next_open
    intake.current_step = step if not is_finished else following.code if following else way.steps[-1].code
    intake.steps_done, intake.steps_total, intake.saved_at = way.progress.done, way.progress.total, now
    _stop_for_red_flags(session, intake, way, step, now)
    session.flush()
    return intake


def _stop_for_red_flags(session: PortalSession, intake: Intake, way: Way, step: str, now: datetime) -> None:
    assessment = assess(way.answers)
    if assessment is None or set(assessment.codes) <= acknowledged_codes(session, intake_id=intake.id):
        return
    record_red_flags(session, patient_id=intake.patient_id, assessment=assessment, intake_id=intake.id, now=now)
    intake.state, intake.current_step = "stopped", step


def go_on_after_stop(
    session: PortalSession, *, intake_id: UUID, reason: Literal["mistake", "safe"], now: datetime
) -> Intake:
    """The patient says that there is no emergency. After a mistake the step is asked again; the record stays."""
    intake = session.scalar(select(Intake).where(Intake.id == intake_id).with_for_update())
    if intake is None:
        raise NotFound("intake")
    if intake.state == "stopped":
        withdraw_red_flags(session, intake_id=intake_id, reason=reason, now=now)
        intake.state, intake.saved_at = "in_progress", now
        session.flush()
    return intake


def complete_intake(session: PortalSession, *, intake_id: UUID, now: datetime) -> Intake:
    """Send the answers; once more changes nothing. Raises NotReady, IntakeClosed, NotFound."""
    try:
        intake = lock_intake(session, intake_id)
    except IntakeClosed:
        done = session.get_one(Intake, (session.tenant_id, intake_id))
        if done.state == "completed":
            return done
        raise
    form = form_of(session, intake)
    way = way_of(form, steps_of(session, intake_id=intake_id))
    if (missing := way.next_open) is not None:
        raise NotReady(missing.code)
    _tell_eligibility(session, intake, way, now)
    intake.state, intake.completed_at = "completed", now
    session.flush()
    emit(session, IntakeCompleted(intake_id=intake.id, patient_id=intake.patient_id), now=now)
    return intake


def _tell_eligibility(session: PortalSession, intake: Intake, way: Way, now: datetime) -> None:
    for questions in way.questions.values():
        for question in questions:
            if question.kind == "coverage" and question.code in way.answers:
                statement = CoverageStatement(**way.answers[question.code])
                record_coverage(session, patient_id=intake.patient_id, statement=statement, now=now)
