"""Passkeys, the questions that browsers answer with them, and by which channel a sign-in was begun."""

from alembic import op

from migrations.rls import ME, add, change, either, purpose, read, remove, secure, system

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

SIGN_IN = purpose("sign-in")
PROVISION = system("provisioning")
FORGET = system("identity")


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE identity.passkey (
          tenant_id uuid NOT NULL, id uuid NOT NULL, account_id uuid NOT NULL,
          name text NOT NULL, credential_id bytea NOT NULL, public_key bytea NOT NULL, sign_count bigint NOT NULL,
          created_at timestamptz NOT NULL, used_at timestamptz, removed_at timestamptz,
          CONSTRAINT pk_passkey PRIMARY KEY (tenant_id, id),
          CONSTRAINT uq_passkey_credential UNIQUE (tenant_id, credential_id),
          CONSTRAINT fk_passkey_account FOREIGN KEY (tenant_id, account_id)
            REFERENCES identity.account (tenant_id, id));
        CREATE INDEX ix_passkey_account ON identity.passkey (tenant_id, account_id);
        COMMENT ON COLUMN identity.passkey.sign_count IS
          'as the authenticator counts; one that does not count stays at 0, any other only grows';

        CREATE TABLE identity.passkey_challenge (
          tenant_id uuid NOT NULL, id uuid NOT NULL, account_id uuid,
          challenge_hash bytea NOT NULL, holder_hash bytea NOT NULL, use text NOT NULL,
          created_at timestamptz NOT NULL, expires_at timestamptz NOT NULL, used_at timestamptz,
          CONSTRAINT pk_passkey_challenge PRIMARY KEY (tenant_id, id),
          CONSTRAINT uq_passkey_challenge_hash UNIQUE (tenant_id, challenge_hash),
          CONSTRAINT fk_passkey_challenge_account FOREIGN KEY (tenant_id, account_id)
            REFERENCES identity.account (tenant_id, id));
        CREATE INDEX ix_passkey_challenge_expires ON identity.passkey_challenge (tenant_id, expires_at);
        COMMENT ON COLUMN identity.passkey_challenge.holder_hash IS
          'whose question it is: a browser, a pending sign-in or a session';
        """
    )
    # One more value is allowed: no row that is there breaks it, and the table holds a month of sessions.
    op.execute(
        """
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE identity.login_session DROP CONSTRAINT ck_login_session_channel;
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE identity.login_session ADD CONSTRAINT ck_login_session_channel
          CHECK (channel IN ('sms', 'email', 'password', 'passkey'));
        """
    )
    own = f"account_id = {ME}"
    mine = either(own, SIGN_IN)
    secure(
        "identity.passkey",
        [read(either(mine, PROVISION)), add(mine), change(either(mine, PROVISION))],
        grants="SELECT, INSERT, UPDATE (name, sign_count, used_at, removed_at)",
    )
    secure(
        "identity.passkey_challenge",
        [read(mine), add(mine), change(mine), read(FORGET), remove(FORGET)],
        grants="SELECT, INSERT, UPDATE (used_at), DELETE",
    )


def downgrade() -> None:
    op.execute(
        """
        ALTER TABLE identity.login_session NO FORCE ROW LEVEL SECURITY;
        UPDATE identity.login_session SET channel = 'password' WHERE channel = 'passkey';
        ALTER TABLE identity.login_session FORCE ROW LEVEL SECURITY;
        ALTER TABLE identity.login_session DROP CONSTRAINT ck_login_session_channel;
        ALTER TABLE identity.login_session ADD CONSTRAINT ck_login_session_channel
          CHECK (channel IN ('sms', 'email', 'password'));
        DROP TABLE identity.passkey_challenge;
        DROP TABLE identity.passkey;
        """
    )
