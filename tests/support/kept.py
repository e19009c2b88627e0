"""What tests need not make again in each process: kept under var/, by the checksum of what it was made of."""

from pathlib import Path

from flask import Flask
from jinja2 import FileSystemBytecodeCache

KEPT = Path(__file__).resolve().parents[2] / "var" / "tests"
STATIC = KEPT / "static"


def keep_templates(app: Flask) -> None:
    """Compiles a template when it has changed."""
    folder = KEPT / "templates"
    folder.mkdir(parents=True, exist_ok=True)
    app.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(folder))
