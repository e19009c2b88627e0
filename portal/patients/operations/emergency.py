"""Emergency access ("break glass"): a clinician opens one record for an hour, and somebody else judges it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.kernel.db import PortalSession, constraint_of
from portal.kernel.errors import Conflict, Forbidden, NotFound, PortalError
from portal.kernel.events import emit
from portal.patients.events import EmergencyOpened
from portal.patients.models import BreakGlass
from portal.patients.operations.grants import grant_access, revoke_access
from portal.patients.queries import emergency_in_force, patient_by_id, who_can_see
from portal.patients.rules import EMERGENCY_LIFE, EMERGENCY_REASONS, FINDINGS


class ReasonMissing(PortalError):
    """No coded reason, or no sentence that says more."""

    code = "reason-missing"


class SeenAnyway(Conflict):
    """The clinician sees the record without it."""

    code = "seen-anyway"


class DecidedAlready(Conflict):
    """Somebody has judged it; that stays."""

    code = "decided-already"


class OwnEmergency(Forbidden):
    """Nobody judges what they did themselves."""

    code = "own-emergency"


def open_in_emergency(
    session: PortalSession,
    *,
    patient_id: UUID,
    reason: str,
    sentence: str,
    wants_sensitive: bool = False,
    now: datetime,
) -> BreakGlass:
    """Open one record to the signed-in clinician for an hour. Asked for again, what is in force stays as it is.

    `reason`: one of EMERGENCY_REASONS; `sentence`: the clinician's own words. Who asks for sensitive parts on top of
    what is open has a new hour. Raises NotFound, ReasonMissing, SeenAnyway and GrantRefused.
    """
    if reason not in EMERGENCY_REASONS or not sentence.strip():
        raise ReasonMissing
    if patient_by_id(session, patient_id=patient_id) is None:
        raise NotFound
    me = session.principal.actor_id
    known = emergency_in_force(session, patient_id=patient_id, now=now)
    if known is not None and (known.wants_sensitive or not wants_sensitive):
        return known
    if known is not None:
        end_emergency(session, emergency=known, now=now)
    elif not wants_sensitive and any(
        # An emergency that shows only now was opened between the two reads: below it is found as the first.
        one.user_id == me and one.basis != "break-glass"
        for one in who_can_see(session, patient_id=patient_id, now=now)
    ):
        raise SeenAnyway
    emergency = BreakGlass(
        patient_id=patient_id,
        user_id=me,
        reason=reason,
        sentence=sentence.strip(),
        wants_sensitive=wants_sensitive,
        since=now,
        until=now + EMERGENCY_LIFE,
    )
    try:
        with session.begin_nested():
            session.add(emergency)
            session.flush()
    except IntegrityError as error:
        if constraint_of(error) != "ex_break_glass_once":
            raise
        # The same clinician's other browser was first.
        first = emergency_in_force(session, patient_id=patient_id, now=now)
        if first is None:
            raise
        return first
    grant_access(
        session,
        patient_id=patient_id,
        user_id=me,
        basis="break-glass",
        reason=str(emergency.id),
        until=emergency.until,
        now=now,
    )
    emit(session, EmergencyOpened(emergency_id=emergency.id, user_id=me), now=now)
    return emergency


def end_emergency(session: PortalSession, *, emergency: BreakGlass, now: datetime) -> None:
    """The clinician has seen what they needed; ended already, nothing changes."""
    if emergency.until <= now:
        return
    emergency.until = max(now, emergency.since)
    session.flush()
    revoke_access(
        session,
        patient_id=emergency.patient_id,
        user_id=emergency.user_id,
        basis="break-glass",
        reason=str(emergency.id),
        now=emergency.until,
    )


def judge_emergency(
    session: PortalSession, *, emergency_id: UUID, finding: str, remark: str, now: datetime
) -> BreakGlass:
    """Say whether it was right (`finding`: one of FINDINGS), and why. It stays.

    Raises NotFound, OwnEmergency, DecidedAlready, ReasonMissing.
    """
    if finding not in FINDINGS or not remark.strip():
        raise ReasonMissing
    me = session.principal.actor_id
    seen = session.get(BreakGlass, (session.tenant_id, emergency_id))
    if seen is None:
        raise NotFound
    if seen.user_id == me:
        raise OwnEmergency
    # A lock is given on rows only that one may change: what is decided is none of them.
    emergency = session.scalar(
        select(BreakGlass)
        .where(BreakGlass.id == emergency_id, BreakGlass.decided_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if emergency is None:
        raise DecidedAlready
    emergency.finding, emergency.remark = finding, remark.strip()
    emergency.decided_at, emergency.decided_by = now, me
    session.flush()
    return emergency
