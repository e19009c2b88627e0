"""Messages that did not arrive: for whoever answers for the clinic. Names no person and no content."""

from datetime import timedelta

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from portal.notifications.access import Permission
from portal.notifications.queries import TROUBLES, failed_deliveries
from portal.notifications.wording import CHANNELS, TROUBLE_WORDS, template_title
from portal.web.access import db, now, requires
from portal.web.pages import render
from portal.web.paging import asked_place, ways

blueprint = Blueprint("notifications", __name__, url_prefix="/<clinic>")
SHOWN = timedelta(days=14)


@blueprint.route("/staff/messages")
@requires(Permission.TROUBLE_LIST, purpose="notifications")
def troubles() -> ResponseReturnValue:
    """Failed and uncertain messages of two weeks, newest first."""
    show = request.args.get("show", "")
    state = show if show in TROUBLES else None
    page = failed_deliveries(db(), since=now() - SHOWN, state=state, after=asked_place())
    return render(
        "notifications/troubles.html",
        page=page,
        show=state or "",
        ways=ways(page, "notifications.troubles", show=state),
        days=SHOWN.days,
        channels=CHANNELS,
        troubles=TROUBLE_WORDS,
        title_of=template_title,
    )
