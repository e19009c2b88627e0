"""docs/configuration.md names each setting with its default, and nothing that is not one."""

import re
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from deploy.environment import PORT_VARIABLES, Ports
from portal.kernel.config import Settings

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"
ROW = re.compile(r"^\| `(?P<name>[A-Z_]+)` \| (?P<default>[^|]*) \|", re.MULTILINE)


def _section(title: str) -> dict[str, str]:
    text = PAGE.read_text().split(f"## {title}\n")[1].split("\n## ")[0]
    return {row["name"]: row["default"].strip().strip("`") for row in ROW.finditer(text)}


def _as_written(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value: Any = field.default
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(value) if isinstance(value, tuple) else str(value)


def test_each_setting_is_on_the_page_with_its_default() -> None:
    assert _section("Settings of the portal") == {
        name.upper(): _as_written(field) for name, field in Settings.model_fields.items()
    }


def test_each_setting_says_what_it_is_for() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_the_ports_are_on_the_page_with_their_defaults() -> None:
    written = _section("Settings of make run")
    defaults = Ports()
    for field, variable in PORT_VARIABLES.items():
        assert written[variable] == str(getattr(defaults, field))
