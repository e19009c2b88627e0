"""Photos on the clinician's page: shown, or offered with their size to somebody who saves data."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from flask import Flask, g, render_template

from portal.kernel.ids import new_id


def _photos(app: Flask, **headers: str) -> str:
    photo = SimpleNamespace(id=new_id(), taken_at=datetime(2026, 7, 1, tzinfo=UTC), width=320, height=240, size=85_400)
    shown = [SimpleNamespace(photo=photo, opens=True, state="")]
    asked = {name.replace("_", "-"): value for name, value in headers.items()}
    with app.test_request_context("/a/", headers=asked):
        g.clinic_slug = "a"
        return render_template("workspaces/_photos.html", photos=shown, patient_id=new_id())


def test_a_photo_is_on_the_page(app: Flask) -> None:
    assert _photos(app).count("<img") == 1


@pytest.mark.parametrize("headers", [{"Save_Data": "on"}, {"ECT": "2g"}, {"ECT": "slow-2g"}, {"ECT": "3g"}])
def test_who_saves_data_is_told_its_size_and_asks_for_it(app: Flask, headers: dict[str, str]) -> None:
    page = _photos(app, **headers)
    assert "<img" not in page
    assert "Show the photo (85 KB)" in page and "<a href=" in page


@pytest.mark.parametrize("headers", [{"Save_Data": "off"}, {"ECT": "4g"}])
def test_others_see_it(app: Flask, headers: dict[str, str]) -> None:
    assert "<img" in _photos(app, **headers)
