"""Authenticator apps, recovery codes, sign-ins that wait for a second factor, and what was shown again for an action."""

from alembic import op

from migrations.rls import ME, add, change, either, purpose, read, remove, secure, system

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

SIGN_IN = purpose("sign-in")
FACTORS = purpose("factors")
PROVISION = system("provisioning")
FORGET = system("identity")
TABLES = ("step_up", "pending_sign_in", "recovery_code", "authenticator")


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE identity.authenticator (
          tenant_id uuid NOT NULL, id uuid NOT NULL, account_id uuid NOT NULL,
          name text NOT NULL, secret_sealed bytea NOT NULL, last_step bigint NOT NULL,
          created_at timestamptz NOT NULL, confirmed_at timestamptz, removed_at timestamptz,
          CONSTRAINT pk_authenticator PRIMARY KEY (tenant_id, id),
          CONSTRAINT fk_authenticator_account FOREIGN KEY (tenant_id, account_id)
            REFERENCES identity.account (tenant_id, id));
        CREATE INDEX ix_authenticator_account ON identity.authenticator (tenant_id, account_id);
        COMMENT ON COLUMN identity.authenticator.last_step IS
          'the last time step of RFC 6238 whose code was used; an older or equal one is refused';

        CREATE TABLE identity.recovery_code (
          tenant_id uuid NOT NULL, id uuid NOT NULL, account_id uuid NOT NULL,
          code_hash bytea NOT NULL, created_at timestamptz NOT NULL, used_at timestamptz, voided_at timestamptz,
          CONSTRAINT pk_recovery_code PRIMARY KEY (tenant_id, id),
          CONSTRAINT fk_recovery_code_account FOREIGN KEY (tenant_id, account_id)
            REFERENCES identity.account (tenant_id, id));
        CREATE INDEX ix_recovery_code_account ON identity.recovery_code (tenant_id, account_id);

        CREATE TABLE identity.pending_sign_in (
          tenant_id uuid NOT NULL, id uuid NOT NULL, account_id uuid NOT NULL,
          token_hash bytea NOT NULL, authenticator_id uuid,
          created_at timestamptz NOT NULL, expires_at timestamptz NOT NULL, used_at timestamptz,
          CONSTRAINT pk_pending_sign_in PRIMARY KEY (tenant_id, id),
          CONSTRAINT uq_pending_sign_in_token UNIQUE (tenant_id, token_hash),
          CONSTRAINT fk_pending_sign_in_account FOREIGN KEY (tenant_id, account_id)
            REFERENCES identity.account (tenant_id, id),
          CONSTRAINT fk_pending_sign_in_authenticator FOREIGN KEY (tenant_id, authenticator_id)
            REFERENCES identity.authenticator (tenant_id, id));
        COMMENT ON COLUMN identity.pending_sign_in.authenticator_id IS
          'offered to this browser alone; set while the account has no second factor yet';

        CREATE TABLE identity.step_up (
          tenant_id uuid NOT NULL, id uuid NOT NULL, account_id uuid NOT NULL, session_id uuid NOT NULL,
          action text NOT NULL, at timestamptz NOT NULL,
          CONSTRAINT pk_step_up PRIMARY KEY (tenant_id, id),
          CONSTRAINT fk_step_up_account FOREIGN KEY (tenant_id, account_id)
            REFERENCES identity.account (tenant_id, id),
          CONSTRAINT fk_step_up_session FOREIGN KEY (tenant_id, session_id)
            REFERENCES identity.login_session (tenant_id, id) ON DELETE CASCADE);
        CREATE INDEX ix_step_up_session ON identity.step_up (tenant_id, session_id, action, at);

        ALTER TABLE identity.login_session ADD COLUMN second_factor_at timestamptz;
        GRANT UPDATE (token_hash) ON identity.login_session TO portal_web, portal_worker;
        """
    )
    own = f"account_id = {ME}"
    mine = either(own, SIGN_IN)
    secure(
        "identity.authenticator",
        [read(either(mine, PROVISION)), add(either(mine, PROVISION)), change(either(mine, PROVISION))],
        grants="SELECT, INSERT, UPDATE (name, last_step, confirmed_at, removed_at)",
    )
    secure(
        "identity.recovery_code",
        [read(either(mine, PROVISION)), add(own), change(either(mine, PROVISION))],
        grants="SELECT, INSERT, UPDATE (used_at, voided_at)",
    )
    secure(
        "identity.pending_sign_in",
        [read(SIGN_IN), add(SIGN_IN), change(SIGN_IN), read(FORGET), remove(FORGET)],
        grants="SELECT, INSERT, UPDATE (used_at), DELETE",
    )
    secure("identity.step_up", [read(own), add(either(own, SIGN_IN))], grants="SELECT, INSERT")
    for command, clause in (("SELECT", "USING"), ("INSERT", "WITH CHECK"), ("UPDATE", "USING")):
        op.execute(
            f"CREATE POLICY factors_{command.lower()} ON identity.attempt FOR {command} TO PUBLIC {clause} ({FACTORS})"
        )


def downgrade() -> None:
    for command in ("select", "insert", "update"):
        op.execute(f"DROP POLICY factors_{command} ON identity.attempt")
    op.execute(
        """
        REVOKE UPDATE (token_hash) ON identity.login_session FROM portal_web, portal_worker;
        ALTER TABLE identity.login_session DROP COLUMN second_factor_at;
        """
    )
    for table in TABLES:
        op.execute(f"DROP TABLE identity.{table}")
