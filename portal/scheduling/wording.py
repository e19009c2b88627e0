"""The language of a visit in words: as patients read it, and as a badge for staff."""

from portal.kernel.locale import gettext as _
from portal.kernel.spoken import spoken_name
from portal.practitioners import Practitioner


def language_text(*, spoken: str, state: str, practitioner: Practitioner) -> str:
    """In which language the visit is talked, and who sees to it. `state` is an appointment's, or will be."""
    language = spoken_name(spoken)
    if spoken in practitioner.languages:
        return _("%(language)s. %(name)s speaks it.", language=language, name=practitioner.name)
    if state == "needed":
        return _("%(language)s, with an interpreter", language=language)
    if state == "arranged":
        return _("%(language)s. An interpreter will be there.", language=language)
    return _("%(language)s, without an interpreter", language=language)


def interpreter_badge(*, spoken: str | None, state: str) -> tuple[str, str] | None:
    """Words and mood of what the desk has still to do, or has done; None where nobody has to interpret."""
    if state == "not-needed" or spoken is None:
        return None
    language = spoken_name(spoken)
    if state == "arranged":
        return _("Interpreter: %(language)s – arranged", language=language), "success"
    return _("Interpreter: %(language)s – not arranged", language=language), "warning"
