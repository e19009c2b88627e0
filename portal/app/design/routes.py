"""Routes of /design."""

from flask import Blueprint, Response, request

from portal.app.design.overview import examples
from portal.app.design.samples import SHEETS
from portal.app.design.variants import MODES, Sample, variants
from portal.web.access import public
from portal.web.components import component_names, declaration
from portal.web.pages import found, render


def design_blueprint() -> Blueprint:
    """The overview, a sheet for each component, and the visit page's frame."""
    blueprint = Blueprint("design", __name__)

    @blueprint.get("/design")
    @public("the design system's examples, in the demo only; holds nothing of anybody")
    def index() -> Response:
        return render("design/index.html", names=component_names(), **examples())

    @blueprint.get("/design/<name>")
    @public("the design system's examples, in the demo only; holds nothing of anybody")
    def component(name: str) -> Response:
        sheet = found(SHEETS.get(name))
        mode = request.args.get("text", "")
        shown = variants(declaration(name), sheet, Sample(mode=mode if mode in MODES else MODES[0]))
        return render("design/component.html", declared=declaration(name), shown=shown, mode=mode, modes=MODES)

    @blueprint.get("/design/visit")
    @public("the design system's examples, in the demo only; holds nothing of anybody")
    def visit() -> Response:
        return render("design/visit.html", **examples())

    return blueprint
