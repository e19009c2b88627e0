"""What a locked session gets in place of what it asked for: the way to the lock page, and back.

A form that comes is sealed into the lock page, which reads to nobody; files are not kept.
"""

from typing import Any, cast

from flask import Response, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.identity.operations import seal_form
from portal.identity.pc_forms import UnlockForm
from portal.web.access import db, fragments_page
from portal.web.origin import refuse_foreign_page
from portal.web.pages import render, wants_fragment


def ask_unlock() -> ResponseReturnValue:
    """What a locked session gets for anything that shows a record: the way to the lock page, and back."""
    if request.method == "POST" and not (wants_fragment() or "X-Autosave" in request.headers):
        # A foreign page's form must not be kept for later: the door asks before these checks are made.
        refuse_foreign_page()
        cast(Any, current_app.extensions["csrf"]).protect()
        fields = [one for one in request.form.items(multi=True) if one[0] != "csrf_token"]
        path = request.full_path.rstrip("?")
        held = seal_form(db(), session_id=g.locked.principal.session_id, path=path, fields=fields)
        return _held_page(held)
    if request.method == "POST" or wants_fragment():
        onward = url_for("identity.lock_page", next=fragments_page())
        return Response(status=401, headers={"HX-Redirect": onward}, mimetype="text/plain")
    return redirect(url_for("identity.lock_page", next=request.full_path.rstrip("?")), 303)


def _held_page(held: str) -> ResponseReturnValue:
    """The lock page, in the request that brought a form: the database knows of a visitor only."""
    form = UnlockForm(formdata=None)
    form.held.data = held
    return render(
        "identity/locked.html",
        form=form,
        who=g.locked.name,
        back=None,
        with_password=True,
        pin=True,
        question=None,
        host="",
        beside=False,
        status=403,
    )
