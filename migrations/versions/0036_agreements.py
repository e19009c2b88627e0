"""Agreements with partners, on record for each clinic; and the login role that looks the installation through.

`portal_compliance` reads the catalog, times and states of rows: of no patient's row anything that says whose it is.
"""

from alembic import op

from migrations.rls import add, change, either, read, roles, secure, system

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

SCANNING = system("compliance")
# Columns of each table that the scan reads; `tenant_id` and whether, never who.
READ = {
    "kernel.data_key": "tenant_id, dataset, created_at, retired_at",
    "kernel.task": "tenant_id, kind, state, finished_at",
    "audit.checkpoint": "tenant_id, number, made_at, exported_at",
    "audit.waiting": "tenant_id",
    "audit.alert": "tenant_id, kind, state, found_at",
    "identity.access_review": "tenant_id, signed_off_at",
    "patients.break_glass": "tenant_id, since, decided_at",
    "practitioners.practitioner": "tenant_id, id, name, listed",
    "practitioners.licence": "tenant_id, practitioner_id, jurisdiction, number, until",
}
# Those that no policy opens to everybody of the clinic.
CLOSED = ("audit.checkpoint", "audit.waiting", "audit.alert", "patients.break_glass")
SCHEMAS = "kernel, tenancy, audit, identity, patients, practitioners"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE tenancy.agreement (
          tenant_id uuid NOT NULL, id uuid NOT NULL,
          partner text NOT NULL, kind text NOT NULL, party text NOT NULL, reference text NOT NULL,
          signed_on date NOT NULL, expires_on date, ended_on date, recorded_at timestamptz NOT NULL,
          CONSTRAINT pk_agreement PRIMARY KEY (tenant_id, id),
          CONSTRAINT ck_agreement_partner CHECK (partner ~ '^[a-z][a-z-]{1,30}$'),
          CONSTRAINT ck_agreement_kind CHECK (kind IN ('baa', 'dpa')),
          CONSTRAINT ck_agreement_party CHECK (party <> ''),
          CONSTRAINT ck_agreement_days CHECK (expires_on > signed_on AND ended_on >= signed_on));
        CREATE INDEX ix_agreement_partner ON tenancy.agreement (tenant_id, partner);
        COMMENT ON TABLE tenancy.agreement IS 'what a clinic has signed with a partner that sees its patients'' data';
        COMMENT ON COLUMN tenancy.agreement.kind IS 'baa: 45 CFR 164.504(e); dpa: GDPR article 28';
        COMMENT ON COLUMN tenancy.agreement.reference IS 'where the signed paper lies';
        """
    )
    secure(
        "tenancy.agreement",
        [read(either(SCANNING, roles("clinic_admin", "privacy_officer"))), add(SCANNING), change(SCANNING)],
        grants="SELECT",
    )
    op.execute(f"GRANT USAGE ON SCHEMA {SCHEMAS} TO portal_compliance")
    op.execute("GRANT SELECT ON tenancy.organisation TO portal_compliance")
    op.execute("GRANT SELECT, INSERT, UPDATE (ended_on) ON tenancy.agreement TO portal_compliance")
    for table, columns in READ.items():
        op.execute(f"GRANT SELECT ({columns}) ON {table} TO portal_compliance")
    for table in CLOSED:
        op.execute(f"CREATE POLICY compliance ON {table} FOR SELECT TO portal_compliance USING ({SCANNING})")


def downgrade() -> None:
    for table in CLOSED:
        op.execute(f"DROP POLICY compliance ON {table}")
    for table, columns in READ.items():
        op.execute(f"REVOKE SELECT ({columns}) ON {table} FROM portal_compliance")
    op.execute("DROP TABLE tenancy.agreement")
    op.execute("REVOKE SELECT ON tenancy.organisation FROM portal_compliance")
    op.execute(f"REVOKE USAGE ON SCHEMA {SCHEMAS} FROM portal_compliance")
