"""The table of checks: what is wrong, how bad that is, and what to do. To add one, add a line and its function."""

from portal.app.compliance import baseline, catalog, labelling, partners, routes, waiting
from portal.app.compliance.findings import Check, Severity

CRITICAL, HIGH, MEDIUM, LOW = Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW

# fmt: off
_LINES = (
    # Code: who may call what.
    ("route-undeclared", CRITICAL, "An address declares neither a permission nor why it is public",
     "declare @requires or @public at its view", routes.undeclared),
    ("route-for-nobody", MEDIUM, "An address asks for a permission that no role holds",
     "register it in the context's access.py", routes.without_holder),
    ("route-staff-open", CRITICAL, "A staff address is open to patients or visitors",
     "give it a permission of staff's, or another address", routes.staff_pages_for_others),
    # Database: what keeps clinics and patients apart.
    ("table-open", CRITICAL, "A table does not force row-level security",
     "secure it in a migration (migrations/rls.py)", catalog.without_row_security),
    ("table-no-tenant", CRITICAL, "A table has no restrictive tenant policy",
     "secure it in a migration, or list it with its reason", catalog.without_tenant_policy),
    ("table-owner", CRITICAL, "A table belongs to a role that can log in",
     "ALTER TABLE … OWNER TO portal_owner", catalog.owned_by_a_login_role),
    ("key-no-tenant", CRITICAL, "A key or unique index is not led by the tenant",
     "make it composite, tenant_id first", catalog.keys_not_led_by_tenant),
    ("view-as-owner", CRITICAL, "A view runs as its owner, or is materialised",
     "WITH (security_invoker = true)", catalog.views_as_owner),
    ("function-as-owner", HIGH, "A function runs as its owner and is not on the list",
     "make it SECURITY INVOKER, or list it with its reason", catalog.unlisted_definers),
    ("role-past-walls", CRITICAL, "A login role passes row-level security or makes roles",
     "ALTER ROLE … NOBYPASSRLS NOSUPERUSER NOCREATEROLE", catalog.roles_past_the_walls),
    ("column-unlabelled", HIGH, "A text of people's does not say how it lies in the database",
     "seal it, or say in portal/app/labels.py why not", labelling.without_label),
    # Settings below the baseline.
    ("demo-public", CRITICAL, "Demo accounts with known passwords at a public address",
     "DEMO=false, on a database without demo clinics", baseline.demo_in_public),
    ("demo", LOW, "This is a demo, not a place for patients", "DEMO=false in production", baseline.demo),
    ("debug", CRITICAL, "Errors show code and values", "start without debug mode", baseline.debug),
    ("tls", CRITICAL, "A way over a network is not encrypted", "use its encrypted form", baseline.without_tls),
    ("database-tls", HIGH, "The way to PostgreSQL is not encrypted", "add sslmode=verify-full",
     baseline.database_without_tls),
    ("weak-secret", CRITICAL, "A secret is weak", "python -c 'import secrets; print(secrets.token_urlsafe(48))'",
     baseline.weak_secrets),
    ("weak-passwords", HIGH, "Password hashes cost less than OWASP's least",
     "raise the parameters in portal/identity/passwords.py", baseline.weak_passwords),
    ("limits", MEDIUM, "A session or a code lasts longer, or is tried more often, than it should",
     "lower the setting", baseline.beyond_limits),
    ("key-file-readable", HIGH, "Others on the machine may read a key's file", "chmod 600",
     baseline.readable_key_files),
    ("key-in-a-file", LOW, "The key-encryption key is a file on the server",
     "move it into AWS KMS (docs/operations.md, rotating keys)", baseline.key_in_a_file),
    ("webhook-secrets", LOW, "A second webhook secret is still taken",
     "take the old one out once the new one is in use", baseline.second_webhook_secret),
    ("object-lock", MEDIUM, "Checkpoints are not locked in a second place for as long as the record is kept",
     "use a bucket with object lock (docs/operations.md)", baseline.without_object_lock),
    ("no-scanner", MEDIUM, "Uploaded files are not scanned for malware", "set a scanner's address",
     baseline.without_scanner),
    ("proxy", MEDIUM, "The reverse proxy before the portal is not counted", "set TRUSTED_PROXIES",
     baseline.proxy_not_counted),
    # Partners and their papers.
    ("agreement", HIGH, "A partner is in use without an agreement in force on record",
     "sign it, then: portal compliance agreement add", partners.without_agreement),
    ("agreement-lapses", MEDIUM, "An agreement ends within 30 days and nothing follows it",
     "renew it, then: portal compliance agreement add", partners.about_to_lapse),
    # What is overdue.
    ("review-emergency", HIGH, "An emergency access has waited for a decision for more than 7 days",
     "the privacy officer decides it", waiting.undecided_emergencies),
    ("review-access", HIGH, "Nobody has reviewed for 90 days who may do what in the clinic",
     "an administrator begins a review and signs it off", waiting.overdue_reviews),
    ("review-alert", MEDIUM, "An alert of unusual access has waited for more than 7 days",
     "an administrator says what it was", waiting.unseen_alerts),
    ("old-key", MEDIUM, "A data key is older than a year", "portal keys rotate --clinic NAME", waiting.old_keys),
    ("checkpoint-old", HIGH, "Audit records wait and no checkpoint was signed for a day",
     "see whether the sequencer runs", waiting.old_checkpoints),
    ("checkpoint-here-only", HIGH, "A checkpoint has not reached its second place for a day",
     "see the sequencer's log and the second place", waiting.checkpoints_not_copied),
    ("dead-letter", MEDIUM, "Work was given up", "the operations page, or portal retry-dead", waiting.dead_letters),
    ("licence", MEDIUM, "A licence of somebody who is offered to patients has lapsed",
     "enter the renewed one, or take them off the list", waiting.lapsed_licences),
)
# fmt: on

CHECKS = tuple(
    Check(id=name, severity=severity, fault=fault, remedy=remedy, find=find)
    for name, severity, fault, remedy, find in _LINES
)
