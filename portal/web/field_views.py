"""What a form field shows: one plain value for each field, which the `field` macro draws.

Owns the way from a WTForms field (or from plain values, where there is no form) to a `FieldView`: kind, label, hint,
errors and the attributes that browsers, screen readers and phones' keyboards need. Draws nothing itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from wtforms import Field, Form
from wtforms import fields as wt

from portal.kernel.locale import gettext as _
from portal.web.purposes import purpose

Kind = Literal[
    "text", "email", "tel", "phone", "number", "password", "code", "search", "date", "select", "radios", "checkboxes",
    "checkbox", "textarea", "file", "photo", "hidden", "button", "colour",
]  # fmt: skip

INPUTMODE: Mapping[str, str] = {"email": "email", "tel": "tel", "phone": "tel", "number": "decimal", "code": "numeric"}
AUTOCOMPLETE: Mapping[str, str] = {
    "email": "email",
    "tel": "tel",
    "phone": "tel",
    "code": "one-time-code",
    "password": "current-password",
}
# A browser's own correction makes names, addresses and codes worse.
NEVER_CORRECTED = frozenset({"email", "tel", "phone", "code", "number", "password", "colour"})

# First match along a field class's ancestors; a class may also name its own `kind`.
KINDS: Mapping[type[Field], Kind] = {
    wt.HiddenField: "hidden",
    wt.SubmitField: "button",
    wt.PasswordField: "password",
    wt.EmailField: "email",
    wt.TelField: "tel",
    wt.SearchField: "search",
    wt.TextAreaField: "textarea",
    wt.IntegerField: "number",
    wt.DecimalField: "number",
    wt.FloatField: "number",
    wt.RadioField: "radios",
    wt.SelectMultipleField: "checkboxes",
    wt.SelectField: "select",
    wt.BooleanField: "checkbox",
    wt.MultipleFileField: "file",
    wt.FileField: "file",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One radio button, checkbox or entry of a list."""

    value: str
    label: str
    checked: bool = False
    hint: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One of the boxes of a field that has several."""

    id: str
    name: str
    label: str
    value: str
    autocomplete: str | None
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldView:
    """All that the `field` macro needs. `attributes` go onto the control itself."""

    kind: Kind
    id: str
    name: str
    label: str
    hint: str = ""
    errors: tuple[str, ...] = ()
    value: str = ""
    required: bool = False
    optional: bool = False
    choices: tuple[Choice, ...] = ()
    parts: tuple[Part, ...] = ()
    unit: str = ""
    prefix: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_group(self) -> bool:
        """Whether several controls share one question, which then is a fieldset's legend."""
        return self.kind in ("radios", "checkboxes", "date", "phone", "photo")

    @property
    def focus_id(self) -> str:
        """Where the error summary's link leads: the first control (of a photo the one that stands on every device)."""
        if self.parts and self.kind != "phone":
            return self.parts[0].id
        return self.choices[0].id if self.choices and self.is_group else self.id

    @property
    def described_by(self) -> str | None:
        """Ids of hint, errors and unit, for aria-describedby."""
        ids = [f"{self.id}-hint"] if self.hint else []
        ids += [f"{self.id}-error"] if self.errors else []
        ids += [f"{self.id}-unit"] if self.unit else []
        return " ".join(ids) or None

    @property
    def full_label(self) -> str:
        """The label, saying so where the answer may be left out."""
        return _("%(label)s (optional)", label=self.label) if self.optional else self.label

    @property
    def control(self) -> dict[str, Any]:
        """Attributes of a single control; a value of None is left out by the xmlattr filter."""
        single = {
            "id": self.id,
            "name": self.name,
            "aria-describedby": self.described_by,
            "aria-invalid": "true" if self.errors else None,
            "aria-required": "true" if self.required else None,
        }
        attributes = {**single, **_defaults(self.kind), **self.attributes}
        return {**attributes, "autocomplete": purpose(attributes["autocomplete"])}


def _defaults(kind: Kind) -> dict[str, Any]:
    never = kind in NEVER_CORRECTED
    return {
        "autocomplete": AUTOCOMPLETE.get(kind),
        "inputmode": INPUTMODE.get(kind),
        "autocapitalize": "none" if never else None,
        "spellcheck": "false" if never else None,
    }


def _kind(source: Field) -> Kind:
    own: Kind | None = getattr(source, "kind", None)
    if own is not None:
        return own
    return next((KINDS[ancestor] for ancestor in type(source).__mro__ if ancestor in KINDS), "text")


def _choices(source: Field, kind: Kind) -> tuple[Choice, ...]:
    if kind not in ("radios", "checkboxes", "select") or not isinstance(source, wt.SelectFieldBase):
        return ()
    hints: Mapping[str, Any] = getattr(source, "choice_hints", None) or {}
    found = []
    for number, (value, label, checked, *_rest) in enumerate(source.iter_choices()):
        hint = str(hints.get(value, ""))
        found.append(Choice(str(value), str(label), bool(checked), hint, f"{source.id}-{number}"))
    return tuple(found)


def _value(source: Field, kind: Kind) -> str:
    if kind in ("file", "photo", "password", "radios", "checkboxes", "select", "date"):
        return ""
    if kind == "checkbox":
        return "y"
    shown = source._value() if hasattr(source, "_value") else source.data
    return "" if shown is None else str(shown)


def _flatten(errors: Iterable[Any]) -> tuple[str, ...]:
    # A FieldList or FormField holds its parts' errors in lists and dicts; those are shown at the parts.
    return tuple(dict.fromkeys(str(error) for error in errors if not isinstance(error, (list, tuple, dict))))


def _attributes(source: Field, kind: Kind) -> dict[str, Any]:
    attributes: dict[str, Any] = {key.replace("_", "-"): value for key, value in (source.render_kw or {}).items()}
    if kind in ("text", "textarea", "email", "tel", "search", "password", "code"):
        attributes.setdefault("maxlength", getattr(source.flags, "maxlength", None))
    if kind == "checkbox" and source.data:
        attributes["checked"] = True
    if kind == "number" and isinstance(source, wt.IntegerField):
        attributes.setdefault("inputmode", "numeric")
    if kind in ("file", "photo"):
        attributes.setdefault("accept", getattr(source, "accept", None))
    return attributes


def field_view(source: Field | FieldView, **changes: Any) -> FieldView:
    """A WTForms field as its view; `changes` (label, hint, unit, prefix, kind, attributes) override, None keeps."""
    overrides = {key: value for key, value in changes.items() if value is not None}
    if isinstance(source, FieldView):
        return _changed(source, overrides)
    kind: Kind = overrides.pop("kind", None) or _kind(source)
    view = FieldView(
        kind=kind,
        id=source.id,
        name=source.name,
        label=str(source.label.text),
        hint=str(source.description or ""),
        # One problem at a time: the first is what makes the others, as a rule.
        errors=_flatten(source.errors)[:1],
        value=_value(source, kind),
        required=bool(getattr(source.flags, "required", False)),
        optional=bool(getattr(source.flags, "optional", False)) and kind not in ("hidden", "button"),
        choices=_choices(source, kind),
        parts=tuple(source.parts()) if hasattr(source, "parts") else (),
        unit=str(getattr(source, "unit", "") or ""),
        prefix=str(getattr(source, "prefix", "") or ""),
        attributes=_attributes(source, kind),
    )
    return _changed(view, overrides)


def _changed(view: FieldView, overrides: dict[str, Any]) -> FieldView:
    if "attributes" in overrides:
        overrides["attributes"] = {**view.attributes, **overrides["attributes"]}
    return replace(view, **overrides)


def input_view(
    *,
    kind: Kind,
    name: str,
    label: str,
    value: Any = "",
    id: str | None = None,
    choices: Sequence[Any] = (),
    errors: Sequence[Any] = (),
    attributes: Mapping[str, Any] | None = None,
    **rest: Any,
) -> FieldView:
    """A view without a form behind it. `choices` are (value, label) pairs; `value` may be a list for checkboxes."""
    own_id = id or name
    chosen = {str(item) for item in value} if isinstance(value, (list, tuple, set, frozenset)) else {str(value)}
    listed = tuple(
        Choice(str(key), str(text), str(key) in chosen, "", f"{own_id}-{number}")
        for number, (key, text) in enumerate(choices)
    )
    own = dict(attributes or {})
    if kind == "checkbox":
        own["checked"] = True if value else None  # xmlattr leaves None out, and writes False
    return FieldView(
        kind=kind,
        id=own_id,
        name=name,
        label=str(label),
        value="y" if kind == "checkbox" else "" if listed or value is None else str(value),
        choices=listed,
        errors=_flatten(errors),
        attributes=own,
        **{key: given for key, given in rest.items() if given is not None},
    )


def form_errors(form: Form) -> list[tuple[str, str]]:
    """(id to lead to, message) for each error, in the order of the page; "" for an error of the form as a whole."""
    found = [("", str(error)) for error in getattr(form, "form_errors", ())]
    for source in form:
        if isinstance(source, wt.FormField):
            found += form_errors(source.form)
        elif isinstance(source, wt.FieldList):
            found += [(source.id, error) for error in _flatten(source.errors)]
            for entry in source:
                found += form_errors(entry.form) if isinstance(entry, wt.FormField) else _of(entry)
        else:
            found += _of(source)
    return found


def _of(source: Field) -> list[tuple[str, str]]:
    view = field_view(source)
    if view.kind == "hidden":
        return [("", error) for error in view.errors]
    return [
        (view.focus_id, _("%(question)s – %(problem)s", question=view.label, problem=error)) for error in view.errors
    ]
