"""The clinic's page and a patient's own page, with the invented person."""

from collections.abc import Mapping
from typing import Any

from flask import url_for

from portal.consent import ConsentState
from portal.kernel.locale import gettext as _
from portal.patients.previews import example_patient
from portal.practitioners.previews import example_practitioner
from portal.scheduling.previews import example_appointment
from portal.web.access import clinic, db, now
from portal.web.previews import Preview, register_preview
from portal.workspaces.clinic_page import clinic_page
from portal.workspaces.home import Home
from portal.workspaces.home_tasks import tasks_of


def _clinic(part: str) -> Mapping[str, Any]:
    return {"page": clinic_page(db(), jurisdiction=clinic().jurisdiction, now=now()), "begin": "#"}


def _home(part: str) -> Mapping[str, Any]:
    agreed, who = example_appointment(), example_practitioner()
    home = Home(
        patient=example_patient(),
        intake=None,
        consent=ConsentState(state="unsigned", signature=None, document=None),
        upcoming=[agreed] if agreed else [],
        past=[],
        visits={},
        practitioners={who.id: who},
        invoices=[],
        with_note=frozenset(),
        tested=None,
        now=now(),
    )
    tasks = tasks_of(home, url_for)
    next_step = next((task for task in tasks if task["state"] == "now"), None)
    return {"home": home, "tasks": tasks, "next_step": next_step, "ways": {}}


register_preview(
    Preview(
        name="clinic",
        place=10,
        signed_in=False,
        template="home/clinic_page.html",
        title=lambda: _("The clinic’s page"),
        example=_clinic,
    )
)
register_preview(
    Preview(name="home", place=40, template="home/start.html", title=lambda: _("Your page"), example=_home)
)
