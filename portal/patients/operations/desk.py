"""What the desk and imports do with records: make them, keep them right, invite people to take them up."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from portal.kernel.db import PortalSession, constraint_of
from portal.kernel.errors import Conflict, PortalError
from portal.notifications import Recipient, queue_message
from portal.patients.models import Identifier, Invitation, Patient
from portal.patients.operations.claims import token_digest
from portal.patients.operations.registration import Details, check_birth_date, new_patient, put
from portal.patients.queries import contact_of, has_holder, patient_by_identifier
from portal.patients.rules import INVITATION_LIFE
from portal.tenancy import own_clinic


class NoContact(PortalError):
    """There is neither a phone number nor an e-mail address to send to."""

    code = "no-contact"


class RecordHeld(Conflict):
    """The person acts for themselves already; there is nothing to take up."""

    code = "record-held"


class IdentifierTaken(Conflict):
    """The number is another patient's."""

    code = "identifier-taken"


@dataclass(frozen=True, kw_only=True)
class Invited:
    """An invitation on its way. `path` is for the one message; it is kept nowhere."""

    invitation: Invitation
    path: str


def create_patient_by_staff(session: PortalSession, *, details: Details, now: datetime) -> Patient:
    """The desk makes a record for somebody who phones; raises NotABirthDate."""
    return new_patient(session, details=details, origin="desk", now=now)


def change_details(session: PortalSession, *, patient: Patient, details: Details, status: str, now: datetime) -> None:
    """The desk puts a record right; raises NotABirthDate."""
    check_birth_date(details.birth_date, zone=details.zone, now=now)
    put(patient, details)
    patient.status = status
    session.flush()


def add_identifier(session: PortalSession, *, patient_id: UUID, system: str, value: str) -> None:
    """Put a number of another system on file; raises IdentifierTaken."""
    identifier = Identifier(patient_id=patient_id, system=system, value=value)
    try:
        with session.begin_nested():
            session.add(identifier)
            session.flush()
    except IntegrityError as error:
        if constraint_of(error) == "uq_identifier_tenant_id_system_value_index":
            raise IdentifierTaken from error
        raise


def patient_from_import(
    session: PortalSession, *, details: Details, identifiers: Mapping[str, str], now: datetime
) -> tuple[Patient, bool]:
    """The patient whom one of these identifiers (value by system) names, and whether they are new.

    A known patient is left as they are: what the clinic wrote since is newer. Raises NotABirthDate.
    """
    for system, value in identifiers.items():
        known = patient_by_identifier(session, system=system, value=value)
        if known is not None:
            return known, False
    patient = new_patient(session, details=details, origin="import", now=now)
    for system, value in identifiers.items():
        add_identifier(session, patient_id=patient.id, system=system, value=value)
    return patient, True


def invite_patient(session: PortalSession, *, patient: Patient, now: datetime) -> Invited:
    """Send a link with which the person takes up their record, by a code to the same contact.

    Raises NoContact, RecordHeld.
    """
    contact = contact_of(session, patient_id=patient.id)
    if contact is None:
        raise NoContact
    if has_holder(session, patient_id=patient.id, now=now):
        raise RecordHeld
    token = secrets.token_urlsafe(24)
    invitation = Invitation(
        patient_id=patient.id,
        token_hash=token_digest(token),
        created_at=now,
        created_by=session.principal.actor_id,
        expires_at=now + INVITATION_LIFE,
    )
    session.add(invitation)
    session.flush()
    path = f"/{own_clinic(session).slug}/invitation/{token}"
    queue_message(
        session,
        to=Recipient(channel=contact.channel, target=contact.target, language=contact.language, zone=contact.zone),
        template="patient_invitation",
        values={"link": path},
        key=f"invitation:{invitation.id}",
        due_at=now,
        now=now,
        useful_until=invitation.expires_at,
    )
    return Invited(invitation=invitation, path=path)
