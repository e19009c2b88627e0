"""Reads of intake. Answers come back only to those whom the database shows them; others get none."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from portal.intake.models import FormDefinition, Intake, IntakeStep, Photo
from portal.intake.rules import Form, Way, find_way, read_form
from portal.intake.wording import answer_text, question_text, words
from portal.kernel.db import PortalSession


@dataclass(frozen=True, kw_only=True)
class IntakeProgress:
    """How far an intake is, for the front desk: no answers."""

    intake_id: UUID
    state: str
    done: int
    total: int
    saved_at: datetime


@dataclass(frozen=True, kw_only=True)
class Reported:
    """What a patient reported, by code, for those who take it into the chart.

    `medications` are {"name", "dose"?}, `allergies` {"substance", "reaction"?}; `no_medications` and `no_allergies` say
    that the patient stated that there are none. `condition_names` has the words of what was ticked, in the reader's
    language.
    """

    reason: str
    concern: str
    medications: list[dict[str, str]]
    no_medications: bool
    allergies: list[dict[str, str]]
    no_allergies: bool
    conditions: list[str]
    condition_names: dict[str, str]
    answers: dict[str, Any]


def published_form(session: PortalSession, *, code: str = "standard") -> FormDefinition | None:
    """The version that new intakes begin with."""
    return session.scalar(
        select(FormDefinition)
        .where(FormDefinition.code == code, FormDefinition.status == "published")
        .order_by(FormDefinition.version.desc())
        .limit(1)
    )


def form_of(session: PortalSession, intake: Intake) -> Form:
    """The form of an intake, in the version that it began with."""
    return read_form(session.get_one(FormDefinition, (session.tenant_id, intake.form_id)).definition)


def intake_by_id(session: PortalSession, *, intake_id: UUID) -> Intake | None:
    """An intake."""
    return session.get(Intake, (session.tenant_id, intake_id))


def latest_intake(session: PortalSession, *, patient_id: UUID) -> Intake | None:
    """The intake that the patient began last."""
    return session.scalar(
        select(Intake)
        .where(Intake.patient_id == patient_id)
        .order_by(Intake.started_at.desc(), Intake.id.desc())
        .limit(1)
    )


def intake_progress(session: PortalSession, patient_ids: Collection[UUID]) -> dict[UUID, IntakeProgress]:
    """How far each patient's latest intake is, in one query; patients without one are left out."""
    latest = (
        select(Intake)
        .where(Intake.patient_id.in_(patient_ids))
        .ext(distinct_on(Intake.patient_id))
        .order_by(Intake.patient_id, Intake.started_at.desc(), Intake.id.desc())
    )
    return {row.patient_id: _progress(row) for row in session.scalars(latest)}


def _progress(row: Intake) -> IntakeProgress:
    return IntakeProgress(
        intake_id=row.id, state=row.state, done=row.steps_done, total=row.steps_total, saved_at=row.saved_at
    )


def intakes_to_watch(
    session: PortalSession, patient_ids: Collection[UUID], *, since: datetime
) -> dict[UUID, IntakeProgress]:
    """The latest intake of each of these patients, and of whoever left one half-way since then; one query."""
    half_way = and_(Intake.state.in_(("in_progress", "stopped")), Intake.saved_at >= since)
    latest = (
        select(Intake)
        .where(or_(Intake.patient_id.in_(patient_ids), half_way))
        .ext(distinct_on(Intake.patient_id))
        .order_by(Intake.patient_id, Intake.started_at.desc(), Intake.id.desc())
    )
    return {row.patient_id: _progress(row) for row in session.scalars(latest)}


def steps_of(session: PortalSession, *, intake_id: UUID) -> dict[str, IntakeStep]:
    """The saved steps by code."""
    return {row.step: row for row in session.scalars(select(IntakeStep).where(IntakeStep.intake_id == intake_id))}


def way_of(form: Form, steps: dict[str, IntakeStep]) -> Way:
    """The way through a form with what is saved."""
    saved = {code: row.answers for code, row in steps.items()}
    return find_way(form, saved, {code for code, row in steps.items() if row.is_finished})


def answers_for_reading(session: PortalSession, *, intake_id: UUID) -> list[tuple[str, str]]:
    """(question, answer) in the reader's language, in the form's order, the unanswered left out."""
    intake = intake_by_id(session, intake_id=intake_id)
    if intake is None:
        return []
    way = way_of(form_of(session, intake), steps_of(session, intake_id=intake_id))
    return [
        (question_text(question), answer_text(question, way.answers[question.code]))
        for step in way.steps
        for question in way.questions[step.code]
        if question.code in way.answers
    ]


def reported(session: PortalSession, *, intake_id: UUID) -> Reported | None:
    """What the patient reported, by code; None when there is no such intake."""
    intake = intake_by_id(session, intake_id=intake_id)
    if intake is None:
        return None
    form = form_of(session, intake)
    answers = dict(way_of(form, steps_of(session, intake_id=intake_id)).answers)
    conditions = [code for code in answers.get("conditions", []) if code != "none"]
    medications = answers.get("medications") or {"none": False, "items": []}
    allergies = answers.get("allergies") or {"none": False, "items": []}
    return Reported(
        reason=answers.get("reason", ""),
        concern=answers.get("concern", ""),
        medications=medications["items"],
        no_medications=medications["none"],
        allergies=allergies["items"],
        no_allergies=allergies["none"],
        conditions=conditions,
        condition_names={code: _choice_name(form, "conditions", code) for code in conditions},
        answers=answers,
    )


def _choice_name(form: Form, question: str, code: str) -> str:
    labels = (
        choice.label
        for step in form.steps
        for one in step.questions
        for choice in one.choices
        if (one.code, choice.code) == (question, code)
    )
    return words(next(labels, {"en": code}))


def photos_of(session: PortalSession, *, intake_id: UUID) -> list[Photo]:
    """The photos of an intake, oldest first, removed ones left out."""
    return list(
        session.scalars(
            select(Photo).where(Photo.intake_id == intake_id, Photo.removed_at.is_(None)).order_by(Photo.taken_at)
        )
    )


def photo_by_id(session: PortalSession, *, patient_id: UUID, photo_id: UUID) -> Photo | None:
    """A patient's photo that has not been removed; None when it is another's."""
    return session.scalar(
        select(Photo).where(Photo.id == photo_id, Photo.patient_id == patient_id, Photo.removed_at.is_(None))
    )
