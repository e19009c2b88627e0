"""The clinic: a page of links to what is set up once and looked after."""

from flask.typing import ResponseReturnValue

from portal.web.access import requires
from portal.web.pages import render
from portal.workspaces.access import Permission
from portal.workspaces.navigation import settings_of_clinic
from portal.workspaces.routes import blueprint


@blueprint.get("/staff/clinic")
@requires(Permission.CLINIC_RUN, purpose="administration")
def running() -> ResponseReturnValue:
    """What may be set up here."""
    return render("workspaces/running.html", places=settings_of_clinic())
