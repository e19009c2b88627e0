"""Log lines that cannot carry patient data: JSON, a constant event text, and values of harmless types only.

A message's arguments are printed when they are numbers, UUIDs or booleans; anything else shows as its type. An
exception shows its class and where it was raised, never its message.
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from uuid import UUID

_SAFE = (int, float, bool, UUID, type(None))


class Code(str):
    """A word from our own code (a state, a kind, an endpoint), safe to print."""


def _safe(value: object) -> object:
    if isinstance(value, _SAFE):
        return str(value) if isinstance(value, UUID) else value
    if isinstance(value, Code):
        return str(value)
    return f"<{type(value).__name__}>"


class SafeFormatter(logging.Formatter):
    """Formats records of our own code; foreign libraries' records show their logger, level and event text only."""

    def format(self, record: logging.LogRecord) -> str:
        own = record.name.split(".")[0] in {"portal", "jobs", "signaling"}
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        if own:
            line["event"] = str(record.msg)
            arguments = record.args if isinstance(record.args, tuple) else (record.args,)
            if record.args:
                line["values"] = [_safe(value) for value in arguments]
        else:
            line["event"] = f"{record.module}:{record.lineno}"
        if record.exc_info and record.exc_info[0]:
            frames = traceback.extract_tb(record.exc_info[2])[-4:]
            line["error"] = record.exc_info[0].__name__
            line["where"] = [f"{frame.filename.rsplit('/', 2)[-1]}:{frame.lineno}" for frame in frames]
        return json.dumps(line, ensure_ascii=True)


def configure_logging(level: int = logging.INFO) -> None:
    """Send all logging of this process to standard error through the safe formatter."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(SafeFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("httpx", "httpcore", "stripe", "fontTools", "weasyprint", "aioice", "PIL"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
