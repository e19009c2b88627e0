"""Watching the audit record: what a clinic calls unusual, how far its record has been watched, and what was found."""

from alembic import op

from migrations.rls import add, both, change, either, read, roles, secure, system

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

INVESTIGATORS = roles("clinic_admin")
WATCH = system("audit-watch")
MAIL = system("audit-mail")


def upgrade() -> None:
    op.execute(
        """
        -- Investigators read by time across all people and patients.
        CREATE INDEX ix_leaf_at ON audit.leaf (tenant_id, at, id);

        CREATE TABLE audit.watch (
          tenant_id uuid NOT NULL,
          mass_patients integer NOT NULL, mass_minutes integer NOT NULL,
          night_from integer NOT NULL, night_until integer NOT NULL,
          mass_reads boolean NOT NULL, odd_hours boolean NOT NULL,
          same_surname boolean NOT NULL, own_record boolean NOT NULL,
          changed_at timestamptz NOT NULL, changed_by uuid,
          CONSTRAINT pk_watch PRIMARY KEY (tenant_id),
          CONSTRAINT ck_watch_mass CHECK (mass_patients BETWEEN 2 AND 10000 AND mass_minutes BETWEEN 1 AND 1440),
          CONSTRAINT ck_watch_night CHECK (night_from BETWEEN 0 AND 23 AND night_until BETWEEN 0 AND 23
            AND night_from <> night_until));
        COMMENT ON TABLE audit.watch IS 'what a clinic calls unusual; without a row the defaults in portal/audit/rules.py hold';

        CREATE TABLE audit.watched (
          tenant_id uuid NOT NULL, upto bigint NOT NULL,
          CONSTRAINT pk_watched PRIMARY KEY (tenant_id));
        COMMENT ON COLUMN audit.watched.upto IS 'position in the log (audit.entry) of the first leaf not watched yet';

        -- Watching begins now: what is in the log already is for investigators. Row security hides it from the owner.
        ALTER TABLE audit.entry NO FORCE ROW LEVEL SECURITY;
        INSERT INTO audit.watched (tenant_id, upto)
          SELECT tenant_id, max(position) + 1 FROM audit.entry GROUP BY tenant_id;
        ALTER TABLE audit.entry FORCE ROW LEVEL SECURITY;

        CREATE TABLE audit.alert (
          tenant_id uuid NOT NULL, id uuid NOT NULL,
          kind text NOT NULL, key text NOT NULL, user_id uuid NOT NULL, patient_id uuid,
          first_at timestamptz NOT NULL, last_at timestamptz NOT NULL, count integer NOT NULL,
          state text NOT NULL, found_at timestamptz NOT NULL,
          note_sealed bytea, seen_at timestamptz, seen_by uuid,
          CONSTRAINT pk_alert PRIMARY KEY (tenant_id, id),
          CONSTRAINT uq_alert_tenant_id_key UNIQUE (tenant_id, key),
          CONSTRAINT ck_alert_kind CHECK (kind IN ('mass-reads', 'odd-hours', 'same-surname', 'own-record')),
          CONSTRAINT ck_alert_state CHECK (state IN ('open', 'seen')),
          CONSTRAINT ck_alert_seen CHECK (state = 'open' OR seen_at IS NOT NULL AND seen_by IS NOT NULL
            AND note_sealed IS NOT NULL),
          CONSTRAINT ck_alert_count CHECK (count > 0 AND first_at <= last_at));
        CREATE INDEX ix_alert_last ON audit.alert (tenant_id, last_at, id);
        CREATE INDEX ix_alert_open ON audit.alert (tenant_id) WHERE state = 'open';
        COMMENT ON COLUMN audit.alert.key IS 'names the finding: found again it is the same row';
        """
    )
    secure(
        "audit.watch",
        [read(either(INVESTIGATORS, WATCH)), add(INVESTIGATORS), change(INVESTIGATORS)],
        grants="SELECT",
    )
    op.execute("GRANT INSERT, UPDATE ON audit.watch TO portal_web")
    secure(
        "audit.watched",
        [read(WATCH), add(WATCH), change(WATCH)],
        grants="SELECT, INSERT, UPDATE (upto)",
        processes=("portal_worker",),
    )
    secure(
        "audit.alert",
        [read(either(INVESTIGATORS, WATCH)), add(WATCH), change(either(INVESTIGATORS, WATCH))],
        grants="SELECT",
    )
    op.execute("GRANT UPDATE (state, note_sealed, seen_at, seen_by) ON audit.alert TO portal_web")
    op.execute("GRANT INSERT, UPDATE (state, last_at, count) ON audit.alert TO portal_worker")
    for table in ("audit.leaf", "audit.entry", "patients.patient", "patients.access_grant"):
        op.execute(f"CREATE POLICY read_watch ON {table} FOR SELECT TO PUBLIC USING ({WATCH})")
    # Whom a checkpoint is mailed to.
    op.execute(f"CREATE POLICY read_mail ON audit.checkpoint FOR SELECT TO PUBLIC USING ({MAIL})")
    administrators = both(MAIL, "role = 'clinic_admin'")
    op.execute(f"CREATE POLICY read_mail ON identity.role_assignment FOR SELECT TO PUBLIC USING ({administrators})")
    op.execute("SELECT kernel.let_rotate('audit.alert')")


def downgrade() -> None:
    op.execute("DROP POLICY read_mail ON identity.role_assignment")
    op.execute("DROP POLICY read_mail ON audit.checkpoint")
    for table in ("audit.leaf", "audit.entry", "patients.patient", "patients.access_grant"):
        op.execute(f"DROP POLICY read_watch ON {table}")
    op.execute("DROP TABLE audit.alert, audit.watched, audit.watch")
    op.execute("DROP INDEX audit.ix_leaf_at")
    op.execute("REVOKE USAGE ON SCHEMA audit FROM portal_rotator")
