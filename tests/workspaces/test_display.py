"""Light, dark or high contrast: the reader's own choice, without script and without an account."""

import pytest

from tests.support.client import Page, PolicedClient
from tests.support.clinics import Clinic

DARK, MORE = "(prefers-color-scheme:dark)", "(prefers-contrast:more)"


def choose(client: PolicedClient, clinic: Clinic, scheme: str, *, back: str = "") -> Page:
    page = client.get(clinic.path(f"display?next={back or clinic.path()}"))
    return client.submit(page, {"scheme": scheme})


def head(client: PolicedClient, clinic: Clinic) -> str:
    return client.get(clinic.path()).html.partition("</head>")[0]


def test_without_a_choice_the_readers_device_decides(client: PolicedClient, clinic: Clinic) -> None:
    page = head(client, clinic)
    assert '<meta name="color-scheme" content="light dark">' in page
    assert f'media="{DARK}"' in page
    assert DARK in page and MORE in page


@pytest.mark.parametrize(("scheme", "asked"), [("light", MORE), ("dark", MORE), ("contrast", DARK)])
def test_a_choice_answers_in_the_browsers_stead(client: PolicedClient, clinic: Clinic, scheme: str, asked: str) -> None:
    answer = choose(client, clinic, scheme)
    assert (answer.status, answer.location) == (303, clinic.path())
    page = head(client, clinic)
    settled = ({DARK, MORE} - {asked}).pop()
    assert asked in page.partition("<style")[2]
    assert settled not in page.partition("<style")[2]
    content = "light dark" if scheme == "contrast" else scheme
    assert f'<meta name="color-scheme" content="{content}">' in page


def test_each_choice_links_a_sheet_of_its_own_from_the_second_page_on(client: PolicedClient, clinic: Clinic) -> None:
    linked = {}
    for scheme in ("auto", "light", "dark", "contrast"):
        choose(client, clinic, scheme)
        # The page after the first carries no sheet.
        head(client, clinic)
        second = head(client, clinic)
        assert "<style" not in second
        linked[scheme] = second.partition('<link rel="stylesheet" href="')[2].partition('"')[0]
    assert len(set(linked.values())) == 4
    sheet = client.browser.get(linked["dark"]).get_data(as_text=True)
    assert DARK not in sheet and "@media screen and (min-width: 0)" in sheet


def test_taking_the_choice_back_leaves_it_to_the_device(client: PolicedClient, clinic: Clinic) -> None:
    choose(client, clinic, "dark")
    choose(client, clinic, "auto")
    assert DARK in head(client, clinic)
    assert client.browser.get_cookie("scheme", domain="localhost") is None


def test_every_page_leads_there_and_back_to_itself(client: PolicedClient, clinic: Clinic) -> None:
    page = client.get(clinic.path("sign-in"))
    assert f"/display?next={clinic.path('sign-in')}" in page.html
    assert choose(client, clinic, "dark", back=clinic.path("sign-in")).location == clinic.path("sign-in")


def test_it_leads_to_no_other_place(client: PolicedClient, clinic: Clinic) -> None:
    assert choose(client, clinic, "dark", back="https://example.org/").location == clinic.path()


def test_a_scheme_that_there_is_not_is_refused_and_nothing_is_kept(client: PolicedClient, clinic: Clinic) -> None:
    answer = client.post(clinic.path("display"), data={"scheme": "sepia"})
    assert answer.status == 422
    assert client.browser.get_cookie("scheme", domain="localhost") is None


def test_a_forged_cookie_is_no_choice(client: PolicedClient, clinic: Clinic) -> None:
    client.browser.set_cookie("scheme", "</style>", domain="localhost")
    assert DARK in head(client, clinic)
