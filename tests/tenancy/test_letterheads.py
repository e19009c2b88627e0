"""A clinic's name, colour and logo at the head of its mail and its papers, and of nobody else's."""

from dataclasses import replace
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from PIL import Image
from sqlalchemy import select

from portal.app.processes import Process
from portal.kernel.colours import OWN
from portal.kernel.db import Database
from portal.kernel.locale import LANGUAGES
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.notifications import Rendered, queue_message, render_email, template_by_name
from portal.tenancy import Emblem, Letterhead, letterhead
from portal.tenancy.models import Logo
from portal.tenancy.operations import change_logo, change_look
from portal.tenancy.rules import Look
from tests.conftest import SystemSession
from tests.factories.identity import staff_member
from tests.factories.notifications import by_email
from tests.support.clinics import Clinic, make_clinic
from tests.support.clock import Clock
from tests.support.outside import Outside, run_tasks_of
from tests.tenancy.test_logo import picture

VIOLET = "#5b2a86"
TOO_LIGHT = "#ffd24d"


@pytest.fixture
def branded(database: Database, worker_database: Database, clinic: Clinic, clock: Clock) -> Clinic:
    """The clinic, violet and with a logo."""
    admin = staff_member(worker_database, clinic, Role.CLINIC_ADMIN, now=clock.now, name="Ada Min")
    who = Principal.of(tenant_id=clinic.id, user_id=admin, roles=[Role.CLINIC_ADMIN]).acting(purpose="look")
    with database.transaction(who) as session:
        change_look(session, seen=0, look=Look(name="Harbour Clinic North", colour=VIOLET), now=clock.now)
        change_logo(session, seen=1, content=picture(), now=clock.now)
    return clinic


@pytest.fixture
def other(worker_database: Database, clock: Clock) -> Clinic:
    return make_clinic(worker_database, now=clock.now)


def head_of(system: SystemSession, clinic: Clinic) -> Letterhead:
    with system("documents", tenant=clinic) as session:
        return letterhead(session)


def logo_of(system: SystemSession, clinic: Clinic) -> UUID:
    with system("documents", tenant=clinic) as session:
        return session.scalars(select(Logo.id)).one()


@pytest.fixture
def mail_of(
    app: Any, system: SystemSession, worker_process: Process, relay_database: Database, clock: Clock, outside: Outside
) -> Any:
    """The mail that a clinic's patient gets."""

    def send(clinic: Clinic) -> Any:
        with system("reminders", tenant=clinic) as session:
            queue_message(
                session,
                to=by_email(),
                template="test.plain",
                values={"starts_at": "2026-12-01T15:30:00+00:00", "link": "/harbour/v/1"},
                key="visit:1:24h",
                due_at=clock.now,
                now=clock.now,
            )
        run_tasks_of(worker_process, relay_database, clinic.id, clock)
        return outside.mail.sent[-1]

    return send


def test_workers_read_the_clinics_name_colour_logo_and_where_it_is(system: SystemSession, branded: Clinic) -> None:
    head = head_of(system, branded)
    assert (head.name, head.colour, head.phone) == ("Harbour Clinic North", VIOLET, "+16175550100")
    assert head.address == "1 Harbour Street, Boston, MA"
    assert head.logo is not None
    assert (head.logo.width, head.logo.height) == (120, 40)
    assert Image.open(BytesIO(head.logo.content)).size == (240, 80)


@pytest.mark.parametrize("brand", [{}, {"colour": TOO_LIGHT}, {"colour": "red; } * { display: none"}])
def test_without_a_colour_that_can_be_read_on_white_it_has_the_portals_own(
    system: SystemSession, worker_database: Database, clock: Clock, brand: dict[str, str]
) -> None:
    head = head_of(system, make_clinic(worker_database, now=clock.now, brand=brand))
    assert (head.colour, head.logo) == (OWN, None)


def test_a_logo_of_another_clinic_is_on_no_paper_even_when_the_directory_names_it(
    system: SystemSession, worker_database: Database, branded: Clinic, clock: Clock
) -> None:
    stolen = {"logo": str(logo_of(system, branded)), "logo_width": "120", "logo_height": "40"}
    other = make_clinic(worker_database, now=clock.now, brand=stolen)
    assert head_of(system, other).logo is None


def test_mail_wears_the_clinics_colour_and_carries_its_logo_and_fetches_nothing(
    mail_of: Any, system: SystemSession, branded: Clinic
) -> None:
    mail, head = mail_of(branded), head_of(system, branded)
    assert head.logo is not None
    assert mail.picture.content == head.logo.content
    assert f'src="cid:{mail.picture.content_id}" alt="" width="120" height="40"' in mail.html
    assert mail.html.count(VIOLET) == 3 and OWN not in mail.html
    assert mail.html.count("src=") == 1 and "url(" not in mail.html
    assert "1 Harbour Street, Boston, MA" in mail.html and ">+16175550100<" in mail.html
    assert '<meta name="color-scheme" content="light">' in mail.html


def test_mail_of_a_clinic_that_has_said_nothing_looks_as_the_portal_does(
    mail_of: Any, branded: Clinic, other: Clinic
) -> None:
    mail_of(branded)
    mail = mail_of(other)
    assert mail.picture is None
    assert "<img" not in mail.html and VIOLET not in mail.html
    assert mail.html.count(OWN) == 3


def rendered(language: str, clinic: Letterhead) -> Rendered:
    values = {"code": "123456", "minutes": "10"}
    return render_email(template_by_name("one_time_code"), values=values, language=language, zone="UTC", clinic=clinic)


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("language", LANGUAGES)
def test_who_reads_mail_without_html_reads_the_same_words_with_a_logo_and_without(language: str) -> None:
    plain = Letterhead(name="Harbour Clinic", country="US", address="1 Harbour Street", phone="+16175550100")
    logo = Emblem(id=UUID(int=1), content=picture(), width=120, height=40)
    dressed = replace(plain, colour=VIOLET, logo=logo)
    assert rendered(language, dressed).text == rendered(language, plain).text
