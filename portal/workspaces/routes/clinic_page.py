"""The clinic's own page, for everybody: what it offers, who works there, and where to begin."""

from flask import url_for
from flask.typing import ResponseReturnValue

from portal.web.access import clinic, db, now, principal, public
from portal.web.pages import render
from portal.workspaces.clinic_page import clinic_page as page_of
from portal.workspaces.routes import home as blueprint


@blueprint.get("/")
@public("Everybody may see what the clinic offers and who works there")
def clinic_page() -> ResponseReturnValue:
    """Services, clinicians, and the way in."""
    page = page_of(db(), jurisdiction=clinic().jurisdiction, now=now())
    onward = url_for("home.start")
    begin = onward if principal().is_signed_in else url_for("identity.sign_in", next=onward)
    return render("home/clinic_page.html", page=page, begin=begin)
