"""An administrator says how the clinic looks; everybody fetches the logo."""

from typing import Any
from uuid import UUID

from flask import flash, make_response, request
from flask.typing import ResponseReturnValue

from portal.audit import record_event
from portal.kernel.locale import gettext as _
from portal.tenancy.access import Permission
from portal.tenancy.forms import LogoForm, LookForm
from portal.tenancy.operations import LookChangedMeanwhile, change_logo, change_look
from portal.tenancy.queries import logo_by_id, looks, own_clinic
from portal.tenancy.routes import blueprint
from portal.tenancy.rules import BadLogo, Look, logo_in, look_in
from portal.web.access import db, now, public, requires
from portal.web.headers import YEAR, public_file, sandbox
from portal.web.pages import found, render, see
from portal.web.schemes import CORNERS, in_each_scheme
from portal.web.transactions import writes

SHOWN = 10


@blueprint.route("/staff/look", methods=["GET", "POST"])
@requires(Permission.LOOK_SET, purpose="look")
@writes
def look() -> ResponseReturnValue:
    """Name, colours and corners; "preview" shows what is written without keeping it."""
    form = LookForm(data=_stored())
    if request.method == "GET":
        return _page(form)
    if "take" in request.form:
        form.take_nearest()
    if not form.validate_on_submit():
        return _page(form, wrong=form, status=422)
    if "preview" in request.form:
        return _page(form)
    try:
        change_look(db(), seen=_seen(form.version.data), look=form.said(), now=now())
    except LookChangedMeanwhile:
        form.form_errors.append(_changed_meanwhile())
        return _page(form, wrong=form, status=409)
    return _saved("look-changed")


@blueprint.post("/staff/look/logo")
@requires(Permission.LOOK_SET, purpose="look")
@writes
def change() -> ResponseReturnValue:
    """Another logo, or none."""
    form = LogoForm()
    removes = "remove" in request.form
    if not removes and not form.validate_on_submit():
        return _page(logo_form=form, wrong=form, status=422)
    content = None if removes else form.logo.data.stream.read()
    try:
        change_logo(db(), seen=_seen(form.version.data), content=content, now=now())
    except BadLogo:
        form.logo.errors = [
            _("We cannot use this picture. Take a PNG or JPEG with few colours and little detail, at most 2 megabytes.")
        ]
        return _page(logo_form=form, wrong=form, status=422)
    except LookChangedMeanwhile:
        form.form_errors.append(_changed_meanwhile())
        return _page(logo_form=form, wrong=form, status=409)
    return _saved("logo-changed")


@blueprint.get("/logo/<uuid:logo>.png")
@public("A clinic's logo stands on its pages, for everybody")
def logo(logo: UUID) -> ResponseReturnValue:
    """The picture: the same for everybody, and never changed."""
    kept = found(logo_by_id(db(), logo_id=logo))
    sandbox()
    response = make_response(kept.content)
    response.content_type = "image/png"
    return public_file(response, seconds=YEAR, immutable=True)


def _stored() -> dict[str, Any]:
    clinic = own_clinic(db())
    said = look_in(clinic.name, clinic.brand)
    return {
        "version": clinic.brand.get("version", "0"),
        "name": said.name,
        "colour": said.colour,
        "dark": said.dark,
        "corner": said.corner,
    }


def _seen(text: str | None) -> int:
    """The version that was on the page; none that there is, where the form was made by hand."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else -1


def _saved(what: str) -> ResponseReturnValue:
    record_event(db(), what=what)
    flash(_("Saved. All pages show it within a minute."), "success")
    return see("tenancy.look")


def _changed_meanwhile() -> str:
    return _(
        "Somebody else has changed how the clinic looks. Open this page again to see it. Nothing of yours was kept."
    )


def _page(
    form: LookForm | None = None,
    *,
    logo_form: LogoForm | None = None,
    wrong: LookForm | LogoForm | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    stored = _stored()
    form = form or LookForm(formdata=None, data=stored)
    near = _shown(form, stored)
    clinic = own_clinic(db())
    return render(
        "tenancy/look.html",
        status=status,
        form=form,
        logo_form=logo_form or LogoForm(formdata=None, data={"version": stored["version"]}),
        wrong=wrong,
        shown=near,
        shades=in_each_scheme(near.colour, near.dark or ""),
        suggests=form is wrong and bool(form.colour.errors or form.dark.errors) and near != form.said(),
        logo=logo_in(clinic.brand),
        versions=looks(db(), limit=SHOWN),
    )


def _shown(form: LookForm, stored: dict[str, Any]) -> Look:
    """What the preview shows: what is written with colours that can be read, or what is in force."""
    if (
        form.colour.process_errors
        or form.dark.process_errors
        or not form.colour.data
        or form.corner.data not in CORNERS
    ):
        return Look(**{name: stored[name] for name in ("name", "colour", "dark", "corner")})
    return form.said().nearest()
