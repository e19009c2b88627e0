"""The consent to video visits that a new clinic starts from. A clinic's lawyer has to confirm it before real use."""

import json
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("telehealth.json")


def standard_telehealth() -> dict[str, Any]:
    """Texts by language, as `publish_document` takes them."""
    texts: dict[str, Any] = json.loads(_FILE.read_text("utf-8"))
    return texts
