"""A demo patient's visit of some days ago, as it went: booked, waited for, held, documented and signed.

Each step is done by whoever does it in life. The bill follows by itself, since a signed note makes it.
"""

from datetime import datetime, timedelta
from uuid import UUID

from portal.app.demo.definition import DemoEarlierVisit
from portal.charting import NoteText, sign_note, start_note
from portal.kernel.db import PortalSession
from portal.kernel.permissions import Role
from portal.kernel.principal import Principal
from portal.practitioners import Practitioner
from portal.scheduling import Appointment, VisitType, book_appointment, next_free
from portal.visits import admit, arrive, end_visit, plan_visit


def hold_visit(
    session: PortalSession,
    account: Principal,
    earlier: DemoEarlierVisit,
    *,
    patient_id: UUID,
    practitioner: Practitioner,
    visit_type: VisitType,
    zone: str,
    jurisdiction: str,
    booked_at: datetime,
) -> None:
    """Book at `booked_at` for a day later, and let everything happen that a visit is made of."""
    if practitioner.account_id is None:
        raise LookupError("the demo's clinician has no account")
    clinician = Principal.of(tenant_id=session.tenant_id, user_id=practitioner.account_id, roles=[Role.CLINICIAN])
    session.become(account.acting(purpose="scheduling"))
    slot = next_free(
        session,
        visit_type_id=visit_type.id,
        practitioner_id=practitioner.id,
        jurisdiction=jurisdiction,
        now=booked_at,
        after=booked_at + timedelta(days=1),
    )[0]
    appointment: Appointment = book_appointment(
        session,
        patient_id=patient_id,
        visit_type_id=visit_type.id,
        practitioner_id=practitioner.id,
        starts_at=slot.starts_at,
        zone=zone,
        jurisdiction=jurisdiction,
        now=booked_at,
    )
    session.become(Principal.system(tenant_id=session.tenant_id, purpose="visits"))
    visit = plan_visit(session, appointment=appointment)
    session.become(account)
    arrive(session, visit=visit, now=slot.starts_at - timedelta(minutes=5))
    session.become(clinician)
    admit(session, visit=visit, now=slot.starts_at)
    text = NoteText(**earlier.model_dump(include={"subjective", "objective", "assessment", "plan"}))
    note = start_note(session, visit_id=visit.id, text=text, now=slot.starts_at + timedelta(minutes=2))
    end_visit(session, visit=visit, now=slot.ends_at)
    sign_note(session, note_id=note.id, version=note.version, now=slot.ends_at + timedelta(minutes=2))
