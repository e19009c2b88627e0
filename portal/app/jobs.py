"""Wiring of the processes that work outside a request."""

from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache

from portal.app.processes import Process, make_process
from portal.app.wiring import wire_identity, wire_intake, wire_outside
from portal.kernel.config import load_settings

#: Work that comes round by the clock, in each tenant: task kind → how often.
ROUNDS: Mapping[str, timedelta] = {
    "charting.index_words": timedelta(minutes=10),
    "identity.forget": timedelta(days=1),
    "intake.scan_earlier": timedelta(hours=1),
    "kernel.sweep_objects": timedelta(days=1),
    "workspaces.watch_record": timedelta(minutes=10),
    "workspaces.ask_for_review": timedelta(days=1),
    "workspaces.mail_checkpoint": timedelta(days=7),
}


@lru_cache
def worker_process() -> Process:
    """This process's parts, with adapters to the outside wired in."""
    process = make_process(load_settings(), pool_size=2)
    wire_outside(process)
    wire_identity(process.settings)
    wire_intake(process.settings)
    return process
