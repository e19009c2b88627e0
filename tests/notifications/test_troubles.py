"""What staff see of messages that did not arrive."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from portal.kernel.db import Database
from portal.kernel.errors import PartnerRefused
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.notifications import queue_message
from portal.notifications.models import Delivery
from tests.conftest import SystemSession
from tests.factories.identity import patient_sign_in, staff_member
from tests.factories.notifications import by_sms
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock
from tests.support.outside import Outside

TARGET = "+16175550199"


@pytest.fixture
def trouble(system: SystemSession, outside: Outside, run_tasks: Callable[..., int], clock: Clock) -> None:
    """A message that the partner refused."""
    outside.sms.fail_with = [PartnerRefused(code="twilio-21211")]
    with system("reminders") as session:
        queue_message(
            session,
            to=by_sms(TARGET),
            template="one_time_code",
            values={"code": "123456", "minutes": "10"},
            key="k",
            due_at=clock.now,
            now=clock.now,
        )
    run_tasks()


def signed_in(client: PolicedClient, database: Database, clinic: Clinic, clock: Clock, role: Role) -> PolicedClient:
    return client.sign_in(staff_member(database, clinic, role, now=clock.now))


@pytest.mark.usefixtures("trouble")
def test_the_administrator_sees_that_a_message_failed_but_not_whose(
    client: PolicedClient, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    page = signed_in(client, worker_database, clinic, clock, Role.CLINIC_ADMIN).get(clinic.path("staff/messages"))
    assert "Code to sign in" in page.text
    assert "twilio-21211" in page.text
    assert TARGET not in page.html
    assert "123456" not in page.html


@pytest.mark.usefixtures("trouble")
def test_the_list_is_narrowed_to_what_became_of_the_message(
    client: PolicedClient, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    admin = signed_in(client, worker_database, clinic, clock, Role.CLINIC_ADMIN)
    assert "1 message" in admin.get(clinic.path("staff/messages?show=failed")).text
    none = admin.get(clinic.path("staff/messages?show=uncertain"))
    assert "0 messages" in none.text and "There are none of these" in none.text
    assert "twilio-21211" in admin.get(none.links()["See all that did not arrive"]).text
    assert "twilio-21211" in admin.get(clinic.path("staff/messages?show=nonsense")).text


@pytest.mark.usefixtures("trouble")
def test_another_clinic_sees_nothing_of_it(
    client: PolicedClient, worker_database: Database, other_clinic: Clinic, clock: Clock
) -> None:
    account = staff_member(worker_database, other_clinic, Role.CLINIC_ADMIN, now=clock.now)
    page = client.sign_in(account, clinic=other_clinic).get(other_clinic.path("staff/messages"))
    assert "All messages were sent" in page.text


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.CLINICIAN])
def test_other_staff_may_not(
    client: PolicedClient, worker_database: Database, clinic: Clinic, clock: Clock, role: Role
) -> None:
    page = signed_in(client, worker_database, clinic, clock, role).get(clinic.path("staff/messages"))
    assert page.status == 403


def test_patients_and_strangers_may_not(
    client: PolicedClient, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    assert client.get(clinic.path("staff/messages")).status == 303
    client.sign_in(patient_sign_in(worker_database, clinic, now=clock.now))
    assert client.get(clinic.path("staff/messages")).status == 403


@pytest.mark.usefixtures("trouble")
@pytest.mark.parametrize("role", [Role.PATIENT, Role.FRONT_DESK, Role.CLINICIAN, Role.VISITOR])
def test_the_database_shows_deliveries_to_administrators_only(
    database: Database, worker_database: Database, clinic: Clinic, clock: Clock, role: Role
) -> None:
    somebody = patient_sign_in(worker_database, clinic, now=clock.now)
    for who, sees in ((role, 0), (Role.CLINIC_ADMIN, 1)):
        with database.transaction(Principal.of(tenant_id=clinic.id, user_id=somebody, roles=[who])) as session:
            assert len(session.scalars(select(Delivery)).all()) == sees
