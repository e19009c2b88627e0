"""Reads of notes and of the history."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Uuid, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from portal.charting.models import (
    Addendum,
    Allergy,
    Condition,
    Medication,
    Note,
    NoteConflict,
    NoteDiagnosis,
    NoteWords,
    VitalSign,
)
from portal.charting.rules import NORMAL, SECTIONS, NoteText, Piece, excerpt, words_asked
from portal.kernel.db import Asked, FoundTogether, PortalSession, Together, keyed_hash
from portal.kernel.ids import new_id
from portal.visits import Visit, visit_by_id

#: Notes that are listed beside a history.
SHOWN = 20


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


@dataclass(frozen=True, kw_only=True)
class FoundNote:
    """A signed note that holds the words looked for, in itself or in what was added. `excerpts`: where they stand."""

    visit_id: UUID
    signed_at: datetime
    excerpts: Sequence[Sequence[Piece]]


@dataclass(frozen=True, kw_only=True)
class NoteView:
    """All that the note's part of a page shows. `version` 0: nothing is stored yet. `editor` names this page.

    `is_withheld`: there is a note, and its label keeps it from the reader.
    """

    visit_id: UUID
    patient_id: UUID
    note: Note | None
    text: NoteText
    version: int
    editor: UUID
    diagnoses: Sequence[NoteDiagnosis]
    addenda: Sequence[Addendum]
    conflicts: int
    is_mine: bool
    is_withheld: bool = False

    @property
    def sensitivity(self) -> str:
        """The note's label."""
        return self.note.sensitivity if self.note else NORMAL

    @property
    def suggested(self) -> list[str]:
        """Labels that the diagnoses suggest for a draft without one."""
        if self.sensitivity != NORMAL or self.note is None or self.note.is_signed:
            return []
        return sorted({one.suggested for one in self.diagnoses} - {NORMAL})


_OF_VISIT = select(Note.id).where(Note.visit_id == bindparam("visit"))
_NOTE = (
    Asked(select(Note).where(Note.visit_id == bindparam("visit"))),
    Asked(
        select(NoteDiagnosis).where(NoteDiagnosis.note_id.in_(_OF_VISIT)),
        NoteDiagnosis.rank,
        NoteDiagnosis.id,
    ),
    Asked(
        select(Addendum).where(Addendum.note_id.in_(_OF_VISIT.where(Note.status == "signed"))),
        Addendum.added_at,
    ),
    # Text that was lost is its author's alone.
    Asked(
        select(NoteConflict).where(
            NoteConflict.note_id.in_(_OF_VISIT.where(Note.author_id == bindparam("reader"))),
            NoteConflict.settled_at.is_(None),
        ),
    ),
)


_NOTE_TOGETHER = Together(*_NOTE)


def note_view(session: PortalSession, *, visit_id: UUID) -> NoteView | None:
    """The note of a visit as its page shows it; None when there is no such visit for this reader. Up to 3 queries."""
    visit = visit_by_id(session, visit_id=visit_id)
    if visit is None:
        return None
    return _note_view(session, visit, _NOTE_TOGETHER.read(session, visit=visit_id, reader=session.principal.user_id))


def _note_view(session: PortalSession, visit: Visit, found: FoundTogether) -> NoteView:
    note = found.first(Note)
    return NoteView(
        visit_id=visit.id,
        patient_id=visit.patient_id,
        note=note,
        text=note.text if note else NoteText(),
        version=note.version if note else 0,
        editor=new_id(),
        diagnoses=found.all(NoteDiagnosis),
        addenda=found.all(Addendum),
        conflicts=len(found.all(NoteConflict)),
        is_mine=note is None or note.author_id == session.principal.user_id,
        is_withheld=note is None and withheld_notes(session, patient_id=visit.patient_id, visit_id=visit.id) > 0,
    )


def note_of_visit(session: PortalSession, *, visit_id: UUID) -> Note | None:
    """The visit's note; for a patient, once it is signed."""
    return session.scalar(select(Note).where(Note.visit_id == visit_id))


def visits_with_signed_note(session: PortalSession, *, patient_id: UUID) -> set[UUID]:
    """Ids of a patient's visits whose note is signed: there is something for the patient to read."""
    signed = select(Note.visit_id).where(Note.patient_id == patient_id, Note.status == "signed")
    return {row.visit_id for row in session.read_rows(signed, patient=Note.patient_id)}


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


def signed_notes_of(session: PortalSession, *, patient_id: UUID) -> list[Note]:
    """A patient's latest signed notes that the reader may see, the newest first."""
    wanted = select(Note).where(Note.patient_id == patient_id, Note.status == "signed")
    return list(session.scalars(wanted.order_by(Note.signed_at.desc(), Note.id).limit(SHOWN)))


def withheld_notes(session: PortalSession, *, patient_id: UUID, visit_id: UUID | None = None) -> int:
    """How many notes a label keeps from the signed-in clinician, of a record (or a visit) that is open to them."""
    count = func.charting.withheld_notes(cast(patient_id, Uuid), cast(visit_id, Uuid))
    return session.scalar(select(count)) or 0


def withheld_history(session: PortalSession, *, patient_id: UUID) -> int:
    """How many problems and medicines a label keeps from the signed-in clinician, of a record that is open to them."""
    return session.scalar(select(func.charting.withheld_history(cast(patient_id, Uuid)))) or 0


def unsigned_notes(session: PortalSession) -> list[Note]:
    """Drafts of the signed-in clinician, oldest first."""
    wanted = select(Note).where(Note.author_id == session.principal.actor_id, Note.status == "draft")
    return list(session.scalars(wanted.order_by(Note.started_at)))


def unsigned_notes_of(session: PortalSession, *, author_id: UUID) -> list[datetime]:
    """When each draft of somebody was begun, for the administrator when they leave; never whose, nor what is in it."""
    begun = func.charting.unsigned_notes_of(cast(author_id, Uuid), type_=DateTime(timezone=True))
    return list(session.scalars(select(begun)))


_HISTORY = (
    Asked(
        select(Condition).where(Condition.patient_id == bindparam("patient")),
        Condition.onset_at.desc().nulls_last(),
        Condition.id,
    ),
    Asked(
        select(Allergy).where(Allergy.patient_id == bindparam("patient"), Allergy.clinical_status == "active"),
        Allergy.criticality,
        Allergy.id,
    ),
    Asked(
        select(Medication).where(Medication.patient_id == bindparam("patient")),
        Medication.since.desc().nulls_last(),
        Medication.id,
    ),
    Asked(
        select(VitalSign).where(VitalSign.patient_id == bindparam("patient")).ext(distinct_on(VitalSign.code)),
        VitalSign.code,
        VitalSign.effective_at.desc(),
        VitalSign.id.desc(),
    ),
)


_HISTORY_TOGETHER = Together(*_HISTORY)
_CHART = Together(*_NOTE, *_HISTORY)


def history_of(session: PortalSession, *, patient_id: UUID) -> History:
    """Problems, allergies, medications and the latest vital signs. One query."""
    return _history(_HISTORY_TOGETHER.read(session, patient=patient_id))


def _history(found: FoundTogether) -> History:
    return History(
        conditions=found.all(Condition),
        # By name within the order asked for: the names are sealed.
        allergies=sorted(found.all(Allergy), key=lambda one: (one.criticality, one.display.casefold())),
        medications=found.all(Medication),
        vitals=found.all(VitalSign),
    )


def chart_of_visit(session: PortalSession, *, visit: Visit) -> tuple[NoteView, History]:
    """A visit's note and its patient's history, in one query."""
    found = _CHART.read(session, visit=visit.id, reader=session.principal.user_id, patient=visit.patient_id)
    return _note_view(session, visit, found), _history(found)


def hashes_of(session: PortalSession, *, patient_id: UUID, words: Collection[str]) -> list[bytes]:
    """Keyed hashes of a patient's words, in an order that says nothing of the text's."""
    place = f"charting.note_words|{patient_id}"
    return sorted(keyed_hash(session, place, word.encode())[:16] for word in words)


def notes_with_words(session: PortalSession, *, patient_id: UUID, text: str) -> list[FoundNote]:
    """A patient's signed notes that hold every word of `text`, the latest first. Up to 3 queries."""
    wanted = words_asked(text)
    hashes = hashes_of(session, patient_id=patient_id, words=wanted)
    session.note_read(patient_id, NoteWords.__name__)  # looking is reading, also where nothing is found
    rows = select(NoteWords).where(NoteWords.patient_id == patient_id, NoteWords.word_hashes.overlap(hashes))
    held: dict[UUID, set[bytes]] = {}
    for row in session.scalars(rows):
        held.setdefault(row.note_id, set()).update(row.word_hashes)
    ids = [note_id for note_id, known in held.items() if wanted and known.issuperset(hashes)]
    if not ids:
        return []
    addenda: dict[UUID, list[str]] = {}
    for one in session.scalars(select(Addendum).where(Addendum.note_id.in_(ids)).order_by(Addendum.added_at)):
        addenda.setdefault(one.note_id, []).append(one.text)
    notes = session.scalars(select(Note).where(Note.id.in_(ids)).order_by(Note.signed_at.desc()))
    return [_found(note, addenda.get(note.id, []), wanted) for note in notes]


def _found(note: Note, addenda: Sequence[str], wanted: Collection[str]) -> FoundNote:
    text = note.text
    texts = [*(getattr(text, section) for section in SECTIONS), *addenda]
    excerpts = [pieces for text in texts if (pieces := excerpt(text, wanted))]
    return FoundNote(visit_id=note.visit_id, signed_at=note.signed_at or note.saved_at, excerpts=excerpts)
