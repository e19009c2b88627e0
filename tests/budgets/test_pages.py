"""Guards: what a page may weigh, and what it may ask of the database (design: experience.md, Budgets)."""

from statistics import median
from typing import Any

import pytest
from flask import Flask

from portal.kernel.db import Database
from portal.web.dictionary import dictionary
from tests.budgets.measured import HEADERS, Weight, browser_of, fetch, weigh, work
from tests.budgets.pages import PageOf, patient_pages, staff_pages
from tests.budgets.world import World, make_world
from tests.support.client import BASE
from tests.support.clinics import make_clinic
from tests.support.clock import Clock

FIRST = 14 * 1024
FOLLOWING = 10 * 1024
QUERIES = 12
#: With the dictionary of portal/web/dictionary.py.
WITH_FRAME = 3 * 1024


@pytest.fixture(scope="module")
def world(web_process: Any, worker_process: Any, shared_clock: Clock) -> World:
    worker: Database = worker_process.database
    now = shared_clock.now.replace(microsecond=0)
    return make_world(worker, web_process.database, make_clinic(worker, now=now), now=now)


@pytest.fixture(scope="module")
def pages(shared_app: Flask, world: World) -> list[PageOf]:
    return patient_pages(shared_app, world)


@pytest.fixture(scope="module")
def weights(shared_app: Flask, world: World, pages: list[PageOf]) -> dict[str, Weight]:
    return {page.name: weigh(shared_app, world.clinic.id, page.account, page.path) for page in pages}


def test_a_patient_page_fits_the_first_window_with_its_stylesheet(weights: dict[str, Weight]) -> None:
    assert {name: weight.first for name, weight in weights.items() if weight.first > FIRST} == {}


def test_the_next_page_is_light(weights: dict[str, Weight]) -> None:
    assert {name: weight.following for name, weight in weights.items() if weight.following > FOLLOWING} == {}


def test_a_page_whose_frame_the_browser_has_is_half_of_that(
    shared_app: Flask, world: World, pages: list[PageOf]
) -> None:
    with shared_app.test_request_context("/"):
        frame = dictionary("en").available
    headers = {**HEADERS, "Accept-Encoding": "gzip, br, zstd, dcz", "Available-Dictionary": frame}
    sizes = {}
    for page in pages:
        browser = browser_of(shared_app, world.clinic.id, page.account)
        fetch(browser, page.path)
        answer = browser.get(page.path, base_url=BASE, headers=headers)
        assert answer.headers["Content-Encoding"] == "dcz" or len(answer.get_data()) < 700, page.name
        sizes[page.name] = len(answer.get_data())
    assert {name: size for name, size in sizes.items() if size > WITH_FRAME} == {}
    assert median(sizes.values()) < WITH_FRAME / 2


def test_a_patient_page_asks_the_database_little(
    app: Flask, database: Database, world: World, pages: list[PageOf]
) -> None:
    asked = {}
    for page in pages:
        browser = browser_of(app, world.clinic.id, page.account)
        asked[page.name] = work(browser, database, page.path, times=0).queries
    assert {name: count for name, count in asked.items() if count > QUERIES} == {}


def test_a_staff_page_asks_the_database_little(app: Flask, database: Database, world: World) -> None:
    asked = {}
    for page in staff_pages(world):
        browser = browser_of(app, world.clinic.id, page.account)
        asked[page.name] = work(browser, database, page.path, times=0).queries
    assert {name: count for name, count in asked.items() if count > QUERIES} == {}
