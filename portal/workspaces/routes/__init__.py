"""Pages that show several contexts at once: for visitors and patients (`home`), and for staff (`workspaces`)."""

from flask import Blueprint

home = Blueprint("home", __name__, url_prefix="/<clinic>")
blueprint = Blueprint("workspaces", __name__, url_prefix="/<clinic>")
blueprints = (home, blueprint)

from portal.workspaces.routes import board, my_day, operations_page, visit_page  # noqa: E402,F401  # they hang here
