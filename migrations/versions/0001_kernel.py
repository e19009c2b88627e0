"""Ground: who acts, outbox and tasks, forms sent twice, data keys, video tickets."""

from alembic import op

from migrations.rls import add, change, create_schema, drop_schema, read, roles, secure, system

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ANYBODY = "true"  # within the tenant: the restrictive policy stands before it


def upgrade() -> None:
    create_schema("kernel", processes=("portal_web", "portal_worker", "portal_relay", "portal_signaling"))
    op.execute(
        """
        CREATE FUNCTION kernel.tenant_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
          RETURN nullif(current_setting('app.tenant_id', true), '')::uuid;
        CREATE FUNCTION kernel.user_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
          RETURN nullif(current_setting('app.user_id', true), '')::uuid;
        CREATE FUNCTION kernel.purpose() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
          RETURN coalesce(current_setting('app.purpose', true), '');
        CREATE FUNCTION kernel.now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
          RETURN coalesce(nullif(current_setting('app.now', true), '')::timestamptz, now());
        CREATE FUNCTION kernel.has_role(VARIADIC wanted text[]) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
          RETURN string_to_array(coalesce(current_setting('app.roles', true), ''), ',') && wanted;
        CREATE FUNCTION kernel.is_system(VARIADIC purposes text[]) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
          RETURN kernel.has_role('system') AND kernel.purpose() = ANY (purposes);
        """
    )
    op.execute(
        """
        CREATE TABLE kernel.outbox_event (
          tenant_id uuid NOT NULL, id uuid NOT NULL,
          name text NOT NULL, payload jsonb NOT NULL, occurred_at timestamptz NOT NULL, relayed_at timestamptz,
          CONSTRAINT pk_outbox_event PRIMARY KEY (tenant_id, id));
        CREATE INDEX ix_outbox_event_waiting ON kernel.outbox_event (occurred_at) WHERE relayed_at IS NULL;
        COMMENT ON COLUMN kernel.outbox_event.payload IS 'opaque ids and codes only';

        CREATE TABLE kernel.task (
          tenant_id uuid NOT NULL, id uuid NOT NULL,
          kind text NOT NULL, subject_id uuid NOT NULL, event_id uuid, key text NOT NULL,
          due_at timestamptz NOT NULL, state text NOT NULL, enqueued_at timestamptz,
          attempts integer NOT NULL, fence integer NOT NULL, claimed_at timestamptz, last_error text,
          finished_at timestamptz,
          CONSTRAINT pk_task PRIMARY KEY (tenant_id, id),
          CONSTRAINT uq_task_tenant_id_key UNIQUE (tenant_id, key),
          CONSTRAINT fk_task_outbox_event FOREIGN KEY (tenant_id, event_id)
            REFERENCES kernel.outbox_event (tenant_id, id),
          CONSTRAINT ck_task_state CHECK (state IN ('pending', 'running', 'done', 'dead', 'cancelled')));
        CREATE INDEX ix_task_due ON kernel.task (due_at) WHERE state IN ('pending', 'running');
        CREATE INDEX ix_task_dead ON kernel.task (tenant_id, finished_at) WHERE state = 'dead';

        CREATE FUNCTION kernel.wake_relay() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN PERFORM pg_notify('outbox', ''); RETURN NULL; END $$;
        CREATE TRIGGER wake AFTER INSERT ON kernel.outbox_event FOR EACH STATEMENT EXECUTE FUNCTION kernel.wake_relay();
        CREATE TRIGGER wake AFTER INSERT ON kernel.task FOR EACH STATEMENT EXECUTE FUNCTION kernel.wake_relay();

        CREATE TABLE kernel.submission (
          tenant_id uuid NOT NULL, session_key text NOT NULL, key uuid NOT NULL,
          location text NOT NULL, submitted_at timestamptz NOT NULL,
          CONSTRAINT pk_submission PRIMARY KEY (tenant_id, session_key, key));

        CREATE TABLE kernel.data_key (
          tenant_id uuid NOT NULL, id uuid NOT NULL,
          dataset text NOT NULL, wrapped bytea NOT NULL, kms_key text NOT NULL,
          created_at timestamptz NOT NULL, retired_at timestamptz,
          CONSTRAINT pk_data_key PRIMARY KEY (tenant_id, id));

        CREATE TABLE kernel.video_ticket (
          tenant_id uuid NOT NULL, id uuid NOT NULL,
          visit_id uuid NOT NULL, participant_id uuid NOT NULL, role text NOT NULL,
          expires_at timestamptz NOT NULL, redeemed_at timestamptz,
          CONSTRAINT pk_video_ticket PRIMARY KEY (tenant_id, id));
        """
    )
    secure(
        "kernel.outbox_event",
        # Opaque ids and names of events: staff screens tell by the newest of them whether anything happened.
        [add(ANYBODY), read(roles("system", "front_desk", "clinic_admin", "clinician"))],
        grants="SELECT, INSERT",
        processes=("portal_web", "portal_worker", "portal_signaling"),
        relay="SELECT, UPDATE (relayed_at)",
    )
    # Reading and changing is for our own jobs; a person's request asks for work or cancels what it replaces.
    secure("kernel.task", [add(ANYBODY), read(ANYBODY), change(ANYBODY)], relay="SELECT, INSERT, UPDATE")
    secure("kernel.submission", [add(ANYBODY), read(ANYBODY), change(ANYBODY)])
    secure("kernel.data_key", [read(ANYBODY), add(system("provisioning"))], grants="SELECT, INSERT")
    secure("kernel.video_ticket", [add(ANYBODY)], grants="INSERT", processes=("portal_web",))
    op.execute(f"CREATE POLICY redeem ON kernel.video_ticket FOR ALL TO portal_signaling USING ({system('video')})")
    op.execute("GRANT SELECT, UPDATE (redeemed_at) ON kernel.video_ticket TO portal_signaling")


def downgrade() -> None:
    drop_schema("kernel")
