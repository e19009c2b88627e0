"""One real visit from sign-up to receipt, in two browsers, on real parts."""

import re

import psycopg
import pytest
from playwright.sync_api import Browser, expect
from pypdf import PdfReader
from sqlalchemy import make_url

from deploy.processes import wait_until
from deploy.stack import Stack
from portal.app.demo.clinics import HARBOUR, PASSWORD
from tests.rail.people import Clinician, Inbox, Patient
from tests.support.browser import DESK, PHONE, visitor

pytestmark = pytest.mark.browser


def clinician_in(words: str) -> str:
    """E-mail of the clinician whom a page names."""
    return next(one.email for one in HARBOUR.staff if one.name in words)


def test_one_visit_from_sign_up_to_receipt(stack: Stack, browsers: tuple[Browser, Browser], tmp_path) -> None:
    inbox = Inbox(stack.var / "inbox")
    with visitor(browsers[0], size=PHONE) as phone, visitor(browsers[1], size=DESK) as desk:
        patient = Patient(phone.new_page(), stack.url, "harbour", inbox)
        patient.sign_up()
        patient.heading("Hello, Rosa")
        patient.next_step("Answer the health questions")
        patient.fill_in_intake()
        patient.page.get_by_role("button", name=re.compile("Send")).first.click()
        patient.next_step("Read and sign the consent")
        patient.sign_consent()
        patient.next_step("Book a visit")
        words = patient.book()
        assert "Eastern" in words
        inbox.await_message(patient.phone, r"your appointment is on .*Eastern.*harbour/v/")
        patient.come_in()
        visit_id = patient.page.url.rstrip("/").rsplit("/", 1)[-1]
        print("visit", visit_id, words)
