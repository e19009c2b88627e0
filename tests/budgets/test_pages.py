"""Guards: what a page may weigh, and what it may ask of the database (design: experience.md, Budgets).

Each page of a patient is weighed in each language that patients read: scripts differ in bytes a letter, and languages
in letters a sentence.
"""

from collections.abc import Callable, Iterator
from statistics import median
from typing import Any
from uuid import UUID

import brotli
import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.kernel.db import Database
from portal.kernel.locale import LANGUAGES
from portal.web.assets import Assets
from portal.web.dictionary import dictionary
from tests.budgets.measured import HEADERS, browser_of, bytes_of, fetch, first_visit, linked, work
from tests.budgets.pages import PageOf, patient_pages, staff_pages
from tests.budgets.world import World, make_world
from tests.support.client import BASE
from tests.support.clinics import make_clinic
from tests.support.clock import Clock

FIRST = 14 * 1024
FOLLOWING = 10 * 1024
EVERYTHING = 40 * 1024
REQUESTS = 4
MANIFEST = 1024
#: With the dictionary of portal/web/dictionary.py.
WITH_FRAME = 3 * 1024
#: Of pages on which one chooses among 130 languages.
WITH_LANGUAGES = {"patients.change_contact": 4.5 * 1024, "scheduling.language": 3.5 * 1024}
QUERIES = 12
#: Scripts of a call and of passkeys, which are fetched when somebody comes to such a page and not before.
OWN_SCRIPTS = frozenset({"js/visit.js", "js/device-test.js", "js/passkey.js"})

Browsers = Callable[[PageOf], FlaskClient]
Visits = dict[tuple[str, str], bytes]


@pytest.fixture(scope="module")
def world(web_process: Any, worker_process: Any, shared_clock: Clock) -> World:
    worker: Database = worker_process.database
    now = shared_clock.now.replace(microsecond=0)
    return make_world(worker, web_process.database, make_clinic(worker, now=now), now=now)


@pytest.fixture(scope="module")
def pages(shared_app: Flask, world: World) -> list[PageOf]:
    return patient_pages(shared_app, world)


@pytest.fixture(scope="module")
def browser_for(shared_app: Flask, world: World) -> Browsers:
    """One browser a person for all of their pages: each further sign-in is a line more on the list of sign-ins."""
    known: dict[UUID | None, FlaskClient] = {}

    def browser(page: PageOf) -> FlaskClient:
        if page.account not in known:
            known[page.account] = browser_of(shared_app, world.clinic.id, page.account)
        return known[page.account]

    return browser


@pytest.fixture(scope="module")
def first_visits(browser_for: Browsers, pages: list[PageOf]) -> Visits:
    """By name of the page and language."""
    return {
        (page.name, language): first_visit(browser_for(page), page.path, language=language)
        for page in pages
        for language in LANGUAGES
    }


@pytest.fixture(scope="module")
def next_visits(browser_for: Browsers, pages: list[PageOf], first_visits: Visits) -> Visits:
    """Of each page in the language in which it is heaviest: the same page without its stylesheet."""
    found = {}
    for page in pages:
        heaviest = max(LANGUAGES, key=lambda language: len(first_visits[page.name, language]))
        first_visit(browser_for(page), page.path, language=heaviest)
        found[page.name, heaviest] = fetch(browser_for(page), page.path)
    return found


@pytest.fixture(scope="module")
def assets(shared_app: Flask) -> Assets:
    found: Assets = shared_app.jinja_env.globals["assets"]
    return found


def test_a_patient_page_fits_the_first_window_with_its_stylesheet_in_each_language(first_visits: Visits) -> None:
    assert {name: len(page) for name, page in first_visits.items() if len(page) > FIRST} == {}


def test_the_next_page_is_light_in_each_language(next_visits: Visits) -> None:
    assert {name: len(page) for name, page in next_visits.items() if len(page) > FOLLOWING} == {}


def test_a_first_visit_is_few_requests_and_light_with_all_that_it_fetches(first_visits: Visits, assets: Assets) -> None:
    heavy = {}
    for name, page in first_visits.items():
        fetched = linked(page)
        everything = len(page) + sum(MANIFEST if _is_manifest(one) else bytes_of(assets, one) for one in fetched)
        if 1 + len(fetched) > REQUESTS or everything > EVERYTHING:
            heavy[name] = (everything, sorted(fetched))
    assert heavy == {}


def test_a_browser_that_is_offered_the_frame_asks_no_more_often(
    shared_app: Flask, world: World, pages: list[PageOf]
) -> None:
    """A page with a script of its own or a manifest leaves the offer to the next one."""
    asked, offers = {}, {}
    for page in pages:
        answer = browser_of(shared_app, world.clinic.id, page.account).get(
            page.path, base_url=BASE, headers={**HEADERS, "Accept-Encoding": "br, zstd"}
        )
        offers[page.name] = 'rel="compression-dictionary"' in answer.headers.get("Link", "")
        asked[page.name] = 1 + len(linked(answer.get_data())) + offers[page.name]
    assert {name: count for name, count in asked.items() if count > REQUESTS} == {}
    own = {name for name, offered in offers.items() if not offered}
    assert {"identity.sign_in", "visits.join", "visits.device_test", "home.start"} <= own
    assert len(own) < len(offers) / 2


def test_the_next_page_is_one_request(first_visits: Visits, next_visits: Visits) -> None:
    """Whatever the page before was: what it fetched is all that the next one names, but for a call's own script."""
    # The page that is kept for no connection fetches nothing; the manifest says how the home screen shows the clinic.
    fetched = [one for one in map(linked, first_visits.values()) if one]
    kept = frozenset.intersection(*fetched).union(*(filter(_is_manifest, one) for one in fetched))
    further = {name: frozenset(_files(linked(page) - kept)) for name, page in next_visits.items()}
    assert {name: files for name, files in further.items() if files - OWN_SCRIPTS or len(files) > 1} == {}


def _is_manifest(address: str) -> bool:
    return "/manifest.webmanifest" in address


def test_a_manifest_is_as_light_as_is_counted(shared_app: Flask, world: World) -> None:
    for language in LANGUAGES:
        path = world.clinic.path(f"manifest.webmanifest?language={language}")
        answer = shared_app.test_client().get(path, base_url=BASE, headers=HEADERS)
        assert answer.status_code == 200
        assert len(answer.get_data()) <= MANIFEST


def _files(addresses: frozenset[str]) -> Iterator[str]:
    return (one.removeprefix("/static/").partition("/")[2] for one in addresses)


def test_what_is_weighed_is_what_the_reader_of_that_language_gets(first_visits: Visits) -> None:
    """Or English would be weighed twelve times."""
    for (name, language), page in first_visits.items():
        assert f'<html lang="{language}"'.encode() in brotli.decompress(page), name


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
    assert {name: size for name, size in sizes.items() if size > WITH_LANGUAGES.get(name, WITH_FRAME)} == {}
    assert median(sizes.values()) < WITH_FRAME / 2


def test_a_patient_page_asks_the_database_little(
    database: Database, browser_for: Browsers, pages: list[PageOf]
) -> None:
    asked = {page.name: work(browser_for(page), database, page.path, times=0).queries for page in pages}
    assert {name: count for name, count in asked.items() if count > QUERIES} == {}


def test_a_staff_page_asks_the_database_little(database: Database, browser_for: Browsers, world: World) -> None:
    asked = {page.name: work(browser_for(page), database, page.path, times=0).queries for page in staff_pages(world)}
    assert {name: count for name, count in asked.items() if count > QUERIES} == {}
