"""The clinician's visit: what to know before admitting, the call beside the note, and what follows. One address."""

from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from portal.charting import unit_name, vital_name
from portal.visits import Permission
from portal.web.access import db, now, requires
from portal.web.pages import allow_camera, found, render, unchanged, wants_fragment
from portal.workspaces.pulse import pulse
from portal.workspaces.routes import blueprint
from portal.workspaces.visit_page import standing_of, visit_page_of


@blueprint.get("/staff/visits/<uuid:visit>")
@requires(Permission.VISIT_CONDUCT, purpose="care", polled=True)
def visit_page(visit: UUID) -> ResponseReturnValue:
    """Before, during and after. Before, it asks again by itself whether the patient has come."""
    version = pulse(db(), now=now())
    again = url_for("workspaces.visit_page", visit=visit, version=version)
    if wants_fragment():
        if request.args.get("version") == version:
            return unchanged()
        standing = found(standing_of(db(), visit_id=visit))
        return render("workspaces/visit.html", fragment="standing", standing=standing, again=again)
    page = found(visit_page_of(db(), visit_id=visit, now=now()))
    if page.standing.stage == "during":
        allow_camera()
    here = url_for("workspaces.visit_page", visit=visit)
    return render(
        "workspaces/visit.html",
        page=page,
        standing=page.standing,
        again=again,
        here=here,
        note_next=f"{here}#note",
        unit_name=unit_name,
        vital_name=vital_name,
        csrf=generate_csrf(),
    )
