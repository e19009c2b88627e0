"""A clinic's logo: taken in, drawn anew, shown on every page in place of the name."""

from datetime import timedelta
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from portal.kernel.db import Database
from portal.kernel.ids import new_id
from portal.kernel.permissions import Role
from portal.tenancy.rules import LARGEST, BadLogo, draw_logo
from tests.factories.identity import staff_member
from tests.support.client import BASE, Page, PolicedClient
from tests.support.clinics import Clinic, make_clinic
from tests.support.clock import Clock

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture
def desk(client: PolicedClient, worker_database: Database, clinic: Clinic, clock: Clock) -> PolicedClient:
    return client.sign_in(staff_member(worker_database, clinic, Role.CLINIC_ADMIN, now=clock.now, name="Ada Min"))


def picture(kind: str = "PNG", *, size: tuple[int, int] = (900, 300), **options: object) -> bytes:
    drawn = Image.new("RGB", size, "white")
    drawn.paste((91, 42, 134), (size[0] // 8, size[1] // 8, size[0] // 2, size[1] // 2))
    out = BytesIO()
    drawn.save(out, kind, **options)
    return out.getvalue()


def send(client: PolicedClient, content: bytes, name: str = "logo.png") -> Page:
    page = client.get(client.clinic.path("staff/look"))
    return client.submit(page, {"logo": (content, name)}, button="Use this picture")


def shown(page: Page) -> dict[str, str | None]:
    assert page.tree is not None
    image = page.tree.css_first("header img")
    return dict(image.attributes) if image else {}


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_logo_is_on_every_page_with_the_clinics_name_for_those_who_do_not_see_it(
    desk: PolicedClient, clinic: Clinic, clock: Clock, kind: str
) -> None:
    assert send(desk, picture(kind)).status == 303
    clock.now += timedelta(seconds=31)
    image = shown(desk.get(clinic.path()))
    assert (image["alt"], image["width"], image["height"]) == ("Harbour Clinic", "120", "40")
    answer = PolicedClient(desk.app, clinic).browser.get(str(image["src"]), base_url=BASE)
    assert (answer.status_code, answer.content_type) == (200, "image/png")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Set-Cookie" not in answer.headers
    assert len(answer.data) <= LARGEST
    assert Image.open(BytesIO(answer.data)).size == (240, 80)


@pytest.mark.parametrize(
    ("hints", "comes"),
    [
        ({"Save-Data": "on"}, False),
        ({"ECT": "2g"}, False),
        ({"ECT": "slow-2g"}, False),
        ({"ECT": "3g"}, True),
        ({}, True),
    ],
)
def test_whoever_saves_data_or_has_a_slow_line_gets_no_picture(
    desk: PolicedClient, clinic: Clinic, clock: Clock, hints: dict[str, str], comes: bool
) -> None:
    send(desk, picture())
    clock.now += timedelta(seconds=31)
    with desk.app.app_context():
        page = desk.browser.get(clinic.path(), base_url=BASE, headers=hints).get_data(as_text=True)
    assert ("<img" in page) is comes
    assert "Harbour Clinic" in page.partition("<main")[0]


@pytest.mark.parametrize(
    "content",
    [SVG, b"GIF89a", b"not a picture", picture()[:400], picture("GIF")],
    ids=["svg", "gif-head", "text", "cut", "gif"],
)
def test_what_is_no_picture_that_we_take_is_refused(desk: PolicedClient, clinic: Clinic, content: bytes) -> None:
    answer = send(desk, content)
    assert answer.status == 422
    assert "We cannot use this picture." in answer.errors
    assert shown(answer) == {}


def test_no_file_is_said(desk: PolicedClient, clinic: Clinic) -> None:
    answer = desk.submit(desk.get(clinic.path("staff/look")), button="Use this picture")
    assert answer.status == 422
    assert "Choose a picture." in answer.errors


def test_a_logo_can_be_taken_away(desk: PolicedClient, clinic: Clinic, clock: Clock) -> None:
    send(desk, picture())
    clock.now += timedelta(seconds=31)
    page = desk.get(clinic.path("staff/look"))
    assert desk.submit(page, button="Remove the logo").status == 303
    clock.now += timedelta(seconds=31)
    assert shown(desk.get(clinic.path())) == {}


def test_a_change_of_colours_keeps_the_logo(desk: PolicedClient, clinic: Clinic, clock: Clock) -> None:
    send(desk, picture())
    desk.submit(desk.get(clinic.path("staff/look")), {"colour": "#5b2a86"}, button="Save")
    clock.now += timedelta(seconds=31)
    assert shown(desk.get(clinic.path()))["alt"] == "Harbour Clinic"


def test_a_logo_is_refused_where_the_look_was_changed_meanwhile(desk: PolicedClient, clinic: Clinic) -> None:
    old = desk.get(clinic.path("staff/look"))
    send(desk, picture())
    answer = desk.submit(old, {"logo": (picture(), "logo.png")}, button="Use this picture")
    assert answer.status == 409


def test_another_clinics_logo_is_not_found(
    desk: PolicedClient, clinic: Clinic, clock: Clock, worker_database: Database
) -> None:
    send(desk, picture())
    clock.now += timedelta(seconds=31)
    path = str(shown(desk.get(clinic.path()))["src"])
    other = make_clinic(worker_database, now=clock.now)
    stranger = PolicedClient(desk.app, other)
    assert stranger.get(path.replace(clinic.slug, other.slug)).status == 404
    missing = stranger.get(other.path(f"logo/{new_id()}.png"))
    assert missing.status == 404
    assert missing.response.headers["Cache-Control"] == "no-store"


def test_nothing_but_the_picture_comes_along() -> None:
    said = PngInfo()
    said.add_text("Comment", "drawn by Maria at home")
    drawn = draw_logo(picture(pnginfo=said, icc_profile=b"profile of a camera"))
    assert b"Maria" not in drawn.content and b"camera" not in drawn.content


def test_what_is_clear_stays_clear() -> None:
    out = BytesIO()
    Image.new("RGBA", (200, 80), (0, 0, 0, 0)).save(out, "PNG")
    drawn = Image.open(BytesIO(draw_logo(out.getvalue()).content)).convert("RGBA")
    assert drawn.getpixel((5, 5))[3] == 0


@settings(max_examples=30)
@given(st.integers(1, 3000), st.integers(1, 3000))
def test_whatever_its_shape_a_logo_is_small_enough(width: int, height: int) -> None:
    drawn = draw_logo(picture(size=(width, height)))
    assert len(drawn.content) <= LARGEST
    assert 1 <= drawn.width <= 400 and 1 <= drawn.height <= 80


@pytest.mark.parametrize("content", [b"", b"x" * 2_000_001, SVG], ids=["empty", "too large", "svg"])
def test_a_file_that_cannot_be_drawn_is_refused(content: bytes) -> None:
    with pytest.raises(BadLogo):
        draw_logo(content)


def test_a_picture_of_too_many_dots_is_refused_before_it_is_drawn() -> None:
    with pytest.raises(BadLogo):
        draw_logo(picture(size=(5000, 4001)))
