"""Messages that did not arrive: for whoever answers for the clinic. Names no person and no content."""

from datetime import timedelta

from flask import Blueprint
from flask.typing import ResponseReturnValue

from portal.notifications.access import Permission
from portal.notifications.queries import failed_deliveries
from portal.notifications.wording import CHANNELS, TROUBLES, template_title
from portal.web.access import db, now, requires
from portal.web.pages import render

blueprint = Blueprint("notifications", __name__, url_prefix="/<clinic>")
SHOWN = timedelta(days=14)


@blueprint.route("/staff/messages")
@requires(Permission.TROUBLE_LIST, purpose="notifications")
def troubles() -> ResponseReturnValue:
    """Failed and uncertain messages of two weeks, newest first."""
    rows = failed_deliveries(db(), since=now() - SHOWN)
    return render(
        "notifications/troubles.html",
        rows=rows,
        days=SHOWN.days,
        channels=CHANNELS,
        troubles=TROUBLES,
        title_of=template_title,
    )
