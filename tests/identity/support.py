"""Steps that the tests of identity share."""

import re
from collections.abc import Callable
from typing import Any

from tests.factories.identity import PASSWORD
from tests.support.client import Page, PolicedClient
from tests.support.outside import Outside

RunTasks = Callable[..., int]


def ask(client: PolicedClient, contact: str, *, query: str = "") -> Page:
    """Type the contact on the sign-in page; returns the code page."""
    page = client.get(client.clinic.path("sign-in") + query)
    return client.submit(page, {"contact": contact}, button="Send me a code", follow=True)


def code_in(message: Any) -> str:
    """The code that a message carries."""
    found = re.search(r"\b(\d{6})\b", message.text)
    assert found, message.text
    return found.group(1)


def last_code(outside: Outside, run_tasks: RunTasks) -> str:
    """Send what is due and read the newest code."""
    run_tasks()
    return code_in(outside.sent[-1])


def wrong(code: str) -> str:
    """Another code."""
    return f"{(int(code) + 1) % 10**6:06}"


def sign_in(client: PolicedClient, outside: Outside, run_tasks: RunTasks, contact: str, *, query: str = "") -> Page:
    """The whole way; returns the redirect that ends it."""
    page = ask(client, contact, query=query)
    outside.mail.sent.clear()
    outside.sms.sent.clear()
    return client.submit(page, {"code": last_code(outside, run_tasks)}, button="Continue")


def staff_password(client: PolicedClient, email: str, password: str = PASSWORD, *, query: str = "") -> Page:
    """A right password on the staff's page; returns the second step."""
    page = client.get(client.clinic.path("staff/sign-in") + query)
    return client.submit(page, {"email": email, "password": password}, button="Sign in", follow=True)


def key_on(page: Page) -> str:
    """The key that an app is offered."""
    assert page.tree is not None
    found = page.tree.css_first("main code")
    assert found is not None, page.text
    return "".join(found.text().split())
