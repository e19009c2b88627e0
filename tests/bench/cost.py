"""What row-level security, audit and encryption take: the same pages with them and without.

Without: a superuser's connection, which no policy binds; an audit that writes nothing; values that were opened once and
are not opened again. The database holds one clinic only, or pages would show other clinics' rows. Pages that differ all
the same (a patient's lists show everybody's) are left out.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from portal.app.factory import create_app
from portal.kernel.crypto import unseal
from portal.kernel.db import Database, sealed
from tests.bench.figures import Table, median
from tests.bench.ground import Ground
from tests.bench.server import cases
from tests.budgets.measured import NotAPage, browser_of, fetch, work
from tests.budgets.world import World

TARGET = 1.5
ROUNDS = 3  # each page in turns with and without, so that what else the machine does falls on both
SAME = 0.03  # share by which two pages' bytes may differ: nonces and tokens are compressed, too


def measure(ground: Ground, world: World, *, times: int) -> Table:
    """Milliseconds of each page, and all pages together."""
    bare = Database(
        ground.admin_url.render_as_string(hide_password=False),
        audit=lambda session, access: None,
        keyring=ground.process.database._keyring,
        clock=ground.clock,
    )
    app = create_app(replace(ground.process, database=bare), now=ground.clock)
    app.config["WTF_CSRF_ENABLED"] = False
    rows, whole = [], [0.0, 0.0]
    for case in cases(ground, world):
        full = browser_of(ground.app, world.clinic.id, case.account)
        plain = browser_of(app, world.clinic.id, case.account)
        took: list[list[float]] = [[], []]
        try:
            sizes = [len(fetch(browser, case.path, case.form)) for browser in (full, plain) for _ in range(2)]
            if abs(sizes[1] - sizes[3]) > SAME * sizes[1]:
                continue
            for _ in range(ROUNDS):
                took[0] += work(full, ground.web, case.path, times=times, form=case.form).milliseconds
                with _opened_once():
                    took[1] += work(plain, bare, case.path, times=times, form=case.form).milliseconds
        except NotAPage:
            continue
        with_all, without = median(took[0]), median(took[1])
        whole = [whole[0] + with_all, whole[1] + without]
        rows.append([case.name, f"{with_all:.1f}", f"{without:.1f}", f"{with_all / without:.2f}"])
    bare.engine.dispose()
    ratio = whole[0] / whole[1]
    rows.append(["all of these pages", f"{whole[0]:.1f}", f"{whole[1]:.1f}", f"{ratio:.2f}"])
    return Table(
        title="Row-level security, audit and encryption: the same pages with and without",
        columns=["page", "with, median ms", "without, median ms", "ratio"],
        rows=rows,
        misses=[] if ratio <= TARGET else [f"Together they take more than {TARGET} times as long as without"],
    )


@contextmanager
def _opened_once() -> Iterator[None]:
    """Values that were opened before cost a look into a dictionary."""
    known: dict[tuple[bytes, bytes], bytes] = {}

    def remembered(value: bytes, *, key: bytes, aad: bytes) -> bytes:
        place = (bytes(value), aad)
        if place not in known:
            known[place] = unseal(value, key=key, aad=aad)
        return known[place]

    whatever: Any = remembered
    with patch.object(sealed, "unseal", whatever):
        yield
