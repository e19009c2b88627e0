"""`.venv/bin/portal COMMAND`: the portal's command line over what `make run` keeps in var/, whether it runs or not.

Gives `portal.app.cli` the environment of the worker, or of its command's own role, as `deploy.stack` gives it.
DATABASE_URL, where it is set, is the administrator's address, as for `make run`.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.environment import Ports, portal_environment
from deploy.postgres import start_postgres
from deploy.prepare import ROOT, database_name, keep_passwords, prepare_database
from deploy.programs import command_role, python

NO_QUEUE = "redis://127.0.0.1:6379/0"  # the command line asks PostgreSQL for work, never the queue


@contextmanager
def kept(var: Path) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """The portal's environment, and the database's address for each login role, over what `make run` keeps in `var`."""
    running = None if "DATABASE_URL" in os.environ else start_postgres(var / "postgres", tether=True)
    admin_url = running.admin_url if running else os.environ["DATABASE_URL"]
    try:
        passwords = keep_passwords(var / "roles.json")
        addresses = prepare_database(admin_url, database_name(admin_url), passwords)
        environment = portal_environment(
            var,
            ports=Ports.chosen(os.environ),
            redis_url=os.environ.get("REDIS_URL", NO_QUEUE),
            given=os.environ,
        )
        # Relative paths of files are the caller's.
        environment["PYTHONPATH"] = str(ROOT)
        yield environment, addresses
    finally:
        if running is not None and running.process is not None:
            running.stop()


def var_folder() -> Path:
    """Where `make run` keeps its data."""
    return Path(os.environ.get("VAR_DIR") or ROOT / "var").absolute()


def main(arguments: list[str]) -> int:
    """Run one command; its exit code."""
    with kept(var_folder()) as (environment, addresses):
        environment["DATABASE_URL"] = addresses[command_role(arguments)]
        return subprocess.run(python("portal.app.cli", *arguments), env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
