"""What the rules let pass. Read by semgrep only, never run."""

import hashlib
import logging

import flask
import httpx
import sqlalchemy
from markupsafe import Markup

from portal.kernel.clock import utc_now

log = logging.getLogger(__name__)


def good(session, client, name, content):
    session.execute(sqlalchemy.text("SELECT :name"), {"name": name})
    client.get("/")
    httpx.Timeout(5)
    utc_now()
    flask.render_template("page.html", name=name)
    log.info("seen %s", name)
    hashlib.sha256(content)
    Markup("<br>")
    return flask.redirect(flask.url_for("home"))
