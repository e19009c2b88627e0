"""Pages that show several contexts at once: for visitors and patients (`home`), and for staff (`workspaces`)."""

from flask import Blueprint

home = Blueprint("home", __name__, url_prefix="/<clinic>")
blueprint = Blueprint("workspaces", __name__, url_prefix="/<clinic>")
blueprints = (home, blueprint)

from portal.workspaces.routes import (  # noqa: E402  # they hang on the blueprints
    access_pages,  # noqa: F401
    audit_alerts,  # noqa: F401
    audit_record,  # noqa: F401
    board,  # noqa: F401
    clinic_page,  # noqa: F401
    display,  # noqa: F401
    emergencies,  # noqa: F401
    home_page,  # noqa: F401
    keys,  # noqa: F401
    leaving,  # noqa: F401
    my_day,  # noqa: F401
    offline,  # noqa: F401
    operations_page,  # noqa: F401
    previews,  # noqa: F401
    running,  # noqa: F401
    visit_page,  # noqa: F401
)
