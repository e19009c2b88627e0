"""The blueprint of intake, and what its pages share."""

from uuid import UUID

from flask import Blueprint

from portal.intake.models import Intake, IntakeStep
from portal.intake.queries import form_of, latest_intake, steps_of, way_of
from portal.intake.rules import Way
from portal.patients import Patient, patient_by_id
from portal.web.access import db
from portal.web.pages import found

blueprint = Blueprint("intake", __name__, url_prefix="/<clinic>")


class Filling:
    """A patient's latest intake, as far as it is."""

    def __init__(self, patient: UUID) -> None:
        self.person: Patient = found(patient_by_id(db(), patient_id=patient))
        self.intake: Intake | None = latest_intake(db(), patient_id=patient)
        self.steps: dict[str, IntakeStep] = {}
        self.way = Way(steps=(), questions={}, answers={}, done=frozenset())
        if self.intake is not None:
            self.steps = steps_of(db(), intake_id=self.intake.id)
            self.way = way_of(form_of(db(), self.intake), self.steps)

    @property
    def state(self) -> str:
        """none, in_progress, stopped or completed."""
        return self.intake.state if self.intake else "none"

    def version(self, step: str) -> int:
        """Version of a step's saved answers; 0 when there are none."""
        return self.steps[step].version if step in self.steps else 0
