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
from portal.patients.operations.emergency import (
    DecidedAlready,
    OwnEmergency,
    ReasonMissing,
    SeenAnyway,
    end_emergency,
    judge_emergency,
    open_in_emergency,
)
from portal.patients.operations.grants import GrantRefused, grant_access, revoke_access
from portal.patients.operations.invited_proxies import (
    TooManyInvitations,
    accept_proxy_invitation,
    end_proxy_invitation,
    invite_proxy,
)
from portal.patients.operations.proxies import NotAMinor, OwnRecord, appoint_proxy, end_proxy
from portal.patients.operations.registration import (
    Details,
    NotABirthDate,
    change_own_contact,
    register_patient,
    remember_language,
)

__all__ = [
    "ClaimNotOpen",
    "DecidedAlready",
    "Details",
    "GrantRefused",
    "InvitationVoid",
    "Invited",
    "NoContact",
    "NotABirthDate",
    "NotAMinor",
    "OwnEmergency",
    "OwnRecord",
    "ReasonMissing",
    "RecordHeld",
    "SeenAnyway",
    "TooManyClaims",
    "TooManyInvitations",
    "accept_claim",
    "accept_invitation",
    "accept_proxy_invitation",
    "add_identifier",
    "appoint_proxy",
    "change_details",
    "change_own_contact",
    "claim_record",
    "create_patient_by_staff",
    "end_emergency",
    "end_proxy",
    "end_proxy_invitation",
    "grant_access",
    "invite_patient",
    "invite_proxy",
    "judge_emergency",
    "open_in_emergency",
    "patient_from_import",
    "refuse_claim",
    "register_patient",
    "remember_language",
    "revoke_access",
]
