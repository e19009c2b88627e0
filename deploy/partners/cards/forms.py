"""Stripe's form encoding: `line_items[0][price_data][currency]=usd` as dicts and lists; checks of their shape."""

import re
from collections.abc import Iterable, Mapping
from typing import Any


class Refusal(Exception):
    """An answer of Stripe's that is an error."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        type: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        error = {"type": type, "message": message, "code": code, "param": param}
        self.body = {"error": {name: value for name, value in error.items() if value is not None}}


def nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The parameters as a tree; a level whose names are all numbers (or empty) becomes a list."""
    tree: dict[str, Any] = {}
    for name, value in pairs:
        first, rest = re.match(r"([^\[]*)(.*)", name, re.DOTALL).groups()  # type: ignore[union-attr]  # matches always
        path = [first, *re.findall(r"\[([^\]]*)\]", rest)]
        level = tree
        for step in path[:-1]:
            level = level.setdefault(step, {})
            if not isinstance(level, dict):
                raise Refusal(f"Invalid request: {first}", param=first)
        level[path[-1] or str(len(level))] = value
    return {name: _lists(value) for name, value in tree.items()}


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(name.isdigit() for name in value):
        return [_lists(value[name]) for name in sorted(value, key=int)]
    return {name: _lists(inner) for name, inner in value.items()}


def require_known(parameters: Mapping[str, Any], known: Iterable[str]) -> None:
    """Raise Stripe's refusal of a parameter that the call does not have."""
    for name in parameters:
        if name not in known:
            raise Refusal(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)


def required(parameters: Mapping[str, Any], name: str) -> Any:
    value = parameters.get(name)
    if value in (None, "", {}, []):
        raise Refusal(f"Missing required param: {name}.", code="parameter_missing", param=name)
    return value


def integer(parameters: Mapping[str, Any], name: str) -> int:
    value = required(parameters, name)
    if not isinstance(value, str) or not re.fullmatch(r"\d{1,12}", value):
        raise Refusal(f"Invalid integer: {value}", code="parameter_invalid_integer", param=name)
    return int(value)
