"""Each line after a remark breaks the rule that the remark names. Read by semgrep only, never run."""

import datetime
import hashlib
import logging
import pickle

import flask
import httpx
import jinja2
import requests
import sqlalchemy
from markupsafe import Markup

log = logging.getLogger(__name__)


def bad(session, name, password, value):
    # ruleid: sql-made-of-strings
    session.execute(sqlalchemy.text(f"SELECT {name}"))
    # ruleid: sql-made-of-strings
    session.execute(sqlalchemy.text("SELECT " + name))
    # ruleid: http-past-the-one-way-out
    requests.get(name)
    # ruleid: http-past-the-one-way-out
    httpx.Client()
    # ruleid: clock-read-in-passing
    datetime.datetime.now(datetime.UTC)
    # ruleid: clock-read-in-passing
    datetime.date.today()
    # ruleid: template-from-a-string
    flask.render_template_string(name)
    # ruleid: template-from-a-string
    jinja2.Template(name)
    # ruleid: unsafe-reader
    pickle.loads(value)
    # ruleid: unsafe-reader
    eval(name)
    # ruleid: log-made-of-strings
    log.info(f"seen {name}")
    # ruleid: secret-under-a-bare-hash
    hashlib.sha256(password)
    # ruleid: secret-under-a-bare-hash
    hashlib.sha1(value)
    # ruleid: markup-that-is-not-constant
    Markup(name)
    # ruleid: address-of-another-origin-in-a-redirect
    return flask.redirect(flask.request.args["next"])
