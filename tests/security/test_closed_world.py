"""Every endpoint says who may call it, and every one that writes says so at its door."""

import pytest
from flask import Flask

from portal.kernel.permissions import all_permissions
from portal.web.access import declared

# Endpoints that post and change nothing in this tenant's transaction, and why.
POSTS_THAT_DO_NOT_WRITE = {
    "home.display": "a cookie of the reader's own browser",
    "patients.patients": "a search: names and numbers do not stand in addresses",
    "workspaces.audit_patients": "a search: names and numbers do not stand in addresses",
    "patients.find_in_emergency": "a search: names do not stand in addresses",
    "charting.find_diagnoses": "a search within a form",
    "charting.find_notes": "a search: words of a patient's health do not stand in addresses",
    "identity.provider_logout": "opens its own transaction, as our own process, once the token is verified",
    "billing_hooks.cards": "opens its own transaction, in the tenant that the signed event names",
}


def _endpoints(app: Flask) -> list[str]:
    return sorted({rule.endpoint for rule in app.url_map.iter_rules()})


def test_every_endpoint_declares_its_permission_or_why_it_is_public(app: Flask) -> None:
    undeclared = [endpoint for endpoint in _endpoints(app) if declared(app, endpoint) is None]
    assert undeclared == []


def test_every_declared_permission_is_held_by_somebody(app: Flask) -> None:
    known = all_permissions()
    for endpoint in _endpoints(app):
        says = declared(app, endpoint)
        assert says is not None
        if says.permission is not None:
            assert known.get(says.permission), f"{endpoint} asks for {says.permission}, which nobody holds"
        else:
            assert says.reason


def test_no_permission_is_registered_for_nothing(app: Flask) -> None:
    asked = {says.permission for endpoint in _endpoints(app) if (says := declared(app, endpoint))}
    # Permissions that guard a part of a page or an operation rather than an endpoint.
    inside = {name for name in all_permissions() if name not in asked}
    assert all(":" in name for name in inside)


def test_every_endpoint_that_takes_a_post_declares_that_it_writes(app: Flask) -> None:
    silent = [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or set()) and not getattr(app.view_functions[rule.endpoint], "__writes__", False)
    ]
    assert set(silent) == set(POSTS_THAT_DO_NOT_WRITE)


def test_endpoints_that_write_on_get_say_why(app: Flask) -> None:
    for endpoint in _endpoints(app):
        reason = getattr(app.view_functions[endpoint], "__writes_on_get__", None)
        assert reason is None or len(reason) > 10


@pytest.mark.parametrize("part", ["/staff/"])
def test_staff_addresses_are_never_open_to_patients_or_visitors(app: Flask, part: str) -> None:
    holders = all_permissions()
    for rule in app.url_map.iter_rules():
        says = declared(app, rule.endpoint)
        if part in rule.rule and says and says.permission:
            assert not {"patient", "visitor"} & holders[says.permission], rule.rule
