"""What the partners' processes share: their settings, and running until they are told to stop."""

import asyncio
import os
import signal

from aiohttp import web


class MissingSetting(RuntimeError):
    """A variable without which the partner cannot work is not set."""


def setting(name: str, default: str | None = None) -> str:
    """A variable of the environment; raises MissingSetting."""
    value = os.environ.get(name) or default
    if value is None:
        raise MissingSetting(f"{name} is not set")
    return value


async def serve_http(application: web.Application, *, port: int, host: str = "127.0.0.1") -> web.AppRunner:
    """Listen; the caller cleans the runner up."""
    runner = web.AppRunner(application, shutdown_timeout=1, access_log=None)  # its lines would hold phone numbers
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    return runner


async def until_stopped() -> None:
    """Return at SIGTERM or Ctrl-C."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    await stopped.wait()
