"""The administrator's editor of what can be booked."""

from typing import Any
from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from portal.kernel.locale import gettext as _
from portal.scheduling.access import Permission
from portal.scheduling.forms import VisitTypeForm
from portal.scheduling.models import VisitType
from portal.scheduling.operations import CodeTaken, create_visit_type, update_visit_type
from portal.scheduling.queries import visit_type_by_id, visit_types
from portal.scheduling.routes.blueprint import blueprint
from portal.scheduling.routes.shared import length_text, prices
from portal.web.access import db, requires
from portal.web.pages import found, refused, render, see
from portal.web.transactions import writes
from portal.web.translated import stored_texts, texts_of

PLAIN = (
    "modality",
    "minutes",
    "buffer_before",
    "buffer_after",
    "lead_minutes",
    "horizon_days",
    "change_minutes",
    "position",
    "active",
)


@blueprint.route("/staff/visit-types")
@requires(Permission.VISIT_TYPE_EDIT, purpose="scheduling")
def visit_type_list() -> ResponseReturnValue:
    """All of them, those that are switched off too."""
    known = visit_types(db(), include_inactive=True)
    return render(
        "scheduling/visit_types.html",
        visit_types=known,
        prices=prices(known),
        lengths={one.id: length_text(one.minutes) for one in known},
    )


@blueprint.route("/staff/visit-types/new", methods=["GET", "POST"])
@requires(Permission.VISIT_TYPE_EDIT, purpose="scheduling")
@writes
def visit_type_new() -> ResponseReturnValue:
    """A further one."""
    form = VisitTypeForm()
    if form.validate_on_submit():
        try:
            create_visit_type(db(), code=str(form.code.data), **_values(form))
            return see("scheduling.visit_type_list")
        except CodeTaken:
            form.code.errors = [_("Another visit type has this code.")]
    show = render if request.method == "GET" else refused
    return show("scheduling/visit_type.html", form=form, visit_type=None)


@blueprint.route("/staff/visit-types/<uuid:visit_type>", methods=["GET", "POST"])
@requires(Permission.VISIT_TYPE_EDIT, purpose="scheduling")
@writes
def visit_type_edit(visit_type: UUID) -> ResponseReturnValue:
    """Change one; its code stays."""
    known = found(visit_type_by_id(db(), visit_type_id=visit_type))
    form = VisitTypeForm(data=_stored(known))
    # The code is not asked for again.
    del form.code
    if form.validate_on_submit():
        update_visit_type(db(), visit_type_id=visit_type, **_values(form))
        return see("scheduling.visit_type_list")
    show = render if request.method == "GET" else refused
    return show("scheduling/visit_type.html", form=form, visit_type=known)


def _values(form: VisitTypeForm) -> dict[str, Any]:
    texts = {"names": texts_of(form, "name"), "descriptions": texts_of(form, "about")}
    return {**texts, **{name: form[name].data for name in PLAIN}}


def _stored(known: VisitType) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(known, name) for name in PLAIN}
    return values | stored_texts(known.names, "name") | stored_texts(known.descriptions, "about")
