"""Which pages there are: generated from the application's addresses, so that a new page is measured without a word."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from flask import Flask
from werkzeug.routing import Rule

from portal.intake import standard_form
from portal.kernel.permissions import holders
from portal.web.access import declared
from tests.budgets.world import World

#: Addresses that answer with a file or lead on to a page: nothing to look at.
NOT_PAGES = frozenset({
    "/<clinic>/home", "assets.file", "billing.receipt", "billing.returned", "consent.signed_pdf", "demo.inbox",
    "design.component", "design.index", "design.visit", "frame", "home.manifest", "home.worker", "identity.enrol",
    "identity.from_provider", "identity.join", "identity.new_password", "identity.second_factor",
    "identity.staff_sign_in", "identity.to_provider", "intake.photo", "intake.start", "root.health", "root.index",
    "scheduling.calendar_entry", "tenancy.logo",
})  # fmt: skip
#: Pages that a patient at the stage `booked` does not see, or sees with less in it.
STAGES = {
    "consent.sign": "begun",
    "intake.step": "begun",
    "intake.summary": "begun",
    "intake.advice": "stopped",
    "scheduling.confirm": "begun",
    "scheduling.language": "begun",
    "visits.join": "waiting",
    "visits.patient_chat": "waiting",
    "charting.own_note": "seen",
    "billing.invoice": "seen",
    "billing.invoices": "seen",
    "billing.attempt": "seen",
}
#: What stands behind the question mark, by the name of an id.
ASKED = {"identity.code": "code", "identity.step_up": "action"}


@dataclass(frozen=True, kw_only=True)
class PageOf:
    """A page, and who looks at it (nobody signed in without an account)."""

    name: str
    path: str
    account: UUID | None


def patient_pages(app: Flask, world: World) -> list[PageOf]:
    """Every page that a visitor or a patient can come to. Raises LookupError for one that nobody here can open."""
    return [page for rule in _rules(app) for page in _pages_of(app, rule, world)]


def staff_pages(world: World) -> list[PageOf]:
    """The staff's pages that show many records at once, or much of one."""
    seen, waiting, talking = (world.stages[stage].ids for stage in ("seen", "waiting", "talking"))
    desk, doctor = world.staff["front_desk"], world.staff["clinician"]
    paths = (
        ("board", "staff/", desk),
        ("clinician's day", "staff/my-day", doctor),
        ("calendar", "staff/calendar", desk),
        ("visit, waiting", f"staff/visits/{waiting['visit']}", doctor),
        ("visit, planned", f"staff/visits/{world.stages['booked'].ids['visit']}", world.staff["colleague"]),
        ("visit, in the call", f"staff/visits/{talking['visit']}", doctor),
        ("visit, seen", f"staff/visits/{seen['visit']}", doctor),
        ("history", f"staff/patients/{seen['patient']}/history", doctor),
        ("vital signs", f"staff/patients/{seen['patient']}/vitals", doctor),
        ("patients", "staff/patients", desk),
        ("patient", f"staff/patients/{seen['patient']}", desk),
        ("invoices", "staff/invoices", desk),
        ("red flags", "staff/red-flags", desk),
        ("who saw what", "staff/audit", world.staff["clinic_admin"]),
        ("alerts", "staff/audit/alerts?show=all", world.staff["clinic_admin"]),
    )
    return [PageOf(name=name, path=world.clinic.path(path), account=account) for name, path, account in paths]


def _rules(app: Flask) -> Iterator[Rule]:
    for rule in sorted(app.url_map.iter_rules(), key=str):
        says = declared(app, rule.endpoint)
        if says is None or "GET" not in (rule.methods or set()) or {rule.endpoint, rule.rule} & NOT_PAGES:
            continue
        if says.permission is None or "patient" in holders(says.permission):
            yield rule


def _pages_of(app: Flask, rule: Rule, world: World) -> Iterator[PageOf]:
    says = declared(app, rule.endpoint)
    stage = world.stages[STAGES.get(rule.endpoint, "booked")]
    account = stage.account if says is not None and says.permission is not None else None
    known = {"clinic": world.clinic.slug, **{name: str(one) for name, one in stage.ids.items()}}
    if missing := rule.arguments - known.keys() - {"step"}:
        raise LookupError(f"{rule.rule}: nobody here has a {', '.join(missing)}")
    adapter = app.url_map.bind("localhost", url_scheme="https")
    steps = [step["code"] for step in standard_form()["steps"]] if "step" in rule.arguments else [""]
    for step in steps:
        values = {name: known.get(name, step) for name in rule.arguments}
        path = adapter.build(rule.endpoint, values, method="GET")
        if name := ASKED.get(rule.endpoint):
            path += f"?{name}={stage.ids[name]}"
        yield PageOf(name=f"{rule.endpoint} {step}".strip(), path=path, account=account)
