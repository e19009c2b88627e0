"""Reads of intake. Answers come back only to those whom the database shows them; others get none."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, and_, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from portal.intake.models import FormDefinition, Intake, IntakeStep, Photo
from portal.intake.rules import Form, Way, find_way, read_form
from portal.intake.wording import answer_text, question_text, words
from portal.kernel.db import Asked, PortalSession, Together


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


@dataclass(frozen=True, kw_only=True)
class IntakeFile:
    """An intake as a clinician reads it. `answers` are (question, answer) in the reader's language."""

    progress: IntakeProgress
    told: Reported
    answers: Sequence[tuple[str, str]]
    photos: Sequence[Photo]


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
    return _readable(way_of(form_of(session, intake), steps_of(session, intake_id=intake_id)))


def _readable(way: Way) -> list[tuple[str, str]]:
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
    return _told(form, way_of(form, steps_of(session, intake_id=intake_id)))


def _told(form: Form, way: Way) -> Reported:
    answers = dict(way.answers)
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


_LATEST = (
    select(Intake.id)
    .where(Intake.patient_id == bindparam("patient"))
    .order_by(Intake.started_at.desc(), Intake.id.desc())
    .limit(1)
    .scalar_subquery()
)
_READ = func.coalesce(bindparam("intake", type_=Uuid), _LATEST)
_FILE = Together(
    Asked(select(Intake).where(Intake.id == _READ)),
    Asked(
        select(FormDefinition).where(
            FormDefinition.id == select(Intake.form_id).where(Intake.id == _READ).scalar_subquery()
        )
    ),
    Asked(select(IntakeStep).where(IntakeStep.intake_id == _READ)),
    Asked(select(Photo).where(Photo.intake_id == _READ, Photo.removed_at.is_(None)), Photo.taken_at),
)


def intake_file(session: PortalSession, *, patient_id: UUID, intake_id: UUID | None) -> IntakeFile | None:
    """All of an intake, or without `intake_id` of the patient's latest, in one query. None: there is none."""
    found = _FILE.read(session, patient=patient_id, intake=intake_id)
    intake, used = found.first(Intake), found.first(FormDefinition)
    if intake is None or used is None:
        return None
    form = read_form(used.definition)
    way = way_of(form, {row.step: row for row in found.all(IntakeStep)})
    return IntakeFile(
        progress=_progress(intake), told=_told(form, way), answers=_readable(way), photos=found.all(Photo)
    )
