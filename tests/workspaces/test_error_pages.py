"""An error is as wide as the page from which its reader comes."""

from uuid import UUID

import pytest

from portal.kernel.db import Database
from portal.kernel.permissions import Role
from tests.factories.identity import staff_member
from tests.factories.visits import BookedVisit
from tests.support.client import Page, PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock

NOWHERE = UUID(int=0)


@pytest.fixture
def desk(worker_database: Database, clinic: Clinic, clock: Clock) -> UUID:
    return staff_member(worker_database, clinic, Role.FRONT_DESK, now=clock.now)


def is_for_staff(page: Page) -> bool:
    assert page.tree is not None
    body = page.tree.css_first("body")
    assert body is not None
    return "page-staff" in str(body.attributes["class"])


def test_what_is_not_found(client: PolicedClient, clinic: Clinic, desk: UUID, booked: BookedVisit) -> None:
    missing = client.sign_in(desk).get(clinic.path(f"staff/patients/{NOWHERE}"))
    assert (missing.status, is_for_staff(missing)) == (404, True)
    missing = client.sign_in(booked.account).get(clinic.path(f"p/{NOWHERE}/"))
    assert (missing.status, is_for_staff(missing)) == (404, False)


def test_a_form_that_is_too_old(client: PolicedClient, clinic: Clinic, desk: UUID) -> None:
    refused = client.sign_in(desk).post(clinic.path("sign-out"), {"csrf_token": "old"})
    assert refused.status == 400
    assert "open for too long" in refused.text
    assert is_for_staff(refused)
