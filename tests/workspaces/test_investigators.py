"""The privacy officer looks into who saw what as the administrators do; and nobody judges an alert about themselves."""

from uuid import UUID

import pytest
from sqlalchemy import update

from portal.audit import OwnAlert, mark_seen
from portal.audit.models import Alert
from portal.kernel.db import Database
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from tests.factories.audit import make_alert
from tests.factories.identity import staff_member
from tests.factories.patients import make_record
from tests.support.client import PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock

BOTH = (Role.CLINIC_ADMIN, Role.PRIVACY_OFFICER)


@pytest.fixture(params=BOTH)
def role(request: pytest.FixtureRequest) -> Role:
    return Role(request.param)


@pytest.fixture
def account(role: Role, worker_database: Database, clinic: Clinic, clock: Clock) -> UUID:
    return staff_member(worker_database, clinic, role, now=clock.now, name="Pat Private")


def test_investigators_read_the_record_explain_alerts_and_say_what_is_unusual(
    client: PolicedClient, account: UUID, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    desk = staff_member(worker_database, clinic, Role.FRONT_DESK, now=clock.now, name="Robin Desk")
    patient = make_record(worker_database, clinic, now=clock.now)
    alert = make_alert(worker_database, clinic, person=desk, patient=patient, now=clock.now)
    client.sign_in(account)
    assert "Who saw what" in client.get(clinic.path("staff/audit")).text
    one = client.get(clinic.path(f"staff/audit/alerts/{alert}"))
    assert "Robin Desk" in one.text and "Maria Gomez" in one.text
    assert "Your note is kept" in client.submit(one, {"note": "On call."}, follow=True).text
    settings = client.get(clinic.path("staff/audit/alerts/settings"))
    assert client.submit(settings, {"mass_patients": "60"}).status == 303


def test_an_alert_about_oneself_waits_for_somebody_else(
    client: PolicedClient, account: UUID, worker_database: Database, clinic: Clinic, clock: Clock
) -> None:
    alert = make_alert(worker_database, clinic, person=account, now=clock.now)
    page = client.sign_in(account).get(clinic.path(f"staff/audit/alerts/{alert}"))
    assert "somebody else has to look at it" in page.text and page.forms() == []
    forced = client.post(page.url, {"note": "Nothing at all."})
    assert forced.status == 403 and "somebody else has to look at it" in forced.text
    assert "Not looked at yet" in client.get(clinic.path("staff/audit/alerts")).text


def test_neither_the_operation_nor_the_database_closes_ones_own(
    database: Database, worker_database: Database, account: UUID, role: Role, clinic: Clinic, clock: Clock
) -> None:
    alert = make_alert(worker_database, clinic, person=account, now=clock.now)
    me = Principal.of(tenant_id=clinic.id, user_id=account, roles=[role]).acting(purpose="audit")
    with database.transaction(me) as session, pytest.raises(OwnAlert):
        mark_seen(session, alert=session.get_one(Alert, (clinic.id, alert)), note="Mine.", now=clock.now)
    with database.transaction(me) as session:
        closing = update(Alert).where(Alert.id == alert).values(seen_at=clock.now).returning(Alert.id)
        assert session.scalars(closing).all() == []
