"""Every page of staff is reached by links from where they arrive: nobody needs to know an address."""

from urllib.parse import urlsplit

import pytest
from flask import Flask

from portal.kernel.db import Database
from portal.kernel.permissions import STAFF_ROLES, Role, holders
from portal.web.access import declared
from tests.factories.identity import staff_member
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock

# Booking starts at a patient, who is searched for by a form; a file at entries of the record.
LEFT_OUT = {"scheduling.staff_book", "workspaces.audit_export"}


@pytest.mark.parametrize("role", sorted(STAFF_ROLES))
def test_each_page_that_a_role_may_open_is_linked(
    role: Role, app: Flask, client: PolicedClient, clinic: Clinic, worker_database: Database, clock: Clock
) -> None:
    expected = _pages_of(app, role, clinic)
    client.sign_in(staff_member(worker_database, clinic, role, now=clock.now))
    unlinked = expected - _reached(client, start=clinic.path("home"))
    # What only leads on (the board leads a clinician to their own day) is no page that anybody misses.
    assert [address for address in unlinked if client.get(address).status == 200] == []


def _pages_of(app: Flask, role: Role, clinic: Clinic) -> set[str]:
    """Addresses without ids that the role may read, but for those that are left out."""
    found = set()
    for rule in app.url_map.iter_rules():
        says = declared(app, rule.endpoint)
        if says is None or says.permission is None or "GET" not in (rule.methods or ()):
            continue
        if rule.arguments == {"clinic"} and rule.endpoint not in LEFT_OUT and role in holders(says.permission):
            found.add(rule.rule.replace("<clinic>", clinic.slug))
    return found


def _reached(client: PolicedClient, *, start: str) -> set[str]:
    """Addresses behind the links, followed as far as they lead; a query names a view of the same page."""
    reached: set[str] = set()
    inside = start[: start.index("/", 1) + 1]
    waiting = [start]
    while waiting:
        address = waiting.pop()
        if address in reached:
            continue
        reached.add(address)
        page = client.get(address, follow=True)
        if page.tree is None and "attachment" in page.response.headers.get("Content-Disposition", ""):
            continue  # a file leads nowhere
        assert page.tree is not None
        links = {urlsplit(node.attributes.get("href") or "").path for node in page.tree.css("a[href]")}
        waiting.extend(path for path in links if path.startswith(inside))
    return reached


def test_an_address_outside_every_clinic_leads_to_the_clinics(client: PolicedClient) -> None:
    page = client.get("/no-such-clinic/")
    assert page.status == 404
    assert page.links()["See all clinics"] == "/"
    assert client.get("/").status == 200
