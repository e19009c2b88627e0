"""A patient's record by the keyboard alone: from the visit to the curves, their numbers, the other tab, and back."""

import pytest
from playwright.sync_api import expect

from portal.kernel.db import Database
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from tests.factories.charting import make_vitals
from tests.factories.visits import BookedVisit
from tests.keyboard.conftest import BOTH_WAYS, SitDown
from tests.support.clinics import Clinic
from tests.support.clock import Clock

pytestmark = pytest.mark.browser


@BOTH_WAYS
def test_a_clinician_reads_the_numbers_of_a_curve_and_goes_from_tab_to_tab(
    sit_down: SitDown, database: Database, clinic: Clinic, clock: Clock, booked: BookedVisit
) -> None:
    who = Principal.of(tenant_id=clinic.id, user_id=booked.clinician, roles=[Role.CLINICIAN])
    make_vitals(database, who, booked.patient_id, now=clock.now)
    one = sit_down(f"staff/visits/{booked.visit_id}", booked.clinician)
    one.follow("Vital signs over time")
    one.heading("Vital signs")
    numbers = one.page.locator("table").first
    expect(numbers).to_be_hidden()
    one.to_node(one.page.locator("main summary").first)
    one.page.keyboard.press("Enter")
    expect(numbers).to_be_visible()
    one.follow("History")
    one.heading("History")
    one.follow("Vital signs")
    one.follow("Back to the visit")
    one.heading("Visit of %(name)s", name="Maria Gomez")
