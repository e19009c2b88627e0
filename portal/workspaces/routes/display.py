"""Light, dark or high contrast: the reader's own choice, signed in or not, kept by their browser alone."""

from flask import request
from flask.typing import ResponseReturnValue

from portal.web.access import public
from portal.web.pages import refused, render, see_next
from portal.web.schemes import chosen_scheme, remember_scheme
from portal.workspaces.display_forms import DisplayForm
from portal.workspaces.routes import home as blueprint


@blueprint.route("/display", methods=["GET", "POST"])
@public("Everybody may say how pages look to them; their browser keeps it")
def display() -> ResponseReturnValue:
    """Ask, keep the answer, and lead back to where the reader was."""
    form = DisplayForm(data={"scheme": chosen_scheme(), "next": request.args.get("next", "")})
    if form.validate_on_submit():
        return remember_scheme(see_next(form.next.data, "home.clinic_page"), str(form.scheme.data))
    show = refused if request.method == "POST" else render
    return show("home/display.html", form=form)
