"""The clinician's visit page."""

from uuid import UUID

from flask.typing import ResponseReturnValue

from portal.visits import Permission, visit_by_id
from portal.web.access import db, requires
from portal.web.pages import found, render
from portal.workspaces.routes import blueprint


@blueprint.get("/staff/visits/<uuid:visit>")
@requires(Permission.VISIT_CONDUCT, purpose="care")
def visit_page(visit: UUID) -> ResponseReturnValue:
    """Before, during and after."""
    known = found(visit_by_id(db(), visit_id=visit))
    return render("workspaces/visit.html", visit=known)
