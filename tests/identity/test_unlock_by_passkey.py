"""A locked screen opened by a passkey: one question, for this session and this use, answered once."""

from uuid import UUID

import pytest
from flask import Flask

from portal.kernel.db import Database
from portal.kernel.permissions import Role
from tests.factories.identity import staff_member
from tests.identity.device import Device
from tests.identity.test_passkeys import ask, keep
from tests.support.client import Page, PolicedClient
from tests.support.clinics import Clinic
from tests.support.clock import Clock


@pytest.fixture
def desk(worker_database: Database, clinic: Clinic, clock: Clock) -> UUID:
    return staff_member(worker_database, clinic, Role.FRONT_DESK, now=clock.now)


@pytest.fixture
def pc(app: Flask, clinic: Clinic, desk: UUID) -> PolicedClient:
    return PolicedClient(app, clinic).sign_in(desk)


@pytest.fixture
def device(pc: PolicedClient, clinic: Clinic) -> Device:
    """Its passkey is kept, and the screen locked."""
    made = keep(pc, Device())
    pc.post(clinic.path("lock"))
    return made


def opened(pc: PolicedClient, answer: str) -> Page:
    return pc.post(pc.clinic.path("unlock"), {"passkey": answer})


def test_it_opens_the_screen(pc: PolicedClient, clinic: Clinic, device: Device) -> None:
    assert "Use a passkey" in pc.get(clinic.path("lock")).text
    assert opened(pc, device.show(ask(pc, "unlock/question"))).status == 303
    assert pc.get(clinic.path("sessions")).status == 200


def test_an_answer_opens_once(pc: PolicedClient, clinic: Clinic, device: Device) -> None:
    answer = device.show(ask(pc, "unlock/question"))
    opened(pc, answer)
    pc.post(clinic.path("lock"))
    assert opened(pc, answer).status == 422


def test_an_answer_to_another_question_opens_nothing(
    app: Flask, pc: PolicedClient, clinic: Clinic, desk: UUID, device: Device
) -> None:
    elsewhere = PolicedClient(app, clinic).sign_in(desk)
    elsewhere.post(clinic.path("lock"))
    for question in (ask(elsewhere, "unlock/question"), ask(elsewhere, "sign-in/passkey/question")):
        assert opened(pc, device.show(question)).status == 422


@pytest.mark.parametrize("answer", ["{}", "nonsense", "[1]"])
def test_nonsense_opens_nothing(pc: PolicedClient, device: Device, answer: str) -> None:
    assert opened(pc, answer).status == 422
