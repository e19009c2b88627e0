"""`python -m deploy.reset`, what `make reset` runs: deletes everything that the portal keeps on this machine."""

import os
import shutil
import sys
from pathlib import Path

from deploy.lock import AlreadyRunning, lock
from deploy.postgres import remove_cluster, start_postgres
from deploy.prepare import ROOT


def reset(var: Path) -> None:
    """Empty `var`; raises AlreadyRunning while a portal runs from it."""
    if not var.exists():
        return
    held = lock(var)
    if (var / "postgres").exists():
        start_postgres(var / "postgres").stop("immediate")  # one that an unclean end left running is found this way
        remove_cluster(var / "postgres")
    for path in var.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    held.close()


if __name__ == "__main__":
    where = Path(os.environ.get("VAR_DIR") or ROOT / "var")
    try:
        reset(where)
    except AlreadyRunning as error:
        sys.exit(str(error))
    print(f"{where} is empty")
