"""What a patient's own page shows: what is ahead, what was before, and what there is to do (home_tasks)."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from portal.billing import Invoice, latest_invoices
from portal.charting import visits_with_signed_note
from portal.consent import ConsentState, consent_state
from portal.intake import Intake, latest_intake
from portal.kernel.db import Page, Place, PortalSession
from portal.patients import Patient
from portal.practitioners import Practitioner, practitioners_by_id
from portal.scheduling import Appointment, appointments_of_patient
from portal.visits import DeviceTest, Door, Visit, door, last_device_test, visits_by_id

#: So many of a patient's latest appointments say what there is to do.
LATEST = 50
#: So many earlier visits and bills are shown at once.
SHOWN = 10
#: For so long a device test says something about the next call.
FRESH = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Home:
    """All that the page shows. `upcoming`: the next one first; `past`: the latest first.

    `after`: where the page of `past` that is shown begins; `known`: how many appointments there are in all.
    """

    patient: Patient
    intake: Intake | None
    consent: ConsentState
    upcoming: list[Appointment]
    past: list[Appointment]
    visits: Mapping[UUID, Visit]
    practitioners: Mapping[UUID, Practitioner]
    invoices: list[Invoice]
    with_note: Set[UUID]
    tested: DeviceTest | None
    now: datetime
    after: Place | None = None
    known: int = 0

    @property
    def earlier(self) -> Page[Appointment]:
        """The page of earlier visits that is shown, the latest first."""
        end = (self.after.at, self.after.id) if self.after else None
        rows = [one for one in self.past if end is None or (one.starts_at, one.id) < end]
        last = rows[SHOWN - 1] if len(rows) > SHOWN else None
        return Page(
            rows=rows[:SHOWN],
            total=max(self.known - len(self.upcoming), len(self.past)),
            after=Place(at=last.starts_at, id=last.id) if last else None,
        )

    @property
    def following(self) -> Appointment | None:
        """The visit that comes next."""
        return self.upcoming[0] if self.upcoming else None

    @property
    def open_invoices(self) -> list[Invoice]:
        return [one for one in self.invoices if one.status == "open"]

    @property
    def last_seen(self) -> datetime | None:
        """When the last visit that took place began."""
        return max((one.starts_at for one in self.past if self.state_of(one) == "finished"), default=None)

    def state_of(self, appointment: Appointment) -> str:
        """The visit's state; planned until a visit says otherwise."""
        return state_of(self.visits, appointment)

    def is_open(self, appointment: Appointment) -> bool:
        """Whether the waiting room is open."""
        return door(state=self.state_of(appointment), starts_at=appointment.starts_at, now=self.now) is Door.OPEN


def state_of(visits: Mapping[UUID, Visit], appointment: Appointment) -> str:
    """The state of an appointment's visit, which comes to be a moment after the booking."""
    visit = visits.get(appointment.id)
    return visit.state if visit else "planned"


def home_of(session: PortalSession, *, patient: Patient, after: Place | None = None, now: datetime) -> Home:
    """Everything of one patient: at most nine queries. `after`: where the page of earlier visits begins."""
    appointments, known = appointments_of_patient(
        session, patient_id=patient.id, latest=LATEST, after=after, following=SHOWN + 1
    )
    visits = visits_by_id(session, [one.id for one in appointments])
    upcoming, past = list[Appointment](), list[Appointment]()
    for one in sorted(appointments, key=lambda one: one.starts_at):
        is_over = door(state=state_of(visits, one), starts_at=one.starts_at, now=now) is Door.OVER
        (past if is_over or one.status != "booked" else upcoming).append(one)
    past.reverse()
    return Home(
        patient=patient,
        intake=latest_intake(session, patient_id=patient.id),
        consent=consent_state(session, patient_id=patient.id),
        upcoming=upcoming,
        past=past,
        visits=visits,
        practitioners=practitioners_by_id(session, {one.practitioner_id for one in appointments}),
        invoices=latest_invoices(session, patient_id=patient.id, limit=SHOWN) if past else [],
        with_note=visits_with_signed_note(session, patient_id=patient.id) if past else set(),
        tested=last_device_test(session, patient_id=patient.id, since=now - FRESH) if upcoming else None,
        now=now,
        after=after,
        known=known,
    )
