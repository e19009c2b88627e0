"""The note of a visit: written, saved by itself, coded, signed, added to.

One form holds the text and every button, so that nothing typed is lost whichever is pressed, with or without
JavaScript. What is searched for is sent in the request's body: it tells of the patient's health.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import jsonify, request, url_for
from flask.typing import ResponseReturnValue

from portal.charting.access import Permission
from portal.charting.operations import (
    NoteConflicts,
    NoteEmpty,
    NoteIsSigned,
    NoteNotSigned,
    UnknownDiagnosis,
    add_addendum,
    add_diagnosis,
    keep_losing_text,
    remove_diagnosis,
    save_draft,
    sign_note,
    start_note,
)
from portal.charting.queries import NoteView, note_of_visit, note_view
from portal.charting.routes.blueprint import (
    back_to_note,
    blueprint,
    next_path,
    page_token,
    written_text,
    written_version,
)
from portal.charting.rules import NoteText, search_diagnoses
from portal.kernel.db import PortalSession
from portal.kernel.locale import gettext as _
from portal.patients import patient_by_id
from portal.web.access import db, now, requires
from portal.web.pages import found, refused, render, see, wants_fragment
from portal.web.transactions import in_second_transaction, writes

#: Parts that the note's own page and the visit's page, which both include them, ask for anew.
LIVE_LIST = "charting/_diagnoses.html"


@blueprint.get("/staff/visits/<uuid:visit>/note")
@requires(Permission.NOTE_WRITE, purpose="care")
def note(visit: UUID) -> ResponseReturnValue:
    """The whole page; its live part is the list of diagnoses."""
    return render(LIVE_LIST if wants_fragment() else "charting/note.html", **_context(visit))


@blueprint.post("/staff/visits/<uuid:visit>/note")
@requires(Permission.NOTE_WRITE, purpose="care")
@writes
def save_note(visit: UUID) -> ResponseReturnValue:
    """Save, then do what the button says: save, search, add:CODE, remove:CODE."""
    found(note_view(db(), visit_id=visit))
    action, _colon, code = (request.form.get("action") or "save").partition(":")
    # Signing has an address of its own.
    return _save_and(visit, "save" if action == "sign" else action, code)


@blueprint.post("/staff/visits/<uuid:visit>/note/sign")
@requires(Permission.NOTE_WRITE, purpose="care", step_up="sign")
@writes
def sign(visit: UUID) -> ResponseReturnValue:
    """Save, then sign: the same form with an address of its own, since a second factor was shown for it."""
    found(note_view(db(), visit_id=visit))
    return _save_and(visit, "sign", "")


def _save_and(visit: UUID, action: str, code: str) -> ResponseReturnValue:
    if action != "sign" and wants_fragment():
        return _change_diagnoses_only(visit, action, code)
    try:
        note_id, version = _save(db(), visit, now=now())
        if action == "sign":
            sign_note(db(), note_id=note_id, version=version, now=now())
        elif action in {"add", "remove"}:
            _change_diagnosis(note_id, action, code)
    except (NoteConflicts, NoteIsSigned):
        return _keep_and_show_both(visit)
    except NoteEmpty:
        return _refused(visit, _("There is nothing to sign. Write the note first."))
    except UnknownDiagnosis:
        return _refused(visit, _("Choose a diagnosis from the list."))
    if request.headers.get("X-Autosave"):
        return jsonify(version=version)
    if action == "search":
        return render("charting/note.html", **_context(visit, query=request.form.get("q", "")))
    return back_to_note(visit)


@blueprint.post("/staff/visits/<uuid:visit>/note/diagnoses")
@requires(Permission.NOTE_WRITE, purpose="care")
def find_diagnoses(visit: UUID) -> ResponseReturnValue:
    """Diagnoses by the beginnings of words or of the code; for the live search."""
    return render("charting/_results.html", **_context(visit, query=request.form.get("q", "")))


@blueprint.post("/staff/visits/<uuid:visit>/note/addenda")
@requires(Permission.NOTE_WRITE, purpose="care", step_up="sign")
@writes
def addendum(visit: UUID) -> ResponseReturnValue:
    """Add to the signed note."""
    stored = found(note_of_visit(db(), visit_id=visit))
    text = request.form.get("addendum", "")[:50_000]
    try:
        add_addendum(db(), note_id=stored.id, text=text, now=now())
    except NoteEmpty:
        return _refused(visit, _("Write what you want to add."))
    except NoteNotSigned:
        return see("charting.note", visit=visit)
    return back_to_note(visit)


def _save(session: PortalSession, visit: UUID, *, now: datetime) -> tuple[UUID, int]:
    """The note's id and the version that is stored now."""
    stored = note_of_visit(session, visit_id=visit)
    if stored is None:
        begun = start_note(session, visit_id=visit, text=written_text(), editor=page_token(), now=now)
        return begun.id, begun.version
    version = save_draft(
        session, note_id=stored.id, version=written_version(), text=written_text(), editor=page_token(), now=now
    )
    return stored.id, version


def _keep_and_show_both(visit: UUID) -> ResponseReturnValue:
    """What was written is kept, even though this request is refused; then both versions are shown."""
    autosaved = bool(request.headers.get("X-Autosave"))
    if autosaved:
        with in_second_transaction() as short:
            _keep(short, visit)
    else:
        _keep(db(), visit)
    address = url_for("charting.conflict", visit=visit, next=next_path())
    if autosaved:
        return jsonify(url=address), 409
    return see("charting.conflict", visit=visit, next=next_path())


def _keep(session: PortalSession, visit: UUID) -> None:
    stored = found(note_of_visit(session, visit_id=visit))
    keep_losing_text(
        session, note_id=stored.id, version=written_version(), text=written_text(), editor=page_token(), now=now()
    )


def _change_diagnoses_only(visit: UUID, action: str, code: str) -> ResponseReturnValue:
    """The live list: the text is saved on its own way."""
    problem = ""
    try:
        stored = note_of_visit(db(), visit_id=visit)
        if stored is None:
            stored = start_note(db(), visit_id=visit, editor=page_token(), now=now())
        _change_diagnosis(stored.id, action, code)
    except (NoteConflicts, NoteIsSigned):
        problem = _("The note was changed in another place. Load this page again.")
    except UnknownDiagnosis:
        problem = _("Choose a diagnosis from the list.")
    return render(LIVE_LIST, **_context(visit, problem=problem))


def _change_diagnosis(note_id: UUID, action: str, code: str) -> None:
    if action == "add":
        add_diagnosis(db(), note_id=note_id, code=code)
    elif action == "remove":
        remove_diagnosis(db(), note_id=note_id, code=code)


def _refused(visit: UUID, error: str) -> ResponseReturnValue:
    return refused("charting/note.html", **_context(visit, error=error, text=written_text()))


def _context(
    visit: UUID, *, query: str = "", problem: str = "", error: str = "", text: NoteText | None = None
) -> dict[str, Any]:
    view: NoteView = found(note_view(db(), visit_id=visit))
    if text is not None and not (view.note and view.note.is_signed):
        view = replace(view, text=text)
    return {
        "note_view": view,
        "note_next": next_path(),
        "note_problem": problem,
        "note_error": error,
        "diagnosis_query": query,
        "diagnosis_results": search_diagnoses(query) if query else [],
        "person": found(patient_by_id(db(), patient_id=view.patient_id)),
        "typed_addendum": request.form.get("addendum", ""),
    }
