"""What an answer's length tells whoever watches the line while a foreign page guesses in an address (BREACH)."""

import pytest
from flask import Response

from tests.factories.visits import BookedVisit
from tests.support.client import BASE, PolicedClient

CODINGS = "gzip, br, zstd, dcz"
#: Who may have had the page asked for.
FOREIGN = {
    "another site": {"Sec-Fetch-Site": "cross-site"},
    "a neighbour": {"Sec-Fetch-Site": "same-site"},
    "another site, with our referer": {"Sec-Fetch-Site": "cross-site", "Referer": f"{BASE}/x"},
    "another site in an old browser": {"Referer": "https://evil.example/"},
    "nobody says": {},
}
OWN = {
    "a page of ours": {"Sec-Fetch-Site": "same-origin"},
    "the reader": {"Sec-Fetch-Site": "none"},
    "a page of ours in an old browser": {"Referer": f"{BASE}/x"},
}


@pytest.fixture
def desk(client: PolicedClient, booked: BookedVisit) -> PolicedClient:
    return client.sign_in(booked.desk)


def ask(client: PolicedClient, booked: BookedVisit, query: str, headers: dict[str, str]) -> Response:
    path = client.clinic.path(f"staff/patients/{booked.patient_id}") + query
    with client.app.app_context():
        answer: Response = client.browser.get(path, base_url=BASE, headers={"Accept-Encoding": CODINGS, **headers})
    assert answer.status_code == 200
    return answer


def lengths(client: PolicedClient, booked: BookedVisit, guess: str, headers: dict[str, str]) -> int:
    answer = ask(client, booked, f"?q={guess}", headers)
    assert guess.encode() in answer.data, "the page holds no guess: nothing is tested"
    return len(answer.data)


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
def test_a_guess_that_is_right_is_as_long_as_one_that_is_wrong(
    desk: PolicedClient, booked: BookedVisit, headers: dict[str, str]
) -> None:
    id_of_the_patient = str(booked.patient_id)
    ask(desk, booked, "", {})  # the stylesheet comes once
    right = lengths(desk, booked, id_of_the_patient, headers)
    wrong = lengths(desk, booked, "0123456789abcdef-ghijk-lmno-pqrstuvw"[: len(id_of_the_patient)], headers)
    assert right == wrong
    assert "Content-Encoding" not in ask(desk, booked, "?q=x", headers).headers


@pytest.mark.parametrize("headers", OWN.values(), ids=OWN)
def test_who_looks_for_something_gets_a_small_page(
    desk: PolicedClient, booked: BookedVisit, headers: dict[str, str]
) -> None:
    assert ask(desk, booked, "?q=x", headers).headers["Content-Encoding"] == "br"


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
def test_a_page_without_a_query_holds_no_guess_and_is_small(
    desk: PolicedClient, booked: BookedVisit, headers: dict[str, str]
) -> None:
    assert ask(desk, booked, "", headers).headers["Content-Encoding"] == "br"


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
def test_a_link_from_elsewhere_to_a_clinic_is_small_for_a_visitor(
    client: PolicedClient, headers: dict[str, str]
) -> None:
    with client.app.app_context():
        path = client.clinic.path() + "?lang=es"
        answer = client.browser.get(path, base_url=BASE, headers={"Accept-Encoding": "br", **headers})
    assert answer.headers["Content-Encoding"] == "br"
