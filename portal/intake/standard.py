"""The form that a new clinic starts from."""

import json
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("standard_form.json")


def standard_form() -> dict[str, Any]:
    """The definition, as `publish_form` takes it."""
    definition: dict[str, Any] = json.loads(_FILE.read_text("utf-8"))
    return definition
