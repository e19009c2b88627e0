"""Shared computers: a session that is locked, the PIN that opens it again, and what a clinic says of both."""

from alembic import op

from migrations.rls import ME, add, both, change, purpose, read, remove, roles, secure

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

OWN = both(f"account_id = {ME}", purpose("factors"))


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE identity.login_session ADD COLUMN locked_at timestamptz;
        ALTER TABLE identity.login_session ADD COLUMN unlock_tries integer NOT NULL DEFAULT 0;
        ALTER TABLE identity.login_session ADD COLUMN of_staff boolean NOT NULL DEFAULT false;
        ALTER TABLE identity.login_session ADD CONSTRAINT ck_login_session_tries
          CHECK (unlock_tries BETWEEN 0 AND 5) NOT VALID;
        COMMENT ON COLUMN identity.login_session.unlock_tries IS
          'how often it was tried to open the locked session; more than this takes a sign-in';
        GRANT UPDATE (locked_at, unlock_tries) ON identity.login_session TO portal_web, portal_worker;

        -- Row security hides them from the owner.
        ALTER TABLE identity.login_session NO FORCE ROW LEVEL SECURITY;
        ALTER TABLE identity.account NO FORCE ROW LEVEL SECURITY;
        UPDATE identity.login_session AS s SET of_staff = true FROM identity.account AS a
          WHERE a.tenant_id = s.tenant_id AND a.id = s.account_id AND a.kind = 'staff';
        ALTER TABLE identity.account FORCE ROW LEVEL SECURITY;
        ALTER TABLE identity.login_session FORCE ROW LEVEL SECURITY;

        CREATE TABLE identity.unlock_pin (
          tenant_id uuid NOT NULL, id uuid NOT NULL, account_id uuid NOT NULL,
          hash text NOT NULL, changed_at timestamptz NOT NULL,
          CONSTRAINT pk_unlock_pin PRIMARY KEY (tenant_id, id),
          CONSTRAINT uq_unlock_pin_account UNIQUE (tenant_id, account_id),
          CONSTRAINT fk_unlock_pin_account FOREIGN KEY (tenant_id, account_id)
            REFERENCES identity.account (tenant_id, id));
        COMMENT ON TABLE identity.unlock_pin IS 'opens a locked session of its owner, never signs anybody in';

        CREATE TABLE identity.shared_pc (
          tenant_id uuid NOT NULL,
          lock_minutes integer NOT NULL, idle_minutes integer NOT NULL, longest_hours integer NOT NULL,
          pin_allowed boolean NOT NULL, changed_at timestamptz NOT NULL, changed_by uuid,
          CONSTRAINT pk_shared_pc PRIMARY KEY (tenant_id),
          CONSTRAINT ck_shared_pc_lock CHECK (lock_minutes BETWEEN 1 AND 15),
          CONSTRAINT ck_shared_pc_idle CHECK (idle_minutes BETWEEN 5 AND 30 AND idle_minutes >= lock_minutes),
          CONSTRAINT ck_shared_pc_longest CHECK (longest_hours BETWEEN 1 AND 12));
        COMMENT ON TABLE identity.shared_pc IS
          'when staff''s sessions lock and end; without a row the defaults in portal/identity/rules.py hold';
        """
    )
    secure(
        "identity.unlock_pin",
        [read(OWN), add(OWN), change(OWN), remove(OWN)],
        grants="SELECT, INSERT, UPDATE (hash, changed_at), DELETE",
        processes=("portal_web",),
    )
    administrators = roles("clinic_admin")
    # Whether a session is in force is asked before anybody is known.
    secure("identity.shared_pc", [read("true"), add(administrators), change(administrators)], grants="SELECT")
    op.execute("GRANT INSERT, UPDATE ON identity.shared_pc TO portal_web")


def downgrade() -> None:
    op.execute(
        """
        DROP TABLE identity.shared_pc, identity.unlock_pin;
        REVOKE UPDATE (locked_at, unlock_tries) ON identity.login_session FROM portal_web, portal_worker;
        ALTER TABLE identity.login_session DROP COLUMN of_staff;
        ALTER TABLE identity.login_session DROP COLUMN unlock_tries;
        ALTER TABLE identity.login_session DROP COLUMN locked_at;
        """
    )
