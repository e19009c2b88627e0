"""The list of keys: a page, and the dialog that shows the same."""

from flask.typing import ResponseReturnValue

from portal.web.access import requires
from portal.web.pages import render
from portal.workspaces.access import Permission
from portal.workspaces.keys import ALL
from portal.workspaces.routes import blueprint


@blueprint.get("/staff/keys")
@requires(Permission.BOARD_READ, purpose="board")
def keys() -> ResponseReturnValue:
    """All keys of all pages."""
    return render("workspaces/keys.html", fragment="list", places=ALL)
