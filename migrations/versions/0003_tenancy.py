"""Organisations: the directory of clinics (global: it is read before a tenant is known, and holds no patient data)."""

from alembic import op

from migrations.rls import create_schema, drop_schema

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_schema("tenancy", processes=("portal_web", "portal_worker", "portal_relay", "portal_signaling"))
    op.execute(
        """
        CREATE TABLE tenancy.organisation (
          id uuid NOT NULL,
          slug text NOT NULL, name text NOT NULL, phone text NOT NULL, address text NOT NULL,
          default_language text NOT NULL, zone text NOT NULL, country text NOT NULL, jurisdiction text NOT NULL,
          currency text NOT NULL, emergency_number text NOT NULL, brand jsonb NOT NULL, created_at timestamptz NOT NULL,
          CONSTRAINT pk_organisation PRIMARY KEY (id),
          CONSTRAINT uq_organisation_slug UNIQUE (slug),
          CONSTRAINT ck_organisation_slug CHECK (slug ~ '^[a-z][a-z0-9-]{1,40}$'));
        ALTER TABLE tenancy.organisation ENABLE ROW LEVEL SECURITY;
        ALTER TABLE tenancy.organisation FORCE ROW LEVEL SECURITY;
        CREATE POLICY directory ON tenancy.organisation FOR SELECT TO PUBLIC USING (true);
        CREATE POLICY provision ON tenancy.organisation FOR INSERT TO PUBLIC
          WITH CHECK (id = kernel.tenant_id() AND kernel.is_system('provisioning'));
        CREATE POLICY administer ON tenancy.organisation FOR UPDATE TO PUBLIC
          USING (id = (SELECT kernel.tenant_id()) AND kernel.has_role('clinic_admin'));
        GRANT SELECT ON tenancy.organisation TO portal_web, portal_worker, portal_relay, portal_signaling;
        GRANT INSERT, UPDATE ON tenancy.organisation TO portal_web, portal_worker;
        """
    )


def downgrade() -> None:
    drop_schema("tenancy")
