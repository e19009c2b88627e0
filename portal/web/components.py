"""The design system's macros as `ui` in every template: found, checked and called here.

Owns the look-up of `templates/components/<name>/macro.html` and the check of each call against the options that
`options.json` beside it declares. Does not own what a component looks like, nor what a form's field says (fields.py).

`ui` is a global and not an import, because a fragment is one block of a page and a block does not see what its page
imported.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask
from jinja2 import Environment, TemplateNotFound, pass_eval_context
from jinja2.nodes import EvalContext
from jinja2.runtime import Macro
from markupsafe import Markup

from portal.kernel.locale import format_number
from portal.web import fields
from portal.web.chart_words import chart_picture

PROJECT = Path(__file__).resolve().parents[2]
COMPONENTS = PROJECT / "templates" / "components"
ICONS = PROJECT / "static" / "icons"


class UnknownComponent(RuntimeError):
    """A template asked for a component that the design system does not have."""


class WrongOption(TypeError):
    """A component was given an option that it does not declare, a value outside its list, or lacks a required one."""


@dataclass(frozen=True, kw_only=True)
class Option:
    """What a component may be told. `one_of` is empty where any value goes; `items` declares a list's entries."""

    name: str
    about: str = ""
    default: Any = None
    required: bool = False
    one_of: tuple[Any, ...] = ()
    items: Mapping[str, "Option"] | None = None


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """A component's `options.json`."""

    name: str
    about: str
    options: Mapping[str, Option]


@lru_cache
def declaration(name: str) -> Declaration:
    """Read a component's declared options; raises UnknownComponent."""
    path = COMPONENTS / name / "options.json"
    if not name.isidentifier() or not path.is_file():
        raise UnknownComponent(f"there is no component called {name!r} in templates/components")
    raw = json.loads(path.read_text("utf-8"))
    return Declaration(name=name, about=raw["about"], options=_options(raw["options"]))


def _options(raw: Mapping[str, Mapping[str, Any]]) -> dict[str, Option]:
    return {
        key: Option(
            name=key,
            about=value.get("about", ""),
            default=value.get("default"),
            required=value.get("required", False),
            one_of=tuple(value.get("one_of", ())),
            items=_options(value["items"]) if "items" in value else None,
        )
        for key, value in raw.items()
    }


def component_names() -> list[str]:
    """Every component's name, sorted."""
    return sorted(path.parent.name for path in COMPONENTS.glob("*/options.json"))


class Component:
    """One macro that refuses what it did not declare."""

    def __init__(self, macro: Macro, declared: Declaration, environment: Environment) -> None:
        self._html = EvalContext(environment, f"{declared.name}.html")
        self._macro = macro
        self._declared = declared

    @pass_eval_context
    def __call__(self, *args: Any, **kwargs: Any) -> Markup:
        name, declared = self._declared.name, self._declared.options
        # A template hands its own context on; Python code (a form that draws its field) has none.
        eval_ctx, args = (args[0], args[1:]) if args and isinstance(args[0], EvalContext) else (self._html, args)
        caller = {"caller": kwargs.pop("caller")} if "caller" in kwargs else {}
        if len(args) > len(self._macro.arguments):
            raise WrongOption(f"ui.{name} takes {len(self._macro.arguments)} options, and was given {len(args)}")
        given = dict(zip(self._macro.arguments, args, strict=False)) | kwargs
        checked = _checked(f"ui.{name}", declared, given)
        return Markup(self._macro(eval_ctx, **checked, **caller))  # noqa: S704 - a macro's output is escaped by Jinja


def _checked(where: str, declared: Mapping[str, Option], given: Mapping[str, Any]) -> dict[str, Any]:
    """What was given, its lists' entries filled up to their declared keys; raises WrongOption."""
    checked = {}
    for key, value in given.items():
        if key not in declared:
            raise WrongOption(f"{where} has no option {key!r}; it has: {', '.join(declared)}")
        option = declared[key]
        if option.one_of and value is not None and value not in option.one_of:
            raise WrongOption(f"{where}: {key}={value!r} is none of {', '.join(map(repr, option.one_of))}")
        if option.items is not None and value is not None:
            value = [_entry(f"{where}.{key}", option.items, item) for item in value]
        checked[key] = value
    for option in declared.values():
        if option.required and option.name not in given:
            raise WrongOption(f"{where} needs {option.name!r}: {option.about}")
    return checked


def _entry(where: str, declared: Mapping[str, Option], item: Any) -> dict[str, Any]:
    """One entry of a list, a mapping or an object, with None for each declared key that it lacks."""
    if not isinstance(item, Mapping):
        item = {key: getattr(item, key) for key in declared if hasattr(item, key)}
    return dict.fromkeys(declared) | _checked(where, declared, item)


class Components:
    """`ui` in templates: `ui.button(…)` is the macro `button` of templates/components/button/macro.html."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def __getitem__(self, name: str) -> Component:
        return self.__getattr__(name)

    def __getattr__(self, name: str) -> Component:
        if name.startswith("_"):
            raise AttributeError(name)
        declared = declaration(name)
        try:
            module = self._environment.get_template(f"components/{name}/macro.html").module
        except TemplateNotFound as error:
            raise UnknownComponent(str(error)) from error
        component = Component(getattr(module, name), declared, self._environment)
        if not self._environment.auto_reload:
            # Found without this method from now on: a board asks for hundreds.
            setattr(self, name, component)
        return component


# Arrows and the like point along the line of reading; the stylesheet turns them round for right-to-left.
DIRECTIONAL_ICONS = frozenset({"back", "next", "sign-out", "send"})


@lru_cache
def icon_paths(name: str) -> Markup:
    """The drawing inside static/icons/<name>.svg, for an inline picture that takes the text's colour."""
    text = (ICONS / f"{name}.svg").read_text("utf-8")
    return Markup(text[text.index(">") + 1 : text.rindex("</svg>")].strip())  # noqa: S704 - our own file


def initials(name: str) -> str:
    """The first letters of the first and the last word; of a script without capitals one, since two would join."""
    words = name.split()
    letters = [words[0][0], words[-1][0]] if len(words) > 1 else [name.strip()[:1]]
    return (
        "".join(letters).upper()
        if all(letter.isalpha() and letter.lower() != letter.upper() for letter in letters)
        else letters[0]
    )


def install_components(app: Flask) -> None:
    """Give every template `ui` and what its macros call."""
    app.jinja_env.globals.update(
        ui=Components(app.jinja_env),
        icon_paths=icon_paths,
        is_directional_icon=DIRECTIONAL_ICONS.__contains__,
        field_view=fields.field_view,
        input_view=fields.input_view,
        chart_picture=chart_picture,
        form_errors=fields.form_errors,
    )
    app.jinja_env.filters["localnumber"] = format_number
    app.jinja_env.filters["initials"] = initials
