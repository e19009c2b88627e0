"""The rooms of the house, bottom to top, and how their doors are found."""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from flask import Flask

CONTEXTS = (
    "audit",
    "tenancy",
    "identity",
    "notifications",
    "patients",
    "practitioners",
    "consent",
    "eligibility",
    "triage",
    "scheduling",
    "intake",
    "visits",
    "charting",
    "billing",
    "fhir",
    "workspaces",
)


def modules(part: str) -> list[ModuleType]:
    """Each context's module of that name, for those that have one."""
    found = []
    for context in CONTEXTS:
        name = f"portal.{context}.{part}"
        room = find_spec(f"portal.{context}")
        door = find_spec(name) if room and room.origin else None
        if door and door.origin:
            found.append(import_module(name))
    return found


def load_contexts() -> None:
    """Register permissions, event handlers and message templates; every process of the portal does it at start."""
    for part in ("access", "handlers", "messages"):
        modules(part)


def register_routes(app: Flask) -> None:
    """Hang every context's blueprint (or blueprints) into the application, and register the previews of its pages."""
    for module in modules("routes"):
        for blueprint in getattr(module, "blueprints", None) or (module.blueprint,):
            app.register_blueprint(blueprint)
    modules("previews")
