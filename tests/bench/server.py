"""Server time, queries and bytes of each page, in a small and in a large clinic."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from flask import Flask

from portal.kernel.ids import new_id
from portal.kernel.principal import Principal
from portal.patients import search_patients
from tests.bench.figures import Table, median, percentile
from tests.bench.ground import Ground
from tests.budgets.measured import Effort, NotAPage, browser_of, weigh, work
from tests.budgets.pages import patient_pages, staff_pages
from tests.budgets.world import World

MEDIAN, SLOWEST, QUERIES = 50, 200, 12
FIRST, FOLLOWING = 14 * 1024, 10 * 1024


@dataclass(frozen=True, kw_only=True)
class Case:
    """A page to measure. `form`: what is posted, for a search."""

    name: str
    path: str
    account: UUID | None
    form: Mapping[str, str] | None = None


def cases(ground: Ground, world: World) -> list[Case]:
    """All pages of patients, and the staff's that grow with the clinic."""
    return [
        *(Case(name=one.name, path=one.path, account=one.account) for one in patient_pages(ground.app, world)),
        *(Case(name=f"staff: {one.name}", path=one.path, account=one.account) for one in staff_pages(world)),
        *_searches(ground, world),
    ]


def _searches(ground: Ground, world: World) -> Iterator[Case]:
    path, desk = world.clinic.path("staff/patients"), world.staff["front_desk"]
    asked = {
        "family name": "Okaf",
        "two names": "ana gar",
        "birth date": "1984-03-31",
        "phone": _a_phone(ground, world),
        "nobody": "Zzyzx",
    }
    for what, text in asked.items():
        form = {"q": text, "search": "1"}
        yield Case(name=f"staff: patients by {what}", path=path, account=desk, form=form)


def _a_phone(ground: Ground, world: World) -> str:
    who = Principal.of(tenant_id=world.clinic.id, user_id=new_id(), roles=["front_desk"])
    with ground.web.transaction(who) as session:
        found = search_patients(session, text="Silva", limit=1).patients
        return (found[0].phone if found else None) or "+16175550123"


def measure(ground: Ground, world: World, *, times: int) -> dict[str, Effort]:
    """Milliseconds and statements by page; a page that does not open is passed over and named."""
    found: dict[str, Effort] = {}
    for case in cases(ground, world):
        browser = browser_of(ground.app, world.clinic.id, case.account)
        try:
            found[case.name] = work(browser, ground.web, case.path, times=times, form=case.form)
        except NotAPage as wrong:
            print(f"passed over: {case.name}: {wrong}", flush=True)
    return found


def times_table(by_size: Mapping[int, Mapping[str, Effort]]) -> Table:
    """A row a page, columns by size of the clinic."""
    sizes = sorted(by_size)
    heads = [f"{what}, {size:,} patients" for size in sizes for what in ("median ms", "p99 ms", "queries")]
    rows, misses = [], []
    for name in by_size[sizes[-1]]:
        row = [name]
        for size in sizes:
            effort = by_size[size].get(name)
            if effort is None:
                row += ["–"] * 3
                continue
            middle, slowest = median(effort.milliseconds), percentile(effort.milliseconds, 0.99)
            row += [f"{middle:.0f}", f"{slowest:.0f}", str(effort.queries)]
            if middle > MEDIAN or slowest > SLOWEST or effort.queries > QUERIES:
                misses.append(f"Over budget with {size:,} patients: {name}")
        rows.append(row)
    return Table(title="Server time and queries of a page", columns=["page", *heads], rows=rows, misses=misses)


def bytes_table(app: Flask, world: World) -> Table:
    """Bytes of each page of a patient on a first visit and on the next."""
    rows, misses = [], []
    for page in patient_pages(app, world):
        try:
            weight = weigh(browser_of(app, world.clinic.id, page.account), page.path)
        except NotAPage as wrong:
            print(f"passed over: {page.name}: {wrong}", flush=True)
            continue
        rows.append([page.name, f"{weight.first:,}", f"{weight.following:,}"])
        if weight.first > FIRST or weight.following > FOLLOWING:
            misses.append(f"Over budget: {page.name}")
    columns = ["page", "first visit, stylesheet included", "next visit"]
    return Table(title="Bytes of a patient's page, HTML by brotli", columns=columns, rows=rows, misses=misses)
