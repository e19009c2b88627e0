"""Accounts, roles held, passwords, one-time codes, sessions, and the attempts that limits count."""

from alembic import op

from migrations.rls import (
    ME,
    add,
    both,
    change,
    create_schema,
    drop_schema,
    either,
    purpose,
    read,
    remove,
    roles,
    secure,
    system,
)

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SIGN_IN = purpose("sign-in")
# Endpoints that send a code to a contact on file and lead on to the sign-in page.
ASK_FOR_CODE = purpose("sign-in", "visit-link", "invitation")
PROVISION = system("provisioning")
ADMIN = roles("clinic_admin")
STAFF = roles("front_desk", "clinician", "clinic_admin", "system")
FORGET = system("identity")


def upgrade() -> None:
    create_schema("identity")
    op.execute(
        """
        CREATE TABLE identity.account (
          tenant_id uuid NOT NULL, id uuid NOT NULL,
          kind text NOT NULL, name text NOT NULL,
          email_sealed bytea, email_index bytea, phone_sealed bytea, phone_index bytea,
          language text NOT NULL, zone text NOT NULL, status text NOT NULL, created_at timestamptz NOT NULL,
          CONSTRAINT pk_account PRIMARY KEY (tenant_id, id),
          CONSTRAINT uq_account_email UNIQUE (tenant_id, kind, email_index),
          CONSTRAINT uq_account_phone UNIQUE (tenant_id, kind, phone_index),
          CONSTRAINT ck_account_kind CHECK (kind IN ('patient', 'staff')),
          CONSTRAINT ck_account_status CHECK (status IN ('active', 'suspended')),
          CONSTRAINT ck_account_staff CHECK (kind = 'patient' OR (name <> '' AND email_index IS NOT NULL)),
          CONSTRAINT ck_account_contact CHECK (num_nonnulls(email_index, phone_index) > 0));
        COMMENT ON CONSTRAINT uq_account_email ON identity.account IS
          'by kind: a code sent to a staff member''s mail opens a patient''s account, never the staff one';

        CREATE TABLE identity.password (
          tenant_id uuid NOT NULL, id uuid NOT NULL, account_id uuid NOT NULL,
          hash text NOT NULL, changed_at timestamptz NOT NULL,
          CONSTRAINT pk_password PRIMARY KEY (tenant_id, id),
          CONSTRAINT uq_password_account UNIQUE (tenant_id, account_id),
          CONSTRAINT fk_password_account FOREIGN KEY (tenant_id, account_id)
            REFERENCES identity.account (tenant_id, id));

        CREATE TABLE identity.role_assignment (
          tenant_id uuid NOT NULL, id uuid NOT NULL, account_id uuid NOT NULL,
          role text NOT NULL, since timestamptz NOT NULL, until timestamptz, assigned_by uuid,
          CONSTRAINT pk_role_assignment PRIMARY KEY (tenant_id, id),
          CONSTRAINT fk_role_assignment_account FOREIGN KEY (tenant_id, account_id)
            REFERENCES identity.account (tenant_id, id),
          CONSTRAINT ck_role_assignment_role CHECK (role IN ('front_desk', 'clinician', 'clinic_admin')),
          CONSTRAINT ck_role_assignment_until CHECK (until >= since));
        CREATE INDEX ix_role_assignment_account ON identity.role_assignment (tenant_id, account_id);

        CREATE TABLE identity.one_time_code (
          tenant_id uuid NOT NULL, id uuid NOT NULL,
          channel text NOT NULL, target_sealed bytea NOT NULL, target_index bytea NOT NULL, code_hash bytea NOT NULL,
          created_at timestamptz NOT NULL, expires_at timestamptz NOT NULL, tries_left integer NOT NULL,
          used_at timestamptz, address text NOT NULL,
          CONSTRAINT pk_one_time_code PRIMARY KEY (tenant_id, id),
          CONSTRAINT ck_one_time_code_channel CHECK (channel IN ('sms', 'email')),
          CONSTRAINT ck_one_time_code_tries_left CHECK (tries_left >= 0));
        CREATE INDEX ix_one_time_code_created ON identity.one_time_code (tenant_id, created_at);

        CREATE TABLE identity.login_session (
          tenant_id uuid NOT NULL, id uuid NOT NULL, account_id uuid NOT NULL,
          token_hash bytea NOT NULL, created_at timestamptz NOT NULL, last_seen_at timestamptz NOT NULL,
          expires_at timestamptz NOT NULL, revoked_at timestamptz,
          device text NOT NULL, address text NOT NULL, channel text NOT NULL,
          CONSTRAINT pk_login_session PRIMARY KEY (tenant_id, id),
          CONSTRAINT uq_login_session_token UNIQUE (tenant_id, token_hash),
          CONSTRAINT fk_login_session_account FOREIGN KEY (tenant_id, account_id)
            REFERENCES identity.account (tenant_id, id),
          CONSTRAINT ck_login_session_channel CHECK (channel IN ('sms', 'email', 'password')));
        CREATE INDEX ix_login_session_account ON identity.login_session (tenant_id, account_id, created_at);
        COMMENT ON COLUMN identity.login_session.token_hash IS 'SHA-256 of the browser''s token';
        COMMENT ON COLUMN identity.login_session.device IS 'browser family and system, not the full user agent';

        CREATE TABLE identity.attempt (
          tenant_id uuid NOT NULL, id uuid NOT NULL,
          kind text NOT NULL, target_index bytea NOT NULL, address text NOT NULL, at timestamptz NOT NULL,
          CONSTRAINT pk_attempt PRIMARY KEY (tenant_id, id),
          CONSTRAINT ck_attempt_kind CHECK (kind IN ('code', 'password', 'password-right')));
        CREATE INDEX ix_attempt_target ON identity.attempt (tenant_id, target_index, at);
        CREATE INDEX ix_attempt_address ON identity.attempt (tenant_id, address, at);
        """
    )
    own, own_account = f"id = {ME}", f"account_id = {ME}"
    secure(
        "identity.account",
        [
            read(either(own, purpose("sign-in", "session"))),
            read(both("kind = 'staff'", STAFF)),
            read(PROVISION),
            # Whoever proved a channel gets a patient's account; roles come from role_assignment only.
            add(both(SIGN_IN, "kind = 'patient'")),
            add(both("kind = 'staff'", either(ADMIN, PROVISION))),
            change(own),
            change(both("kind = 'staff'", ADMIN)),
        ],
        grants="SELECT, INSERT, UPDATE (name, language, zone, status)",
    )
    secure(
        "identity.password",
        [read(SIGN_IN), add(either(ADMIN, PROVISION)), change(SIGN_IN)],
        grants="SELECT, INSERT, UPDATE (hash, changed_at)",
    )
    secure(
        "identity.role_assignment",
        [
            read(either(own_account, purpose("sign-in", "session"), ADMIN, PROVISION)),
            add(either(ADMIN, PROVISION)),
            change(ADMIN),
        ],
        grants="SELECT, INSERT, UPDATE (until)",
    )
    secure(
        "identity.one_time_code",
        [read(SIGN_IN), add(ASK_FOR_CODE), change(SIGN_IN), read(FORGET), remove(FORGET)],
        grants="SELECT, INSERT, UPDATE (tries_left, used_at), DELETE",
    )
    secure(
        "identity.login_session",
        [
            # Visits close the sockets of an account that is signed in nowhere any more.
            read(either(own_account, purpose("sign-in", "session"), system("visits"))),
            add(SIGN_IN),
            change(either(own_account, purpose("session"))),
            read(FORGET),
            remove(FORGET),
        ],
        grants="SELECT, INSERT, UPDATE (last_seen_at, revoked_at), DELETE",
    )
    secure(
        "identity.attempt",
        [read(ASK_FOR_CODE), add(ASK_FOR_CODE), change(SIGN_IN), read(FORGET), remove(FORGET)],
        grants="SELECT, INSERT, UPDATE (kind), DELETE",
    )


def downgrade() -> None:
    drop_schema("identity")
