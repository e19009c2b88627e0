"""How each text of a patient's record lies in the database: sealed, coded, hashed, or in clear for a stated reason.

Columns behind an `Encrypted` attribute are sealed by their type and do not stand here. A test fails for a column that
is neither sealed nor listed, so that nobody adds a patient's words in clear without saying so.
"""

#: A column whose values come from a list that we own, or are ids, digests of public length, zones and languages.
CODED: dict[str, str] = {
    "billing.invoice": "status flag currency",
    "billing.ledger_entry": "account kind currency",
    "billing.payment": "gateway_payment_id currency",
    "billing.payment_attempt": "state language checkout_id failure_code currency",
    "billing.receipt": "language sha256",
    "billing.refund": "state gateway_refund_id failure_code currency",
    "charting.allergy": "clinical_status category criticality system code source source_id",
    "charting.medication": "status system code source source_id",
    "charting.note": "status sensitivity",
    "charting.note_diagnosis": "code",
    "charting.problem": "clinical_status system code source source_id",
    "charting.vital_sign": "unit system code source source_id",
    "consent.document_pdf": "sha256",
    "consent.signature": "kind language sha256 zone",
    "eligibility.coverage": "kind status",
    "identity.account": "kind language zone status",
    "identity.attempt": "kind",
    "identity.login_session": "channel",
    "identity.one_time_code": "channel",
    "identity.role_assignment": "role",
    "intake.intake": "state current_step",
    "intake.photo": "question media_type sha256",
    "intake.step": "step",
    "notifications.delivery": "channel language zone template key state partner_id error_code",
    "patients.access_grant": "basis reason scope",
    "patients.break_glass": "reason finding",
    "patients.claim_attempt": "channel state",
    "patients.identifier": "system",
    "patients.patient": "sex language zone jurisdiction status origin",
    "scheduling.appointment": "zone jurisdiction status cancel_reason",
    "scheduling.appointment_change": "action reason",
    "scheduling.slot_hold": "zone jurisdiction",
    "triage.red_flag": "acuity rule_version withdrawn_reason outcome",
    "triage.red_flag_notice": "state done",
    "visits.chat_message": "author_role",
    "visits.device_test": "verdict camera microphone echo speaker",
    "visits.participation": "role reason",
    "visits.visit": "state outcome",
}

#: Keyed or slow hashes, with the reason why the hashed values are many enough not to be guessed from their frequency.
HASHED: dict[str, str] = {
    "charting.note.content_digest": "a whole note, with its author and visit",
    "eligibility.coverage.member_id_index": "a number of a payer's, one a person",
    "identity.account.email_index": "one address a person or family",
    "identity.account.phone_index": "one number a person or family",
    "identity.attempt.target_index": "contacts and network addresses",
    "identity.login_session.token_hash": "a random token",
    "identity.one_time_code.code_hash": "six digits, void after ten minutes and five tries",
    "identity.one_time_code.target_index": "contacts",
    "identity.password.hash": "argon2id",
    "notifications.delivery.target_index": "contacts",
    "patients.claim_attempt.contact_index": "contacts",
    "patients.identifier.value_index": "numbers of other systems, one a person",
    "patients.invitation.token_hash": "a random token",
    "patients.patient.email_index": "one address a person or family",
    "patients.patient.phone_index": "one number a person or family",
}

_NOT_SEALED_YET = "not sealed yet: row-level security protects it, a stolen dump shows it"

#: In clear, and why. What is only not sealed yet says so; docs/security.md tells it to whoever runs an installation.
CLEAR: dict[str, str] = {
    "billing.invoice.description": "names of price list entries, in the clinic's languages",
    "billing.payment_attempt.url": "the gateway's own page, void after a day",
    "charting.allergy.display": _NOT_SEALED_YET,
    "charting.allergy.reaction": _NOT_SEALED_YET,
    "charting.medication.display": _NOT_SEALED_YET,
    "charting.medication.dosage": _NOT_SEALED_YET,
    "charting.note_diagnosis.display": "the wording of ICD-10-CM, which the code beside it says as well",
    "charting.problem.display": _NOT_SEALED_YET,
    "charting.vital_sign.display": "the name of a LOINC code, or the sender's words for one",
    "consent.signature.address": "evidence of the signature: a network address, not of health",
    "consent.signature.device": "evidence of the signature: a browser's name, not of health",
    "eligibility.coverage.holder": _NOT_SEALED_YET,
    "eligibility.coverage.payer": "the desk's lists are grouped by it",
    "eligibility.coverage.plan": "the desk's lists are grouped by it",
    "identity.account.name": "staff are listed and sorted by it; patients' accounts: " + _NOT_SEALED_YET,
    "identity.attempt.address": "limits by network address count over it",
    "identity.login_session.address": "shown to its owner in the list of sessions",
    "identity.login_session.device": "shown to its owner in the list of sessions",
    "identity.one_time_code.address": "limits by network address count over it",
    "patients.patient.family_key": "the desk finds people by parts of their name",
    "patients.patient.family_name": "the desk's boards are sorted by it",
    "patients.patient.given_key": "the desk finds people by parts of their name",
    "patients.patient.given_name": "the desk's boards are sorted by it",
}
