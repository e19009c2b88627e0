"""Which words a signed note has is kept as keyed hashes, so that sealed notes are found by their words.

A hash is bound to its patient: who steals the table sees neither words nor which patients share them.
"""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from portal.charting.models import Addendum, Note, NoteWords
from portal.charting.queries import hashes_of
from portal.charting.rules import words_in
from portal.kernel.db import PortalSession
from portal.kernel.ids import new_id

#: Notes and addenda that one round takes in.
BATCH = 300


def index_note(session: PortalSession, note: Note) -> None:
    """Keep the words of a note, in the transaction that signs it."""
    text = note.text
    words = words_in("\n".join((text.subjective, text.objective, text.assessment, text.plan)))
    _keep(session, note.patient_id, words, note_id=note.id)


def index_addendum(session: PortalSession, addendum: Addendum) -> None:
    """Keep the words of an addendum, in the transaction that adds it."""
    words = words_in(addendum.text)
    _keep(session, addendum.patient_id, words, note_id=addendum.note_id, addendum_id=addendum.id)


def index_missing(session: PortalSession) -> int:
    """Take in what was signed before words were kept; returns how many notes and addenda."""
    has_words = select(NoteWords.id).where(NoteWords.note_id == Note.id, NoteWords.addendum_id.is_(None))
    notes = session.scalars(select(Note).where(Note.status == "signed", ~has_words.exists()).limit(BATCH)).all()
    for note in notes:
        index_note(session, note)
    has_words = select(NoteWords.id).where(NoteWords.addendum_id == Addendum.id)
    addenda = session.scalars(select(Addendum).where(~has_words.exists()).limit(BATCH)).all()
    for addendum in addenda:
        index_addendum(session, addendum)
    return len(notes) + len(addenda)


def _keep(
    session: PortalSession,
    patient_id: UUID,
    words: frozenset[str],
    *,
    note_id: UUID,
    addendum_id: UUID | None = None,
) -> None:
    # A second round at the same moment finds its row there already.
    row = insert(NoteWords).values(
        tenant_id=session.tenant_id,
        id=new_id(),
        patient_id=patient_id,
        note_id=note_id,
        addendum_id=addendum_id,
        word_hashes=hashes_of(session, patient_id=patient_id, words=words),
    )
    session.access.written.setdefault(patient_id, set()).add(NoteWords.__name__)
    session.execute(row.on_conflict_do_nothing())
