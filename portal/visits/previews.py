"""The door to a visit and the waiting room; the call itself needs a camera and somebody at the other end."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from portal.kernel.locale import gettext as _
from portal.patients.previews import whose_example
from portal.practitioners.previews import example_practitioner
from portal.scheduling.previews import example_appointment
from portal.visits.forms import PlainForm
from portal.visits.models import Visit
from portal.visits.rules import EARLIEST, Door
from portal.web.access import clinic, now
from portal.web.previews import Preview, register_preview

Context = Mapping[str, Any] | None


def _context(door: Door, *, ahead: timedelta) -> Context:
    agreed = example_appointment(ahead=ahead)
    if agreed is None:
        return None
    visit = Visit(
        tenant_id=clinic().id,
        id=agreed.id,
        patient_id=agreed.patient_id,
        practitioner_id=agreed.practitioner_id,
        state="waiting",
        starts_at=agreed.starts_at,
    )
    return {
        "visit": visit,
        "visit_id": visit.id,
        "appointment": agreed,
        "practitioner": example_practitioner(),
        "door": door,
        "opens_at": agreed.starts_at - EARLIEST,
        "tested": None,
        "problem": None,
        "looked_at": now(),
        "form": PlainForm(formdata=None),
        "csrf": "",
        "place": 2,
        **whose_example(),
    }


def _before(part: str) -> Context:
    return _context(Door.EARLY, ahead=timedelta(days=2))


def _waiting(part: str) -> Context:
    return _context(Door.OPEN, ahead=timedelta(hours=1))


def _link(part: str) -> Context:
    agreed = example_appointment()
    if agreed is None:
        return None
    return {
        "starts_at": agreed.starts_at,
        "zone": agreed.zone,
        "cancelled": False,
        "somebody_else": False,
        "form": PlainForm(formdata=None),
        "problem": None,
    }


register_preview(
    Preview(
        name="link",
        place=80,
        signed_in=False,
        template="visits/link.html",
        title=lambda: _("The link of a message"),
        example=_link,
    )
)
register_preview(
    Preview(name="visit", place=81, template="visits/visit.html", title=lambda: _("Before the visit"), example=_before)
)
register_preview(
    Preview(name="waiting", place=82, template="visits/waiting.html", title=lambda: _("Waiting room"), example=_waiting)
)
