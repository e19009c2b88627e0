"""Which processes a portal on one machine has, and the one login role that each gets."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Program:
    """A kind of process: its command, and the one login role that it gets; partners and the front get none."""

    name: str
    command: tuple[str, ...]
    role: str | None = None
    partner: bool = False


def python(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", *arguments)


#: Commands of the command line that log in as another role than the worker's.
COMMAND_ROLES = {"compliance": "portal_compliance", "keys": "portal_rotator"}


def command_role(arguments: Sequence[str]) -> str:
    """The login role of `portal …`."""
    return COMMAND_ROLES.get(arguments[0], "portal_worker") if arguments else "portal_worker"


PROGRAMS = (
    Program(name="sinks", command=python("deploy.partners.sinks"), partner=True),
    Program(name="cards", command=python("deploy.partners.cards"), partner=True),
    Program(name="web", command=python("gunicorn", "-c", "deploy/gunicorn.py", "wsgi:app"), role="portal_web"),
    Program(name="worker", command=python("jobs.worker"), role="portal_worker"),
    Program(name="worker-2", command=python("jobs.worker"), role="portal_worker"),
    Program(name="scheduler", command=python("jobs.schedule"), role="portal_worker"),
    Program(name="relay", command=python("jobs.relay"), role="portal_relay"),
    Program(name="sequencer", command=python("jobs.sequencer"), role="portal_sequencer"),
    Program(name="retention", command=python("jobs.retention"), role="portal_retention"),
    Program(name="signaling", command=python("signaling"), role="portal_signaling"),
    Program(name="front", command=python("deploy.front")),
)
