"""Reads of charting, as far as the reader's grants reach. A patient does not see drafts."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from portal.charting.models import (
    Addendum,
    Allergy,
    Condition,
    Medication,
    Note,
    NoteConflict,
    NoteDiagnosis,
    VitalSign,
)
from portal.kernel.db import PortalSession


@dataclass(frozen=True, kw_only=True)
class History:
    """What is known of a patient, current first. `vitals`: the latest of each kind."""

    conditions: Sequence[Condition]
    allergies: Sequence[Allergy]
    medications: Sequence[Medication]
    vitals: Sequence[VitalSign]

    @property
    def active_conditions(self) -> list[Condition]:
        return [one for one in self.conditions if one.clinical_status in {"active", "recurrence", "relapse"}]

    @property
    def active_medications(self) -> list[Medication]:
        return [one for one in self.medications if one.status in {"active", "on-hold", "unknown"}]


def note_of_visit(session: PortalSession, *, visit_id: UUID) -> Note | None:
    """The visit's note; for a patient, once it is signed."""
    return session.scalar(select(Note).where(Note.visit_id == visit_id))


def note_by_id(session: PortalSession, *, note_id: UUID) -> Note | None:
    """A note."""
    return session.get(Note, (session.tenant_id, note_id))


def diagnoses_of(session: PortalSession, *, note_id: UUID) -> list[NoteDiagnosis]:
    """A note's diagnoses, the main one first."""
    wanted = select(NoteDiagnosis).where(NoteDiagnosis.note_id == note_id)
    return list(session.scalars(wanted.order_by(NoteDiagnosis.rank, NoteDiagnosis.id)))


def addenda_of(session: PortalSession, *, note_id: UUID) -> list[Addendum]:
    """What was added to a signed note, oldest first."""
    return list(session.scalars(select(Addendum).where(Addendum.note_id == note_id).order_by(Addendum.added_at)))


def open_conflicts(session: PortalSession, *, note_id: UUID) -> list[NoteConflict]:
    """Texts that lost against a newer version and were not settled yet, oldest first."""
    wanted = select(NoteConflict).where(NoteConflict.note_id == note_id, NoteConflict.settled_at.is_(None))
    return list(session.scalars(wanted.order_by(NoteConflict.kept_at, NoteConflict.id)))


def unsigned_notes(session: PortalSession) -> list[Note]:
    """Drafts of the signed-in clinician, oldest first."""
    wanted = select(Note).where(Note.author_id == session.principal.actor_id, Note.status == "draft")
    return list(session.scalars(wanted.order_by(Note.started_at)))


def history_of(session: PortalSession, *, patient_id: UUID) -> History:
    """Problems, allergies, medications and the latest vital signs. Four queries."""
    conditions = select(Condition).where(Condition.patient_id == patient_id)
    allergies = select(Allergy).where(Allergy.patient_id == patient_id, Allergy.clinical_status == "active")
    medications = select(Medication).where(Medication.patient_id == patient_id)
    vitals = (
        select(VitalSign)
        .where(VitalSign.patient_id == patient_id)
        .distinct(VitalSign.code)
        .order_by(VitalSign.code, VitalSign.effective_at.desc(), VitalSign.id.desc())
    )
    return History(
        conditions=session.scalars(conditions.order_by(Condition.onset_at.desc().nulls_last(), Condition.id)).all(),
        allergies=session.scalars(allergies.order_by(Allergy.criticality, Allergy.display)).all(),
        medications=session.scalars(medications.order_by(Medication.since.desc().nulls_last(), Medication.id)).all(),
        vitals=session.scalars(vitals).all(),
    )
