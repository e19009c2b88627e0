"""`python -m tests.bench`: measure everything, print it, and write it into docs/benchmarks.md.

`--quick`: small numbers and nothing written, to try the measuring itself. `--only PART`: some of it; the other
figures of the document stay.
"""

import argparse
import signal
import sys
import time
from collections.abc import Callable, Sequence

from tests.bench import audit, cost, figures, keys, races, server, sign_in, video
from tests.bench.figures import Table
from tests.bench.ground import Ground, ground

PARTS = ("rail", "pages", "races", "audit", "signin", "keys", "cost", "phone", "video")


def _pages(on: Ground, *, quick: bool) -> list[Table]:
    sizes = (50, 1_000) if quick else (1_000, 100_000)
    by_size = {}
    for size in sizes:
        begin = time.monotonic()
        world = on.clinic_with(size)
        print(f"a clinic with {size:,} patients made in {time.monotonic() - begin:.0f} s", flush=True)
        by_size[size] = server.measure(on, world, times=10 if quick else 100)
    return [server.times_table(by_size), server.bytes_table(on.app, world)]


def _cost(on: Ground, *, quick: bool) -> Table:
    return cost.measure(on, on.clinic_with(50 if quick else 1_000), times=3 if quick else 20)


def _measured(parts: Sequence[str], *, quick: bool) -> list[Table]:
    tables: list[Table] = []
    if "rail" in parts:
        from tests.bench import rail

        tables += _timed("rail", lambda: [rail.measure(times=1 if quick else 5)])
    if {"pages", "races", "audit", "signin", "keys"} & {*parts}:
        with ground() as on:
            if "races" in parts:
                tables += _timed("races", lambda: [races.race(on, each=2 if quick else 20, rounds=3 if quick else 10)])
            if "audit" in parts:
                tables += _timed("audit", lambda: [audit.measure(on, each=50 if quick else 1_000)])
            if "signin" in parts:
                tables += _timed("signin", lambda: [sign_in.measure(on, times=8 if quick else 100)])
            if "keys" in parts:
                tables += _timed("keys", lambda: [keys.measure(on, rows=500 if quick else 10_000)])
            if "pages" in parts:
                tables += _timed("pages", lambda: _pages(on, quick=quick))
    if "cost" in parts:
        with ground() as on:  # of its own: without row-level security it must hold one clinic only
            tables += _timed("cost", lambda: [_cost(on, quick=quick)])
    if "phone" in parts:
        from tests.bench import phone

        tables += _timed("phone", lambda: phone.measure(times=1 if quick else 5))
    if "video" in parts:
        tables += _timed("video", lambda: [video.joins(times=2 if quick else 20)])
    return tables


def _timed(name: str, work: Callable[[], list[Table]]) -> list[Table]:
    begin = time.monotonic()
    print(f"measuring: {name} …", flush=True)
    found = work()
    print(f"measured: {name}, {time.monotonic() - begin:.0f} s", flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small numbers; the document stays as it is")
    parser.add_argument("--only", choices=PARTS, action="append", help="this part alone; may be given again")
    asked = parser.parse_args()
    # Ended from outside, it still stops what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    tables = _measured(asked.only or PARTS, quick=asked.quick)
    print("\n" + figures.machine() + "\n")
    for table in tables:
        print(table.text() + "\n")
    if not asked.quick:
        figures.write(tables, whole=not asked.only)
        print(f"written into {figures.DOCUMENT}")


if __name__ == "__main__":
    main()
