"""Pages of the installation rather than of a clinic: the directory, health, and the demo's inbox."""

from flask import Blueprint, current_app, request
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from portal.app.demo import demo_clinics, demo_secret
from portal.identity import current_code
from portal.tenancy import list_clinics
from portal.web.access import db, now, public
from portal.web.pages import render

root_blueprint = Blueprint("root", __name__)
demo_blueprint = Blueprint("demo", __name__)


@root_blueprint.route("/")
@public("The directory of clinics is for everybody")
def index() -> ResponseReturnValue:
    """The clinics of this installation."""
    return render("root/index.html", clinics=list_clinics(db()))


@root_blueprint.route("/healthz")
@public("Asked by the supervisor and load balancers; says nothing of anybody")
def health() -> ResponseReturnValue:
    """200 when the database answers."""
    db().execute(text("SELECT 1"))
    return {"status": "ok"}


@demo_blueprint.route("/dev/inbox")
@public("Demo only: the mail and SMS that the local sinks took")
def inbox() -> ResponseReturnValue:
    """Outgoing messages, newest first, and what the staff's authenticator apps show at this moment."""
    from deploy.partners.inbox import read_inbox

    folder = current_app.extensions["settings"].inbox_dir
    to = request.args.get("to") or None
    people = [(clinic.slug, one.email) for clinic in demo_clinics() for one in clinic.staff]
    people += [(clinic.slug, one.email) for clinic in demo_clinics() for one in clinic.practitioners]
    codes = [(slug, email, current_code(demo_secret(email), now=now())) for slug, email in sorted(people)]
    return render("root/inbox.html", messages=read_inbox(folder, limit=100, to=to), to=to, codes=codes)
