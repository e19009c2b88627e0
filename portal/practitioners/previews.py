"""The clinician of examples."""

from portal.kernel.ids import new_id
from portal.practitioners.models import Practitioner
from portal.practitioners.queries import list_practitioners
from portal.web.access import clinic, db, now


def example_practitioner() -> Practitioner:
    """Somebody whom the clinic offers to patients, else an invented one; never added to a session."""
    return next(iter(list_practitioners(db())), None) or Practitioner(
        tenant_id=clinic().id,
        id=new_id(),
        name="Dr. Ana Ruiz",
        specialty={},
        languages=["en"],
        zone=clinic().zone,
        bio={},
        listed=True,
        created_at=now(),
    )
