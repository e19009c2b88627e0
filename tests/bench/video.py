"""From the press of Join to the first decoded picture, with the clinician already there."""

from playwright.sync_api import sync_playwright

from tests.bench.figures import Table, median, percentile
from tests.signaling.join_times import measure, stage


def joins(*, times: int) -> Table:
    """Cold: fresh browsers. Warm: browsers that have called before, camera already open."""
    rows = []
    with stage() as portal, sync_playwright() as playwright:
        for name, warm in (("cold", False), ("warm", True)):
            found = measure(playwright, portal, times=times, warm=warm)
            rows.append([name, f"{median(found):.0f}", f"{percentile(found, 0.95):.0f}"])
    return Table(title=f"Video join, {times} times", columns=["browsers", "median ms", "p95 ms"], rows=rows)
