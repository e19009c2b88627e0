"""The clinic's page: what everybody sees of it, and what it costs."""

from datetime import time, timedelta

import pytest

from portal.billing import set_price
from portal.kernel.db import Database
from portal.kernel.money import Money
from tests.budgets.measured import statements
from tests.factories.identity import staff_member
from tests.factories.patients import make_patient
from tests.factories.practitioners import make_practitioner
from tests.factories.scheduling import make_visit_type, work_every_day
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock


@pytest.fixture
def offering(worker_database: Database, clinic: Clinic, clock: Clock) -> Clinic:
    """A clinic with a service that costs something, a free one, and a clinician who works every day."""
    _account, practitioner = make_practitioner(
        worker_database, clinic, now=clock.now, languages=["en", "ar"], bio={"en": "Listens first."}
    )
    work_every_day(worker_database, clinic, practitioner, now=clock.now)
    first = make_visit_type(worker_database, clinic)
    question = make_visit_type(worker_database, clinic, code="question", names={"en": "A question"}, minutes=10)
    with worker_database.transaction(clinic.system("provisioning")) as session:
        for visit_type, cents in ((first, 4500), (question, 0)):
            amount = Money(cents, "USD")
            set_price(session, visit_type_id=visit_type, amount=amount, now=clock.now - timedelta(days=1))
    return clinic


def test_a_visitor_sees_services_with_length_price_and_next_free_time(
    client: PolicedClient, offering: Clinic, clock: Clock
) -> None:
    clock.now = clock.now.replace(hour=15, minute=0, second=0)
    page = client.get(offering.path())
    assert page.status == 200
    assert "First visit" in page.text
    assert "20 minutes" in page.text
    assert "$45.00" in page.text
    assert "free of charge" in page.text
    assert "Next free time:" in page.text
    assert "Eastern" in page.text
    assert "with Dr. Priya Raman" in page.text


def test_a_visitor_sees_who_works_there_and_where_they_may_see_patients(
    client: PolicedClient, offering: Clinic
) -> None:
    page = client.get(offering.path())
    assert "Family medicine" in page.text
    assert "Speaks: English and Arabic" in page.text
    assert "May see patients in: Massachusetts" in page.text
    assert "Listens first." in page.text


def test_somebody_whose_licences_have_ended_is_not_shown(
    client: PolicedClient, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    make_practitioner(worker_database, clinic, now=clock.now, jurisdictions=())
    assert "Priya" not in client.get(clinic.path()).text


def test_a_clinic_that_offers_nothing_yet_says_whom_to_call(client: PolicedClient, clinic: Clinic) -> None:
    page = client.get(clinic.path())
    assert "No visits can be booked right now" in page.text
    assert "tel:+16175550100" in page.links().values()


def test_a_service_without_a_free_time_says_so(
    client: PolicedClient, worker_database: Database, clinic: Clinic
) -> None:
    make_visit_type(worker_database, clinic)
    assert "No time is free in the next two weeks" in client.get(clinic.path()).text


def test_next_time_is_found_beyond_today(
    client: PolicedClient, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    _account, practitioner = make_practitioner(worker_database, clinic, now=clock.now)
    make_visit_type(worker_database, clinic)
    later = clock.now + timedelta(days=5)
    work_every_day(worker_database, clinic, practitioner, now=later + timedelta(days=7), starts=time(9))
    assert "Next free time:" in client.get(clinic.path()).text


def test_another_clinic_shows_none_of_it(client: PolicedClient, offering: Clinic, other_clinic: Clinic) -> None:
    page = client.get(other_clinic.path())
    assert page.status == 200
    assert "Priya" not in page.text
    assert "First visit" not in page.text


def test_an_unknown_clinic_is_not_found(client: PolicedClient, clinic: Clinic) -> None:
    assert client.get(f"/{clinic.slug}x/").status == 404


def test_booking_leads_a_visitor_to_sign_in_and_back_home(client: PolicedClient, offering: Clinic) -> None:
    links = client.get(offering.path()).links()
    assert links["Book a visit"] == offering.path("sign-in") + "?next=" + offering.path("home")


def test_a_patient_is_led_to_their_page(
    client: PolicedClient, worker_database: Database, offering: Clinic, clock: Clock
) -> None:
    account, _patient = make_patient(worker_database, offering, now=clock.now)
    links = client.sign_in(account).get(offering.path()).links()
    assert links["Your page"] == offering.path("home")


def test_texts_without_a_translation_say_their_language(client: PolicedClient, offering: Clinic) -> None:
    page = client.get(offering.path() + "?lang=es", follow=True)
    assert "Medicina familiar" in page.text
    assert '<span lang="en">A question</span>' in page.html


def test_the_page_asks_little_of_the_database(
    client: PolicedClient, worker_database: Database, database: Database, offering: Clinic, clock: Clock
) -> None:
    staff = staff_member(worker_database, offering, now=clock.now)
    client.get(offering.path())
    with statements(database) as visitor:
        client.get(offering.path())
    client.sign_in(staff)
    client.get(offering.path())
    with statements(database) as signed_in:
        client.get(offering.path())
    assert len(visitor) <= 12
    assert len(signed_in) <= 12
