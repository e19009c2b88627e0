"""Keys of staff's pages: the list names what the pages carry, and nothing else."""

import re
from pathlib import Path

from portal.kernel.db import Database
from portal.kernel.permissions import Role
from portal.workspaces.keys import ALL
from tests.factories.identity import staff_member
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
#: From card to card: no one element has these.
OF_THE_SCRIPT = {"Control+Alt+J", "Control+Alt+K"}


def test_the_list_and_the_pages_name_the_same_keys() -> None:
    carried = {
        key
        for file in TEMPLATES.rglob("*.html")
        for line in file.read_text("utf-8").splitlines()
        if "aria-keyshortcuts" in line or "key=" in line
        for key in re.findall(r"Control\+Alt\+\w", line)
    }
    listed = {key for place in ALL for key, _words in place.keys}
    assert listed - {"?"} - OF_THE_SCRIPT == carried


def test_a_page_of_staff_links_to_its_keys(
    client: PolicedClient, clinic: Clinic, worker_database: Database, clock: Clock
) -> None:
    client.sign_in(staff_member(worker_database, clinic, Role.FRONT_DESK, now=clock.now))
    board = client.get(clinic.path("staff/"))
    assert clinic.path("staff/keys") in board.html
    page = client.get(clinic.path("staff/keys"))
    assert "Go to the next card" in page.text and "Find a diagnosis" in page.text


def test_the_dialog_gets_the_list_without_the_page_around_it(
    client: PolicedClient, clinic: Clinic, worker_database: Database, clock: Clock
) -> None:
    client.sign_in(staff_member(worker_database, clinic, Role.CLINICIAN, now=clock.now))
    part = client.get(clinic.path("staff/keys"), headers={"HX-Request": "true"})
    assert "data-close" in part.html and "<html" not in part.html
