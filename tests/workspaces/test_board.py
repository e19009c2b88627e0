"""The front desk's board."""

from collections.abc import Callable

from tests.factories.visits import BookedVisit
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock


def test_the_desk_sees_the_day_by_clinician(
    client: PolicedClient, clinic: Clinic, clock: Clock, booked: BookedVisit, run_tasks: Callable[..., int]
) -> None:
    clock.now = booked.starts_at
    page = client.sign_in(booked.desk).get(clinic.path("staff/"))
    assert page.status == 200
    assert "Dr. Priya Raman" in page.text
    assert "Maria Gomez" in page.text
    assert "First visit" in page.text
    assert "Coverage not stated" in page.text
    assert "Health questions not begun" in page.text
