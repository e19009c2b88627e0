"""Two versions of a note: both are shown, and the clinician puts them together. Nothing was overwritten."""

from typing import Any
from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from portal.charting.access import Permission
from portal.charting.models import Note, NoteConflict
from portal.charting.operations import NoteConflicts, NoteIsSigned, settle_conflicts
from portal.charting.operations.notes import close_conflicts
from portal.charting.queries import note_of_visit, open_conflicts
from portal.charting.routes.blueprint import back_to_note, blueprint, next_path, written_text, written_version
from portal.charting.rules import SECTIONS, NoteText
from portal.kernel.locale import gettext as _
from portal.web.access import db, now, requires
from portal.web.pages import found, refused, render
from portal.web.transactions import writes


@blueprint.route("/staff/visits/<uuid:visit>/note/conflict", methods=["GET", "POST"])
@requires(Permission.NOTE_WRITE, purpose="care")
@writes
def conflict(visit: UUID) -> ResponseReturnValue:
    """Each section with what is stored and what was typed elsewhere."""
    note = found(note_of_visit(db(), visit_id=visit))
    losing = open_conflicts(db(), note_id=note.id)
    if not losing:
        return back_to_note(visit)
    if request.method == "GET":
        return render("charting/conflict.html", **_context(note, losing))
    if note.is_signed:
        close_conflicts(db(), note_id=note.id, now=now())
        return back_to_note(visit)
    try:
        settle_conflicts(db(), note_id=note.id, version=written_version(), text=written_text(), now=now())
    except (NoteConflicts, NoteIsSigned):
        error = _("The note was changed once more. Compare again; what you wrote is still below.")
        return refused("charting/conflict.html", **_context(note, losing, error=error, text=written_text()))
    return back_to_note(visit)


def _context(
    note: Note, losing: list[NoteConflict], *, error: str = "", text: NoteText | None = None
) -> dict[str, Any]:
    return {
        "note": note,
        "losing": losing,
        "merged": text or _together(note.text, [one.text for one in losing]),
        "sections": SECTIONS,
        "error": error,
        "note_next": next_path(),
    }


def _together(stored: NoteText, others: list[NoteText]) -> NoteText:
    """Each section once, and below it what the others have that it has not."""
    joined = {}
    for section in SECTIONS:
        parts = [getattr(stored, section)]
        for other in others:
            typed = getattr(other, section)
            if typed.strip() and all(typed.strip() not in part for part in parts):
                parts = [part for part in parts if part.strip() not in typed] + [typed]
        joined[section] = "\n\n".join(part for part in parts if part.strip())
    return NoteText(**joined)
