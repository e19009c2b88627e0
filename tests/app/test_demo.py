"""The demo's clinics are complete, and seeding them again changes nothing."""

import secrets
from datetime import timedelta

import pytest

from portal.app.demo import DemoClinic, demo_clinics, seed_demo
from portal.app.processes import Process
from portal.billing import invoice_of_visit
from portal.identity import review_due
from portal.identity.queries.people import open_invitations
from portal.kernel.db import Database
from portal.kernel.locale import LANGUAGES
from portal.kernel.money import Money
from portal.kernel.principal import NO_TENANT, Principal
from portal.scheduling import appointments_between, next_free, visit_types
from portal.tenancy import clinic_by_slug
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.outside import Outside, run_tasks_of

#: Invitations are mailed the way that app wires.
pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def clinics() -> list[DemoClinic]:
    """The demo's clinics under names of this test's own."""
    return [one.model_copy(update={"slug": f"{one.slug}-{secrets.token_hex(4)}"}) for one in demo_clinics()]


def _tenant(database: Database, slug: str) -> Clinic:
    with database.transaction(Principal.visitor(tenant_id=NO_TENANT)) as session:
        found = clinic_by_slug(session, slug=slug)
        assert found is not None
        return Clinic(id=found.id, slug=slug)


def test_seeding_makes_every_clinic_with_its_patients_and_visits(
    worker_database: Database, clinics: list[DemoClinic], clock: Clock
) -> None:
    done = seed_demo(worker_database, clinics, now=clock.now)
    assert [one.slug for one in done] == [one.slug for one in clinics]
    for seeded, clinic in zip(done, clinics, strict=True):
        assert seeded.is_new
        assert seeded.patients == len(clinic.patients)
        assert seeded.visits == sum(patient.visit is not None for patient in clinic.patients)


def test_seeding_again_changes_nothing(worker_database: Database, clinics: list[DemoClinic], clock: Clock) -> None:
    seed_demo(worker_database, clinics, now=clock.now)
    again = seed_demo(worker_database, clinics, now=clock.now)
    assert [(one.is_new, one.patients, one.visits) for one in again] == [(False, 0, 0)] * len(clinics)


def test_a_demo_of_another_day_has_visits_ahead_again(
    worker_database: Database, clinics: list[DemoClinic], clock: Clock
) -> None:
    seed_demo(worker_database, clinics[:1], now=clock.now)
    clock.advance(days=9)
    (again,) = seed_demo(worker_database, clinics[:1], now=clock.now)
    assert again.visits == 4
    harbour = _tenant(worker_database, clinics[0].slug)
    with worker_database.transaction(harbour.system("board")) as session:
        ahead = appointments_between(session, start=clock.now, end=clock.now + timedelta(days=4))
    assert len(ahead) == 4


def test_somebody_has_been_seen_and_can_read_what_was_written(
    worker_database: Database,
    worker_process: Process,
    relay_database: Database,
    outside: Outside,
    clinics: list[DemoClinic],
    clock: Clock,
) -> None:
    seed_demo(worker_database, clinics[:1], now=clock.now)
    harbour = _tenant(worker_database, clinics[0].slug)
    run_tasks_of(worker_process, relay_database, harbour.id, clock)
    with worker_database.transaction(harbour.system("billing")) as session:
        before = appointments_between(session, start=clock.now - timedelta(days=9), end=clock.now)
        (seen,) = [one for one in before if one.status == "fulfilled"]
        bill = invoice_of_visit(session, visit_id=seen.id)
    assert bill is not None
    assert (bill.status, bill.amount) == ("open", Money(4500, "USD"))
    assert not [one for one in outside.sms.sent if one.to == "+16175550105" and "appointment" in one.text]


@pytest.mark.parametrize("hour", [3, 9, 15, 22])
def test_somebody_can_be_seen_within_the_hour_at_any_time(
    worker_database: Database, clinics: list[DemoClinic], clock: Clock, hour: int
) -> None:
    clock.now = clock.now.replace(hour=hour, minute=7)
    seed_demo(worker_database, clinics, now=clock.now)
    for clinic in clinics:
        tenant = _tenant(worker_database, clinic.slug)
        with worker_database.transaction(tenant.system("scheduling")) as session:
            for visit_type in visit_types(session):
                (slot,) = next_free(
                    session, visit_type_id=visit_type.id, jurisdiction=clinic.jurisdiction, now=clock.now
                )
                assert slot.starts_at - clock.now < timedelta(hours=1)


def test_every_text_of_the_demo_stands_in_every_language(clinics: list[DemoClinic]) -> None:
    for clinic in clinics:
        texts = [text for one in clinic.services for text in (one.names, one.descriptions)]
        texts += [text for one in clinic.practitioners for text in (one.specialty, one.bio)]
        assert all(set(text) == set(LANGUAGES) and all(text.values()) for text in texts)


def test_a_demo_has_somebody_invited_and_a_review_to_do(
    worker_database: Database, clinics: list[DemoClinic], clock: Clock
) -> None:
    seed_demo(worker_database, clinics[:1], now=clock.now)
    harbour = _tenant(worker_database, clinics[0].slug)
    with worker_database.transaction(harbour.system("provisioning")) as session:
        assert [one.name for one in open_invitations(session).rows] == ["Dr. Noor Rahman"]
        due = review_due(session, now=clock.now)
        assert due.is_asked_for and not due.is_overdue
