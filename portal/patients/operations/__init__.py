"""Verbs of patients."""

from portal.patients.operations.claims import (
    ClaimNotOpen,
    InvitationVoid,
    TooManyClaims,
    accept_claim,
    accept_invitation,
    claim_record,
    refuse_claim,
)
from portal.patients.operations.desk import (
    Invited,
    NoContact,
    RecordHeld,
    add_identifier,
    change_details,
    create_patient_by_staff,
    invite_patient,
    patient_from_import,
)
from portal.patients.operations.grants import GrantRefused, grant_access, revoke_access
from portal.patients.operations.proxies import NotAMinor, appoint_proxy, end_proxy
from portal.patients.operations.registration import Details, NotABirthDate, change_own_contact, register_patient

__all__ = [
    "ClaimNotOpen",
    "Details",
    "GrantRefused",
    "InvitationVoid",
    "Invited",
    "NoContact",
    "NotABirthDate",
    "NotAMinor",
    "RecordHeld",
    "TooManyClaims",
    "accept_claim",
    "accept_invitation",
    "add_identifier",
    "appoint_proxy",
    "change_details",
    "change_own_contact",
    "claim_record",
    "create_patient_by_staff",
    "end_proxy",
    "grant_access",
    "invite_patient",
    "patient_from_import",
    "refuse_claim",
    "register_patient",
    "revoke_access",
]
