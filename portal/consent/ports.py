"""What consent needs from outside; app wires it."""

from collections.abc import Mapping
from typing import Any, Protocol


class PdfRenderer(Protocol):
    """Makes a tagged PDF of a template of this portal in a language, right-to-left included."""

    def render(self, template: str, language: str, values: Mapping[str, Any]) -> bytes: ...
