"""A note is started, saved in versions, signed, added to. Nothing typed is lost and nothing signed is changed."""

import hmac
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.charting.events import NoteSigned
from portal.charting.models import Addendum, Note, NoteConflict, NoteDiagnosis
from portal.charting.operations.words import index_addendum, index_note
from portal.charting.queries import diagnoses_of, open_conflicts
from portal.charting.rules import NoteText, canonical_note, diagnosis_by_code, outcome_of_save
from portal.kernel.db import PortalSession, constraint_of, keyed_hash
from portal.kernel.errors import Conflict, Forbidden, NotFound, PortalError
from portal.kernel.events import emit
from portal.patients import grant_access
from portal.visits import visit_by_id


class NoteConflicts(Conflict):
    """The text was written upon an older version; keep it with `keep_losing_text`. `version` is the stored one."""

    code = "note-conflict"

    def __init__(self, version: int) -> None:
        super().__init__(f"stored version is {version}")
        self.version = version


class NoteIsSigned(Conflict):
    """A signed note changes by an addendum only."""

    code = "note-is-signed"


class NoteNotSigned(Conflict):
    """An addendum needs a signed note."""

    code = "note-not-signed"


class NoteEmpty(PortalError):
    """There is nothing to sign, or nothing to add."""

    code = "note-empty"


class NotYourNote(Forbidden):
    """Another clinician writes this note."""

    code = "not-your-note"


class UnknownDiagnosis(PortalError):
    """Not a billable code of ICD-10-CM."""

    code = "unknown-diagnosis"


def start_note(
    session: PortalSession, *, visit_id: UUID, text: NoteText | None = None, editor: UUID | None = None, now: datetime
) -> Note:
    """The visit's note, begun by the signed-in clinician; raises NotFound, NoteConflicts when there is one already."""
    visit = visit_by_id(session, visit_id=visit_id)
    if visit is None:
        raise NotFound
    note = Note(
        patient_id=visit.patient_id,
        visit_id=visit.id,
        practitioner_id=visit.practitioner_id,
        author_id=session.principal.actor_id,
        version=1,
        editor=editor,
        started_at=now,
        saved_at=now,
    )
    note.put((text or NoteText()).normalised())
    try:
        with session.begin_nested():
            session.add(note)
            session.flush()
    except IntegrityError as error:
        if constraint_of(error) == "uq_note_tenant_id_visit_id":
            raise NoteConflicts(1) from error
        raise
    return note


def save_draft(
    session: PortalSession, *, note_id: UUID, version: int, text: NoteText, editor: UUID | None = None, now: datetime
) -> int:
    """Store what was written upon `version`; returns the version that is stored now.

    `editor`: the open page, so that a save whose answer was lost does not conflict with itself.
    Raises NotFound, NoteIsSigned, NotYourNote, NoteConflicts.
    """
    note = _draft(session, note_id)
    outcome = outcome_of_save(
        stored_version=note.version,
        stored_text=note.text,
        stored_editor=note.editor,
        base_version=version,
        text=text,
        editor=editor,
    )
    if outcome == "conflict":
        raise NoteConflicts(note.version)
    if outcome == "newer":
        note.put(text.normalised())
        note.version, note.editor, note.saved_at = note.version + 1, editor, now
        session.flush()
    return note.version


def keep_losing_text(
    session: PortalSession, *, note_id: UUID, version: int, text: NoteText, editor: UUID | None = None, now: datetime
) -> UUID:
    """Keep text that was written upon an older version; the same page's is kept once, in its latest form."""
    note = session.get(Note, (session.tenant_id, note_id))
    if note is None:
        raise NotFound
    for earlier in open_conflicts(session, note_id=note_id):
        if earlier.text.normalised() == text.normalised():
            return earlier.id
    kept = NoteConflict(
        patient_id=note.patient_id,
        note_id=note.id,
        author_id=session.principal.actor_id,
        base_version=version,
        editor=editor,
        kept_at=now,
    )
    kept.put(text.normalised())
    session.add(kept)
    session.flush()
    return kept.id


def settle_conflicts(session: PortalSession, *, note_id: UUID, version: int, text: NoteText, now: datetime) -> int:
    """The clinician has put both versions together: store that, and close what was open. Raises as `save_draft`."""
    stored = save_draft(session, note_id=note_id, version=version, text=text, now=now)
    close_conflicts(session, note_id=note_id, now=now)
    return stored


def close_conflicts(session: PortalSession, *, note_id: UUID, now: datetime) -> None:
    """Nothing of the texts that lost is wanted any more; they stay on file."""
    for one in open_conflicts(session, note_id=note_id):
        one.settled_at = now
    session.flush()


def add_diagnosis(session: PortalSession, *, note_id: UUID, code: str) -> None:
    """Add a billable diagnosis; one that is there already stays. Raises UnknownDiagnosis and as `save_draft`."""
    note = _draft(session, note_id)
    diagnosis = diagnosis_by_code(code)
    if diagnosis is None:
        raise UnknownDiagnosis
    known = diagnoses_of(session, note_id=note_id)
    if any(one.code == code for one in known):
        return
    session.add(
        NoteDiagnosis(
            patient_id=note.patient_id,
            note_id=note.id,
            code=diagnosis.code,
            display=diagnosis.display,
            rank=max((one.rank for one in known), default=0) + 1,
        )
    )
    session.flush()


def remove_diagnosis(session: PortalSession, *, note_id: UUID, code: str) -> None:
    """Take a diagnosis out of a draft; raises as `save_draft`."""
    _draft(session, note_id)
    for one in diagnoses_of(session, note_id=note_id):
        if one.code == code:
            session.delete(one)
    session.flush()


def sign_note(session: PortalSession, *, note_id: UUID, version: int, now: datetime) -> Note:
    """Sign what is stored as `version`: from here on it never changes, and its author is of the care team.

    Raises NotFound, NoteIsSigned, NotYourNote, NoteConflicts, NoteEmpty.
    """
    note = _draft(session, note_id)
    if version != note.version or open_conflicts(session, note_id=note_id):
        raise NoteConflicts(note.version)
    if note.text.is_empty:
        raise NoteEmpty
    signer = session.principal.actor_id
    diagnoses = [(one.code, one.display) for one in diagnoses_of(session, note_id=note_id)]
    content = canonical_note(note.text, diagnoses, visit_id=note.visit_id, signed_by=signer)
    note.content_digest = digest_of(session, content)
    note.status, note.signed_at, note.signed_by = "signed", now, signer
    session.flush()
    index_note(session, note)
    grant_access(
        session,
        patient_id=note.patient_id,
        user_id=signer,
        basis="care-team",
        reason=str(note.id),
        until=None,
        now=now,
    )
    signed = NoteSigned(
        note_id=note.id, visit_id=note.visit_id, patient_id=note.patient_id, practitioner_id=note.practitioner_id
    )
    emit(session, signed, now=now)
    return note


def is_unaltered(session: PortalSession, *, note: Note) -> bool:
    """Whether a signed note is still what was signed."""
    if note.signed_by is None or note.content_digest is None:
        return False
    diagnoses = [(one.code, one.display) for one in diagnoses_of(session, note_id=note.id)]
    content = canonical_note(note.text, diagnoses, visit_id=note.visit_id, signed_by=note.signed_by)
    return hmac.compare_digest(note.content_digest, digest_of(session, content))


def digest_of(session: PortalSession, content: bytes) -> bytes:
    """Keyed: short notes could be guessed from a plain digest."""
    return keyed_hash(session, "charting.note", content)


def add_addendum(session: PortalSession, *, note_id: UUID, text: str, now: datetime) -> Addendum:
    """Add to a signed note; raises NotFound, NoteNotSigned, NoteEmpty."""
    note = session.get(Note, (session.tenant_id, note_id))
    if note is None:
        raise NotFound
    if not note.is_signed:
        raise NoteNotSigned
    if not text.strip():
        raise NoteEmpty
    addendum = Addendum(
        patient_id=note.patient_id,
        note_id=note.id,
        author_id=session.principal.actor_id,
        text=text.strip(),
        added_at=now,
    )
    session.add(addendum)
    session.flush()
    index_addendum(session, addendum)
    return addendum


def _draft(session: PortalSession, note_id: UUID) -> Note:
    """The note, locked; a change by anybody else waits for this transaction."""
    # A lock is given on rows only that one may change: what is missing is told apart by a plain look. It leaves the key
    # free, since the text that loses is kept in a second transaction while this one is still open.
    note = session.scalar(
        select(Note)
        .where(Note.id == note_id, Note.status == "draft", Note.author_id == session.principal.actor_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if note is not None:
        return note
    seen = session.scalar(select(Note).where(Note.id == note_id).execution_options(populate_existing=True))
    if seen is None:
        raise NotFound
    raise NoteIsSigned if seen.is_signed else NotYourNote
