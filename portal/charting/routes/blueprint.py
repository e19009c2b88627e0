"""The blueprint, and what its pages share."""

from uuid import UUID

from flask import Blueprint, Response, request

from portal.charting.forms import sensitivity_choices
from portal.charting.rules import SECTIONS, NoteText
from portal.charting.wording import sensitivity_name
from portal.web.access import safe_next
from portal.web.pages import see_next

blueprint = Blueprint("charting", __name__, url_prefix="/<clinic>")


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    """The note is a part of the visit's page, too."""
    return {"sensitivity_name": sensitivity_name, "sensitivity_choices": sensitivity_choices}


#: More than anybody writes in a section; a browser's form is refused above it.
LONGEST = 50_000


def written_text() -> NoteText:
    """The four sections that the form holds."""
    return NoteText(**{section: request.form.get(section, "")[:LONGEST] for section in SECTIONS}).normalised()


def written_version() -> int:
    """The version that the form's text was written upon; 0 before anything was stored."""
    given = request.form.get("version", "")
    return int(given) if given.isdecimal() and len(given) < 9 else 0


def page_token() -> UUID | None:
    """The open page that sends the form."""
    try:
        return UUID(request.form.get("editor", ""))
    except ValueError:
        return None


def next_path() -> str | None:
    """The page of which the note is a part, where it is not the note's own."""
    return safe_next(request.values.get("next"))


def back_to_note(visit: UUID) -> Response:
    """To the page that the note is a part of."""
    return see_next(next_path(), "charting.note", visit=visit)
