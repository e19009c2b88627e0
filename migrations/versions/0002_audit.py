"""The append-only record of who saw and changed what."""

from alembic import op

from migrations.rls import add, create_schema, drop_schema, read, roles, secure, system

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_schema("audit")
    op.execute(
        """
        CREATE TABLE audit.leaf (
          tenant_id uuid NOT NULL, id uuid NOT NULL,
          at timestamptz NOT NULL,
          user_id uuid, on_behalf_of uuid, session_id uuid, roles text[] NOT NULL,
          purpose text NOT NULL, permission text NOT NULL, action text NOT NULL,
          patient_id uuid, resources text[] NOT NULL, grant_basis text,
          address text NOT NULL, device text NOT NULL, request_id text NOT NULL,
          CONSTRAINT pk_leaf PRIMARY KEY (tenant_id, id),
          CONSTRAINT ck_leaf_action CHECK (action IN ('read', 'write', 'denied', 'event')));
        CREATE INDEX ix_leaf_patient ON audit.leaf (tenant_id, patient_id, at);
        CREATE INDEX ix_leaf_user ON audit.leaf (tenant_id, user_id, at);
        COMMENT ON TABLE audit.leaf IS 'one row a transaction and patient; ids and model names, never patient data';
        CREATE FUNCTION audit.refuse_change() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN RAISE EXCEPTION 'the audit record is append-only' USING ERRCODE = 'insufficient_privilege'; END $$;
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit.leaf
          FOR EACH ROW EXECUTE FUNCTION audit.refuse_change();
        CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON audit.leaf
          FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
        """
    )
    secure("audit.leaf", [add("true"), read(roles("clinic_admin")), read(system("audit"))], grants="SELECT, INSERT")


def downgrade() -> None:
    drop_schema("audit")
