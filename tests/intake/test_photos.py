"""Photos: taken, shown, removed; what is refused loses nothing."""

from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import text

from portal.kernel.db import Database
from tests.factories.people import People
from tests.intake.test_filling import GO_ON, address, begin, fill
from tests.intake.test_safe_photo import picture, with_exif
from tests.support.client import Page, PolicedClient
from tests.support.clock import Clock


def at_photos(client: PolicedClient, people: People) -> Page:
    return fill(client, begin(client, people), upto="photo")


def upload(client: PolicedClient, page: Page, content: bytes, name: str = "photo.jpg") -> Page:
    return client.submit(page, {"q-photo": (content, name)}, button="Add this photo", follow=True)


def photo_href(page: Page) -> str:
    return page.links()["Photo 1"]


def test_a_photo_is_kept_without_its_metadata_and_shown_sandboxed(client: PolicedClient, people: People) -> None:
    page = upload(client, at_photos(client, people), with_exif())
    assert "1 photo added" in page.text
    shown = client.get(photo_href(page))
    assert shown.response.headers["Content-Type"] == "image/jpeg"
    assert "sandbox" in shown.response.headers["Content-Security-Policy"]
    assert "no-store" in shown.response.headers["Cache-Control"]
    assert b"SecretPhoneMaker" not in shown.data
    with Image.open(BytesIO(shown.data)) as drawn:
        assert drawn.size == (40, 60)


def test_a_photo_chosen_but_not_added_comes_along_when_going_on(client: PolicedClient, people: People) -> None:
    page = at_photos(client, people)
    summary = client.submit(page, {"q-photo": (picture(), "photo.png")}, button=GO_ON, follow=True)
    assert summary.url == address(people, "summary")
    assert "Photo 1" in summary.text


EMPTY = (b"", "")


@pytest.mark.parametrize(
    ("camera", "gallery", "says"),
    [
        ((picture(), "taken.png"), EMPTY, "1 photo added"),
        (EMPTY, (picture(), "chosen.png"), "1 photo added"),
        ((picture(), "taken.png"), (picture((30, 30)), "chosen.png"), "2 photos added"),
    ],
    ids=["camera", "gallery", "both"],
)
def test_a_photo_comes_from_the_camera_or_the_gallery_or_both(
    client: PolicedClient, people: People, camera: tuple[bytes, str], gallery: tuple[bytes, str], says: str
) -> None:
    page = at_photos(client, people)
    assert page.tree is not None
    assert [one.attributes["name"] for one in page.tree.css("input[type=file]")] == ["q-photo", "q-photo"]
    parts = [(BytesIO(content), name) for content, name in (camera, gallery)]
    assert says in client.submit(page, {"q-photo": parts}, button="Add this photo", follow=True).text


def test_no_photo_from_either_is_said(client: PolicedClient, people: People) -> None:
    page = client.submit(at_photos(client, people), button="Add this photo")
    assert page.status == 422 and "photo" in page.errors


def test_the_same_photo_twice_is_one(client: PolicedClient, people: People) -> None:
    page = upload(client, at_photos(client, people), picture())
    assert "1 photo added" in upload(client, page, picture()).text


def test_a_fourth_photo_is_refused(client: PolicedClient, people: People) -> None:
    page = at_photos(client, people)
    for side in (30, 40, 50):
        page = upload(client, page, picture((side, side)))
    refused = upload(client, page, picture((60, 60)))
    assert refused.status == 422 and "You can send 3 photos" in refused.errors


def test_a_removed_photo_is_gone(client: PolicedClient, people: People) -> None:
    page = upload(client, at_photos(client, people), picture())
    href = photo_href(page)
    after = client.submit(page, button="Remove", follow=True)
    assert "photo added" not in after.text
    assert client.get(href).status == 404


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"%PDF-1.7 a document", "not a photo that we can read"),
        (picture((400, 300))[:500], "not a photo that we can read"),
        (picture((9_000, 5_000), "PNG", "1"), "too big for us"),
        (b"\xff\xd8\xff" + b"x" * 10_100_000, "at most 10 megabytes"),
        (b"\xff\xd8\xff" + b"x" * 30_000_000, "at most 10 megabytes"),
    ],
    ids=["pdf", "cut-off", "45-megapixels", "10.1-MB", "30-MB"],
)
def test_what_is_no_photo_is_answered_with_a_sentence_and_the_form(
    client: PolicedClient, people: People, content: bytes, sentence: str
) -> None:
    page = upload(client, at_photos(client, people), picture())
    refused = upload(client, page, content)
    assert refused.status in {413, 422}
    assert sentence in refused.errors
    assert "1 photo added" in refused.text
    on = client.submit(client.get(address(people, "photo")), button=GO_ON, follow=True)
    assert on.url == address(people, "summary") and "An itching rash" in on.text


def test_adding_without_a_file_says_so(client: PolicedClient, people: People) -> None:
    page = client.submit(at_photos(client, people), button="Add this photo")
    assert page.status == 422 and "Choose a photo first." in page.errors


def test_who_may_see_a_photo(client: PolicedClient, people: People) -> None:
    mine = photo_href(upload(client, at_photos(client, people), picture()))
    photo = mine.rpartition("/")[2]
    for_staff = people.clinic.path(f"staff/patients/{people.patient_id}/photos/{photo}")
    for account, page, status in (
        (people.stranger, mine, 404),
        (people.stranger, for_staff, 403),
        (people.desk, for_staff, 403),
        (people.colleague, for_staff, 404),
        (people.clinician, for_staff, 200),
        (people.clinician, mine, 403),
    ):
        assert client.sign_in(account).get(page).status == status, (account, page)


def test_another_patients_address_does_not_lead_to_the_photo(client: PolicedClient, people: People) -> None:
    mine = photo_href(upload(client, at_photos(client, people), picture()))
    other = mine.replace(str(people.patient_id), str(people.stranger_id))
    assert client.get(other).status == 404


def test_the_database_takes_no_photo_once_the_answers_are_sent(
    client: PolicedClient, people: People, database: Database, clock: Clock
) -> None:
    page = upload(client, at_photos(client, people), picture())
    summary = client.submit(page, button=GO_ON, follow=True)
    client.submit(summary, button="Send my answers")
    with database.transaction(people.patient_principal()) as session:
        changed = session.execute(text("UPDATE intake.photo SET removed_at = now()"))
        assert getattr(changed, "rowcount", None) == 0
