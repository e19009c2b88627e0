"""The clinic on a home screen, and what a patient's browser keeps for when there is no connection."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from PIL import Image

from portal.app.processes import Process
from portal.kernel.db import Database
from portal.scheduling import cancel_appointment
from tests.factories.patients import hold_record, make_record
from tests.factories.scheduling import free_slots, make_appointment
from tests.factories.visits import BookedVisit
from tests.support.canary import MARK, past_every_policy, plant
from tests.support.client import BASE, Page, PolicedClient
from tests.support.clinics import Clinic, make_clinic
from tests.support.clock import Clock
from tests.workspaces.support import counted, last_read_of


@pytest.fixture
def client(app: Flask, clinic: Clinic, booked: BookedVisit) -> PolicedClient:
    return PolicedClient(app, clinic).sign_in(booked.account)


@pytest.fixture
def kept(client: PolicedClient, clinic: Clinic) -> Callable[[], Page]:
    return lambda: client.get(clinic.path("offline"))


def _marked(page: Page) -> str | None:
    """The address of the page to keep, as a page says it."""
    found = re.search(r'<meta name="kept" content="([^"]+)" data-worker="[^"]+/worker.js">', page.html)
    return found[1] if found else None


def cancel(worker: Database, clinic: Clinic, booked: BookedVisit, clock: Clock) -> None:
    with worker.transaction(clinic.system("scheduling")) as session:
        cancel_appointment(session, appointment_id=booked.visit_id, reason="pat", by_staff=True, now=clock.now)


def test_it_says_when_the_next_visit_is_in_which_zone_and_whom_to_call(
    kept: Callable[[], Page], booked: BookedVisit, clinic: Clinic
) -> None:
    page = kept()
    assert page.status == 200
    assert f'datetime="{booked.starts_at.isoformat()}"' in page.html
    assert "(Eastern " in page.text
    assert 'href="tel:+16175550100"' in page.html


def test_it_says_so_when_no_visit_is_booked(
    client: PolicedClient, app: Flask, booked: BookedVisit, clinic: Clinic
) -> None:
    stranger = PolicedClient(app, clinic).sign_in(booked.stranger)
    assert "No visit is booked." in stranger.get(clinic.path("offline")).text


def test_nothing_of_anybody_is_on_it_but_the_time(
    kept: Callable[[], Page], web_process: Process, urls: dict[str, str], clinic: Clinic
) -> None:
    kept()
    with past_every_policy(web_process, urls) as database:
        planted = plant(database, clinic.id)
    assert {"patients.patient.given_name", "scheduling.visit_type.names"} <= planted
    page = kept()
    assert "<time" in page.html
    assert MARK not in page.html
    assert "<script" not in page.html and "<link" not in page.html and "<img" not in page.html


def test_the_next_one_is_of_everybody_for_whom_the_reader_acts(
    kept: Callable[[], Page], worker_database: Database, booked: BookedVisit, clinic: Clinic, clock: Clock
) -> None:
    child = make_record(worker_database, clinic, now=clock.now, given_name="Kim", family_name="Small")
    hold_record(worker_database, clinic, account_id=booked.account, patient_id=child, now=clock.now)
    later = free_slots(worker_database, clinic, booked.visit_type_id, now=clock.now, count=1)[0]
    make_appointment(
        worker_database, clinic, patient_id=child, visit_type_id=booked.visit_type_id, now=clock.now, slot=later
    )
    assert f'datetime="{booked.starts_at.isoformat()}"' in kept().html
    cancel(worker_database, clinic, booked, clock)
    assert f'datetime="{later.starts_at.isoformat()}"' in kept().html


def test_it_ends_with_the_visit_and_with_the_session_at_the_latest(
    app: Flask, clinic: Clinic, kept: Callable[[], Page], booked: BookedVisit, clock: Clock
) -> None:
    assert kept().response.expires == clock.now + timedelta(hours=12)
    clock.now = booked.starts_at - timedelta(hours=1)
    later = PolicedClient(app, clinic).sign_in(booked.account).get(clinic.path("offline")).response.expires
    assert later is not None
    assert booked.starts_at < later < booked.starts_at + timedelta(hours=2)


def test_its_address_changes_with_the_visit_the_language_and_the_session(
    app: Flask, client: PolicedClient, worker_database: Database, booked: BookedVisit, clinic: Clinic, clock: Clock
) -> None:
    home = clinic.path(f"p/{booked.patient_id}/")
    first = _marked(client.get(home))
    assert first is not None and _marked(client.get(home)) == first
    seen = {first, _marked(client.get(f"{home}?lang=es"))}
    client.get(f"{home}?lang=en")
    seen.add(_marked(PolicedClient(app, clinic).sign_in(booked.account).get(home)))
    cancel(worker_database, clinic, booked, clock)
    seen.add(_marked(client.get(home)))
    assert None not in seen and len(seen) == 4
    assert all(str(booked.visit_id) not in str(one) for one in seen)


def test_pages_on_which_a_visit_changes_have_it_kept_anew(
    client: PolicedClient, booked: BookedVisit, clinic: Clinic
) -> None:
    own = clinic.path(f"p/{booked.patient_id}/appointments/{booked.visit_id}")
    assert _marked(client.get(own)) and _marked(client.get(f"{own}/booked"))


@pytest.mark.parametrize("path", ["", "sign-in"])
def test_a_page_for_everybody_has_nothing_kept_and_asks_for_nothing_more(app: Flask, clinic: Clinic, path: str) -> None:
    page = PolicedClient(app, clinic).get(clinic.path(path))
    assert _marked(page) is None
    assert "manifest" not in page.html


def test_staff_have_nothing_kept(app: Flask, booked: BookedVisit, clinic: Clinic) -> None:
    for account in (booked.desk, booked.clinician, booked.admin):
        staff = PolicedClient(app, clinic).sign_in(account)
        assert staff.get(clinic.path("offline")).status == 403
        assert _marked(staff.get(clinic.path("staff/"), follow=True)) is None


def test_keeping_it_is_in_the_record(
    kept: Callable[[], Page], worker_database: Database, booked: BookedVisit, clinic: Clinic
) -> None:
    kept()
    assert "Appointment" in last_read_of(worker_database, clinic, booked.account)


def test_it_asks_the_database_little(kept: Callable[[], Page], database: Database) -> None:
    kept()
    with counted(database) as seen:
        kept()
    assert len(seen) <= 6, seen


def _ask(app: Flask, path: str) -> Any:
    return app.test_client().get(path, base_url=BASE)


def test_manifest_names_the_clinic_its_pages_and_icons(app: Flask, clinic: Clinic) -> None:
    answer = _ask(app, clinic.path("manifest.webmanifest?language=ar"))
    assert answer.content_type == "application/manifest+json"
    said = json.loads(answer.data)
    assert (said["lang"], said["dir"]) == ("ar", "rtl")
    assert said["start_url"].startswith(said["scope"]) and said["scope"] == clinic.path("")
    assert {(icon["sizes"], icon["purpose"]) for icon in said["icons"]} == {
        ("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")
    }  # fmt: skip
    for icon in said["icons"]:
        assert _ask(app, icon["src"]).data.startswith(b"\x89PNG")


def test_an_icon_that_fills_its_square_is_named_for_those_who_take_none_of_the_manifests(
    app: Flask, client: PolicedClient, clinic: Clinic, booked: BookedVisit
) -> None:
    tree = client.get(clinic.path(f"p/{booked.patient_id}/")).tree
    assert tree is not None
    link = tree.css_first('link[rel="apple-touch-icon"]')
    assert link is not None
    icon = Image.open(BytesIO(_ask(app, str(link.attributes["href"])).data)).convert("RGBA")
    assert {icon.getpixel(corner)[3] for corner in ((0, 0), (511, 0), (0, 511), (511, 511))} == {255}


@pytest.mark.parametrize(
    ("said", "shown"), [({}, "#0b5d66"), ({"colour": "#5b2a86"}, "#5b2a86"), ({"colour": "#ffd24d"}, "#0b5d66")]
)
def test_manifest_has_the_clinics_colour_where_white_can_be_read_on_it(
    app: Flask, worker_database: Database, clock: Clock, said: dict[str, str], shown: str
) -> None:
    clinic = make_clinic(worker_database, now=clock.now, brand=said)
    assert json.loads(_ask(app, clinic.path("manifest.webmanifest")).data)["theme_color"] == shown


def test_manifest_speaks_the_clinics_language_where_it_is_asked_for_none_that_there_is(
    app: Flask, clinic: Clinic
) -> None:
    assert json.loads(_ask(app, clinic.path("manifest.webmanifest?language=xx")).data)["lang"] == "en"


@pytest.mark.parametrize("path", ["manifest.webmanifest", "worker.js"])
def test_what_is_the_same_for_everybody_is_kept_for_a_day_and_sets_no_cookie(
    app: Flask, clinic: Clinic, path: str
) -> None:
    answer = _ask(app, clinic.path(path))
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=86400"
    assert "Set-Cookie" not in answer.headers and "Cookie" not in answer.headers.get("Vary", "")
    assert _ask(app, f"/no-such-clinic/{path}").status_code == 404
