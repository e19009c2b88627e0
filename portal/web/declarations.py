"""What each endpoint says of itself at its door: who may, for what purpose, and what asking it means."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask
from flask.typing import ResponseReturnValue

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])


@dataclass(frozen=True, kw_only=True)
class Declared:
    """What an endpoint says of itself. `reason` is set for a public one.

    `step_up`: the action for which somebody must have shown a second factor a short while ago. `polled`: the page asks
    for its fragment by the clock, which is no sign that somebody sits before it; `presence`: it is one all the same
    (a place in the waiting room, an open call). `while_locked`: it answers a locked session, too, and shows no record.
    """

    permission: str | None
    reason: str | None
    purpose: str
    step_up: str | None = None
    polled: bool = False
    presence: bool = False
    while_locked: bool = False


def requires(
    permission: str, *, purpose: str = "care", step_up: str | None = None, **more: bool
) -> Callable[[View], View]:
    """Only for roles that hold the permission. `purpose` is what the database's policies and the audit record see.

    `more`: polled, presence and while_locked of Declared.
    """

    def mark(view: View) -> View:
        says = Declared(permission=permission, reason=None, purpose=purpose, step_up=step_up, **more)
        view.__access__ = says  # type: ignore[attr-defined]
        return view

    return mark


def public(reason: str, *, purpose: str = "public", while_locked: bool = False) -> Callable[[View], View]:
    """For everybody, and why."""

    def mark(view: View) -> View:
        says = Declared(permission=None, reason=reason, purpose=purpose, while_locked=while_locked)
        view.__access__ = says  # type: ignore[attr-defined]
        return view

    return mark


def declared(app: Flask, endpoint: str) -> Declared | None:
    """An endpoint's declaration, None when it has none."""
    found: Any = getattr(app.view_functions[endpoint], "__access__", None)
    return found if isinstance(found, Declared) else None
