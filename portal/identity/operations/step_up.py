"""A second factor shown again, in this session, for one kind of action."""

from datetime import datetime

from portal.identity.models import StepUp
from portal.identity.rules import ACTIONS
from portal.kernel.db import PortalSession
from portal.kernel.errors import NotFound


def note_step_up(session: PortalSession, *, action: str, now: datetime) -> None:
    """Remember that it was shown. Raises NotFound for an action that is not ours."""
    who = session.principal
    if action not in ACTIONS or who.session_id is None:
        raise NotFound("action")
    session.add(StepUp(account_id=who.actor_id, session_id=who.session_id, action=action, at=now))
    session.flush()
