"""Deliveries: what is to be said to whom, when, and what became of it."""

from alembic import op

from migrations.rls import add, change, create_schema, drop_schema, read, roles, secure

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

STATES = "'queued', 'sending', 'sent', 'failed', 'cancelled', 'uncertain'"


def upgrade() -> None:
    create_schema("notifications")
    op.execute(
        f"""
        CREATE TABLE notifications.delivery (
          tenant_id uuid NOT NULL, id uuid NOT NULL,
          channel text NOT NULL, target_sealed bytea NOT NULL, target_index bytea NOT NULL,
          language text NOT NULL, zone text NOT NULL,
          template text NOT NULL, values_sealed bytea, key text NOT NULL,
          queued_at timestamptz NOT NULL, due_at timestamptz NOT NULL, useful_until timestamptz,
          state text NOT NULL, attempts integer NOT NULL, resent boolean NOT NULL,
          sending_since timestamptz, finished_at timestamptz, partner_id text, error_code text,
          CONSTRAINT pk_delivery PRIMARY KEY (tenant_id, id),
          CONSTRAINT uq_delivery_key UNIQUE (tenant_id, key),
          CONSTRAINT ck_delivery_channel CHECK (channel IN ('sms', 'email')),
          CONSTRAINT ck_delivery_state CHECK (state IN ({STATES})),
          CONSTRAINT ck_delivery_finished CHECK ((finished_at IS NULL) = (state IN ('queued', 'sending'))));
        CREATE INDEX ix_delivery_target ON notifications.delivery (tenant_id, target_index, queued_at);
        CREATE INDEX ix_delivery_trouble ON notifications.delivery (tenant_id, finished_at)
          WHERE state IN ('failed', 'uncertain');
        COMMENT ON COLUMN notifications.delivery.values_sealed IS 'what the text needs; emptied once it is sent';
        """
    )
    secure(
        "notifications.delivery",
        # Any operation may ask for a message; who reads and settles them is our own process, and who answers for the
        # clinic sees what became of them.
        [add("true"), read(roles("system", "clinic_admin")), change(roles("system"))],
        grants="SELECT, INSERT, UPDATE (values_sealed, state, attempts, resent, sending_since, finished_at,"
        " partner_id, error_code)",
    )


def downgrade() -> None:
    drop_schema("notifications")
