"""What a page asks for by the clock is declared so at its endpoint: it must not keep anybody signed in."""

import re
from pathlib import Path

import pytest
from flask import Flask

from portal.web.access import declared

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
#: Each template that asks by the clock, what it asks, and whether asking is being there.
ASKS = {
    "billing/pay.html": ({"billing.attempt", "billing.returned"}, False),
    "visits/call.html": ({"visits.join"}, True),
    "visits/waiting.html": ({"visits.join"}, True),
    "workspaces/_during.html": ({"visits.in_call"}, True),
    "workspaces/board.html": ({"workspaces.board"}, False),
    "workspaces/my_day.html": ({"workspaces.my_day"}, False),
    "workspaces/visit.html": ({"workspaces.visit_page"}, False),
}


def test_every_template_that_asks_by_the_clock_is_known() -> None:
    asking = {
        str(file.relative_to(TEMPLATES))
        for file in TEMPLATES.rglob("*.html")
        if re.search(r"hx-trigger[\"=: ]+every", file.read_text())
    }
    assert asking == set(ASKS)


@pytest.mark.parametrize("template", sorted(ASKS))
def test_its_endpoint_says_so(app: Flask, template: str) -> None:
    endpoints, is_presence = ASKS[template]
    for endpoint in endpoints:
        says = declared(app, endpoint)
        assert says is not None
        assert (says.polled, says.presence) == (True, is_presence)
