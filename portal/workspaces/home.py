"""What a patient's own page shows: one next step, the way there, and what was before."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from portal.billing import Invoice, invoices_of_patient
from portal.consent import ConsentState, consent_state
from portal.intake import Intake, latest_intake
from portal.kernel.db import PortalSession
from portal.kernel.locale import gettext as _
from portal.patients import Patient
from portal.practitioners import Practitioner, practitioners_by_id
from portal.scheduling import Appointment, appointments_of_patient
from portal.visits import DeviceTest, Door, Visit, door, last_device_test, visits_by_id

#: A device test counts for so long, and a visit stays in sight for so long after its end.
FRESH = timedelta(days=1)

Link = Callable[..., str]


@dataclass(frozen=True, kw_only=True)
class Home:
    """All that the page shows. `next_step` is one of the tasks."""

    patient: Patient
    intake: Intake | None
    consent: ConsentState
    appointments: list[Appointment]
    visits: dict[UUID, Visit]
    practitioners: dict[UUID, Practitioner]
    invoices: list[Invoice]
    tested: DeviceTest | None
    now: datetime
    upcoming: list[Appointment] = field(default_factory=list)
    past: list[Appointment] = field(default_factory=list)

    @property
    def open_invoices(self) -> list[Invoice]:
        return [one for one in self.invoices if one.status == "open"]

    def state_of(self, appointment: Appointment) -> str:
        """The visit's state; planned until a visit says otherwise."""
        visit = self.visits.get(appointment.id)
        return visit.state if visit else "planned"

    def door_of(self, appointment: Appointment) -> Door:
        """Whether the waiting room is open."""
        return door(state=self.state_of(appointment), starts_at=appointment.starts_at, now=self.now)


def home_of(session: PortalSession, *, patient: Patient, now: datetime) -> Home:
    """Everything of one patient, a query a context."""
    appointments = appointments_of_patient(session, patient_id=patient.id)
    visits = visits_by_id(session, [one.id for one in appointments])
    found = Home(
        patient=patient,
        intake=latest_intake(session, patient_id=patient.id),
        consent=consent_state(session, patient_id=patient.id),
        appointments=appointments,
        visits=visits,
        practitioners=practitioners_by_id(session, {one.practitioner_id for one in appointments}),
        invoices=invoices_of_patient(session, patient_id=patient.id),
        tested=last_device_test(session, patient_id=patient.id, since=now - FRESH),
        now=now,
    )
    for one in appointments:
        is_ahead = one.status == "booked" and found.door_of(one) is not Door.OVER
        (found.upcoming if is_ahead else found.past).append(one)
    found.past.reverse()
    return found


def tasks_of(home: Home, link: Link) -> list[dict[str, Any]]:
    """The way to a visit, in order, each with its state; the first that is open is the next step.

    `link(endpoint, **values)` makes addresses. A task is {title, state, href, hint?}, as `ui.task_list` takes it.
    """
    patient = home.patient.id
    following = home.upcoming[0] if home.upcoming else None
    tasks = [_pay(home, link), _intake(home, link), _consent(home, link), _book(home, link)]
    if following is not None:
        tasks += [_device(home, link), _join(home, following, link)]
    shown = [task for task in tasks if task is not None]
    open_tasks = [task for task in shown if task["state"] in {"to_do", "attention"}]
    if open_tasks:
        # Somebody whose waiting room is open goes there first; a missing consent is asked for at its door.
        urgent = [task for task in open_tasks if task["state"] == "attention"]
        (urgent or open_tasks)[0]["state"] = "now"
    elif following is None:
        shown.append(
            {"title": _("Book another visit"), "state": "now", "href": link("scheduling.book", patient=patient)}
        )
    return shown


def _pay(home: Home, link: Link) -> dict[str, Any] | None:
    if not home.open_invoices:
        return None
    invoice = home.open_invoices[-1]
    href = link("billing.invoice", patient=home.patient.id, invoice=invoice.id)
    return {"title": _("Pay for your visit"), "state": "to_do", "href": href}


def _intake(home: Home, link: Link) -> dict[str, Any]:
    state = home.intake.state if home.intake else "none"
    href = link("intake.start", patient=home.patient.id)
    words = {
        "none": (_("Answer the health questions"), "to_do"),
        "in_progress": (_("Go on with the health questions"), "to_do"),
        "stopped": (_("Read our advice, and go on with the health questions"), "attention"),
        "completed": (_("Health questions"), "done"),
    }
    title, task_state = words[state]
    if state == "stopped":
        href = link("intake.advice", patient=home.patient.id)
    return {"title": title, "state": task_state, "href": href}


def _consent(home: Home, link: Link) -> dict[str, Any] | None:
    if home.consent.state == "unpublished":
        return None
    done = home.consent.state == "signed"
    href = link("consent.sign", patient=home.patient.id)
    return {"title": _("Read and sign the consent"), "state": "done" if done else "to_do", "href": href}


def _book(home: Home, link: Link) -> dict[str, Any] | None:
    if home.upcoming:
        one = home.upcoming[0]
        href = link("scheduling.appointment", patient=home.patient.id, appointment=one.id)
        return {"title": _("Your visit is booked"), "state": "done", "href": href}
    if home.past and home.intake is not None and home.intake.state == "completed":
        return None
    return {"title": _("Book a visit"), "state": "to_do", "href": link("scheduling.book", patient=home.patient.id)}


def _device(home: Home, link: Link) -> dict[str, Any]:
    href = link("visits.device_test", patient=home.patient.id)
    return {"title": _("Test your camera and sound"), "state": "done" if home.tested else "to_do", "href": href}


def _join(home: Home, appointment: Appointment, link: Link) -> dict[str, Any]:
    href = link("visits.join", patient=home.patient.id, visit=appointment.id)
    if home.door_of(appointment) is Door.OPEN:
        return {"title": _("Come in to your visit"), "state": "attention", "href": href}
    return {"title": _("Come in to your visit"), "state": "later", "href": href}
