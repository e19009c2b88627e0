"""Single sign-on: a clinic's identity provider, whom it vouches for, sign-ins under way, and roles by its groups."""

from alembic import op

from migrations.rls import ME, add, both, change, either, purpose, read, remove, roles, secure, system

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

ALGORITHMS = "'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384'"
ATTEMPTS = "'code', 'password', 'password-right', 'factor', 'question'"
CHANNELS = "'sms', 'email', 'password', 'passkey'"
ROLES = "'front_desk', 'clinician', 'clinic_admin', 'privacy_officer', 'sees_psy', 'sees_sex', 'sees_hiv', 'sees_eth'"
SIGN_IN = purpose("sign-in")
FACTORS = purpose("factors")
ADMIN = both(roles("clinic_admin"), purpose("single-sign-on"))
#: Whoever ends an account ends what opens it.
PEOPLE = both(roles("clinic_admin"), purpose("people"))
#: Our own process, after it has checked what the provider said.
OURS = system("single-sign-on")
FORGET = system("identity")
TABLES = (
    "logout_token", "federated_session", "federated_identity", "federated_sign_in", "provider_group", "identity_provider"
)  # fmt: skip


def upgrade() -> None:
    op.execute(
        f"""
        CREATE TABLE identity.identity_provider (
          tenant_id uuid NOT NULL, id uuid NOT NULL,
          name text NOT NULL, issuer text NOT NULL, client_id text NOT NULL, client_secret_sealed bytea NOT NULL,
          algorithms text[] NOT NULL, scopes text[] NOT NULL, acr_values text[] NOT NULL, max_age_seconds integer,
          groups_claim text NOT NULL, weak_sign_in text NOT NULL, own_sign_in boolean NOT NULL, is_on boolean NOT NULL,
          changed_at timestamptz NOT NULL, changed_by uuid,
          CONSTRAINT pk_identity_provider PRIMARY KEY (tenant_id, id),
          CONSTRAINT uq_identity_provider_tenant UNIQUE (tenant_id),
          CONSTRAINT ck_identity_provider_algorithms
            CHECK (cardinality(algorithms) > 0 AND algorithms <@ ARRAY[{ALGORITHMS}]),
          CONSTRAINT ck_identity_provider_max_age CHECK (max_age_seconds > 0),
          CONSTRAINT ck_identity_provider_weak CHECK (weak_sign_in IN ('ask', 'refuse')));
        COMMENT ON COLUMN identity.identity_provider.acr_values IS
          'what the provider calls a sign-in with two factors; none: its sign-ins never count as such';
        COMMENT ON COLUMN identity.identity_provider.weak_sign_in IS
          'a sign-in without one of acr_values: ask for a second factor of ours, or refuse';
        COMMENT ON COLUMN identity.identity_provider.own_sign_in IS
          'staff may sign in here with a password or a passkey, too; administrators by hand always may';

        CREATE TABLE identity.provider_group (
          tenant_id uuid NOT NULL, id uuid NOT NULL, provider_id uuid NOT NULL, name text NOT NULL, role text NOT NULL,
          CONSTRAINT pk_provider_group PRIMARY KEY (tenant_id, id),
          CONSTRAINT uq_provider_group_role UNIQUE (tenant_id, provider_id, name, role),
          CONSTRAINT fk_provider_group_provider FOREIGN KEY (tenant_id, provider_id)
            REFERENCES identity.identity_provider (tenant_id, id),
          CONSTRAINT ck_provider_group_role CHECK (role IN ({ROLES})));

        CREATE TABLE identity.federated_sign_in (
          tenant_id uuid NOT NULL, id uuid NOT NULL, provider_id uuid NOT NULL,
          use text NOT NULL, issuer text NOT NULL, state_hash bytea NOT NULL, holder_hash bytea NOT NULL,
          secrets_sealed bytea NOT NULL, address_sealed bytea, onward text,
          afresh boolean NOT NULL,
          created_at timestamptz NOT NULL, expires_at timestamptz NOT NULL, taken_at timestamptz,
          subject text, sid text, said_sealed bytea, identity_id uuid, linked_at timestamptz, ended_at timestamptz,
          CONSTRAINT pk_federated_sign_in PRIMARY KEY (tenant_id, id),
          CONSTRAINT uq_federated_sign_in_state UNIQUE (tenant_id, state_hash),
          CONSTRAINT fk_federated_sign_in_provider FOREIGN KEY (tenant_id, provider_id)
            REFERENCES identity.identity_provider (tenant_id, id));
        CREATE INDEX ix_federated_sign_in_expires ON identity.federated_sign_in (tenant_id, expires_at);
        COMMENT ON COLUMN identity.federated_sign_in.holder_hash IS 'the browser, or the session, that began it';
        COMMENT ON COLUMN identity.federated_sign_in.afresh IS 'whoever comes back must have signed in there since';
        COMMENT ON COLUMN identity.federated_sign_in.ended_at IS 'the provider told of a logout since it vouched';
        COMMENT ON COLUMN identity.federated_sign_in.subject IS 'set when the provider has vouched for somebody';

        CREATE TABLE identity.federated_identity (
          tenant_id uuid NOT NULL, id uuid NOT NULL, account_id uuid NOT NULL,
          issuer text NOT NULL, subject text NOT NULL, created_at timestamptz NOT NULL, used_at timestamptz,
          ended_at timestamptz,
          CONSTRAINT pk_federated_identity PRIMARY KEY (tenant_id, id),
          CONSTRAINT uq_federated_identity_subject UNIQUE (tenant_id, issuer, subject),
          CONSTRAINT fk_federated_identity_account FOREIGN KEY (tenant_id, account_id)
            REFERENCES identity.account (tenant_id, id),
          CONSTRAINT ck_federated_identity_subject CHECK (subject ~ '^[\\x20-\\x7E]{{1,255}}$'));
        COMMENT ON COLUMN identity.federated_identity.ended_at IS 'it has to be linked again by who owns the account';
        CREATE INDEX ix_federated_identity_account ON identity.federated_identity (tenant_id, account_id);

        CREATE TABLE identity.federated_session (
          tenant_id uuid NOT NULL, id uuid NOT NULL, session_id uuid NOT NULL, identity_id uuid NOT NULL,
          issuer text NOT NULL, sid text,
          CONSTRAINT pk_federated_session PRIMARY KEY (tenant_id, id),
          CONSTRAINT uq_federated_session_session UNIQUE (tenant_id, session_id),
          CONSTRAINT fk_federated_session_session FOREIGN KEY (tenant_id, session_id)
            REFERENCES identity.login_session (tenant_id, id) ON DELETE CASCADE,
          CONSTRAINT fk_federated_session_identity FOREIGN KEY (tenant_id, identity_id)
            REFERENCES identity.federated_identity (tenant_id, id));
        CREATE INDEX ix_federated_session_sid ON identity.federated_session (tenant_id, issuer, sid);
        CREATE INDEX ix_federated_session_identity ON identity.federated_session (tenant_id, identity_id);

        CREATE TABLE identity.logout_token (
          tenant_id uuid NOT NULL, id uuid NOT NULL, issuer text NOT NULL, jti_hash bytea NOT NULL,
          subject text, sid text, issued_at timestamptz NOT NULL, expires_at timestamptz NOT NULL,
          CONSTRAINT pk_logout_token PRIMARY KEY (tenant_id, id),
          CONSTRAINT uq_logout_token_jti UNIQUE (tenant_id, issuer, jti_hash));
        COMMENT ON TABLE identity.logout_token IS 'those of the provider that were acted on: none is taken twice';

        ALTER TABLE identity.pending_sign_in ADD COLUMN federated_id uuid;
        -- squawk-ignore adding-foreign-key-constraint
        ALTER TABLE identity.pending_sign_in ADD CONSTRAINT fk_pending_sign_in_federated
          FOREIGN KEY (tenant_id, federated_id) REFERENCES identity.federated_sign_in (tenant_id, id) NOT VALID;

        ALTER TABLE identity.role_assignment ADD COLUMN provider_id uuid;
        ALTER TABLE identity.role_assignment ADD CONSTRAINT fk_role_assignment_provider
          FOREIGN KEY (tenant_id, provider_id) REFERENCES identity.identity_provider (tenant_id, id) NOT VALID;
        -- squawk-ignore require-concurrent-index-creation
        CREATE UNIQUE INDEX uq_role_assignment_by_provider ON identity.role_assignment (tenant_id, account_id, role)
          WHERE provider_id IS NOT NULL AND until IS NULL;
        COMMENT ON COLUMN identity.role_assignment.provider_id IS
          'given by a group of the identity provider, and counts in sessions that began there; null: by hand';
        """
    )
    _constrain("attempt", "kind", f"{ATTEMPTS}, 'sso', 'sso-callback', 'logout'")
    _constrain("login_session", "channel", f"{CHANNELS}, 'sso'")
    secure(
        "identity.identity_provider",
        [
            read(either(SIGN_IN, FACTORS, ADMIN, OURS)),
            # Whether those who came by it are still let in.
            read(purpose("session")),
            add(ADMIN),
            change(ADMIN),
            # The demo's and the tests' own.
            add(system("provisioning")),
            read(system("provisioning")),
        ],
    )
    secure(
        "identity.provider_group",
        [
            read(either(ADMIN, OURS, system("provisioning"))),
            add(either(ADMIN, system("provisioning"))),
            remove(ADMIN),
        ],
        grants="SELECT, INSERT, DELETE",
    )
    secure(
        "identity.federated_sign_in",
        [
            read(either(SIGN_IN, FACTORS, OURS)),
            add(either(SIGN_IN, FACTORS)),
            change(either(SIGN_IN, FACTORS, OURS)),
            read(FORGET),
            remove(FORGET),
        ],
        grants="SELECT, INSERT, UPDATE (address_sealed, taken_at, subject, sid, said_sealed, identity_id, linked_at,"
        " ended_at), DELETE",
    )
    own = f"account_id = {ME}"
    secure(
        "identity.federated_identity",
        [
            read(either(own, OURS, PEOPLE)),
            add(either(OURS, both(own, FACTORS))),
            change(either(OURS, both(own, FACTORS), both(PEOPLE, f"account_id <> {ME}"))),
        ],
        grants="SELECT, INSERT, UPDATE (used_at, ended_at)",
    )
    own_session = (
        "EXISTS (SELECT 1 FROM identity.login_session AS s WHERE s.tenant_id = federated_session.tenant_id"
        f" AND s.id = federated_session.session_id AND s.account_id = {ME})"
    )
    secure(
        "identity.federated_session",
        [read(either(OURS, own_session)), add(both(SIGN_IN, own_session)), read(FORGET), remove(FORGET)],
        grants="SELECT, INSERT, DELETE",
    )
    secure(
        "identity.logout_token",
        [read(OURS), add(OURS), read(FORGET), remove(FORGET)],
        grants="SELECT, INSERT, DELETE",
    )
    for table in ("identity_provider", "federated_sign_in"):
        op.execute(f"SELECT kernel.let_rotate('identity.{table}')")
    for table, command, clause in _of_others():
        op.execute(f"CREATE POLICY sso_{command.lower()} ON identity.{table} FOR {command} TO PUBLIC {clause}")


def _of_others() -> list[tuple[str, str, str]]:
    """What our own process may do with older tables once the provider has vouched for somebody."""
    staff, by_groups = both(OURS, "kind = 'staff'"), both(OURS, "provider_id IS NOT NULL")
    return [
        ("account", "INSERT", f"WITH CHECK ({staff})"),
        ("role_assignment", "SELECT", f"USING ({OURS})"),
        ("role_assignment", "INSERT", f"WITH CHECK ({by_groups})"),
        ("role_assignment", "UPDATE", f"USING ({by_groups}) WITH CHECK ({by_groups})"),
        ("login_session", "SELECT", f"USING ({OURS})"),
        ("login_session", "UPDATE", f"USING ({OURS}) WITH CHECK ({OURS})"),
        ("pending_sign_in", "SELECT", f"USING ({OURS})"),
        ("pending_sign_in", "UPDATE", f"USING ({OURS}) WITH CHECK ({OURS})"),
        ("attempt", "SELECT", f"USING ({OURS})"),
        ("attempt", "INSERT", f"WITH CHECK ({OURS})"),
        # Whether the administrator who makes the provider the only way in has another one.
        ("password", "SELECT", f"USING ({both(f'account_id = {ME}', ADMIN)})"),
    ]


def _constrain(table: str, column: str, values: str) -> None:
    # A wider rule takes the narrower one's place within this transaction: no row that is there breaks it.
    op.execute(
        f"-- squawk-ignore ban-drop-constraint\nALTER TABLE identity.{table} DROP CONSTRAINT ck_{table}_{column}"
    )
    op.execute(
        f"-- squawk-ignore constraint-missing-not-valid\nALTER TABLE identity.{table}"
        f" ADD CONSTRAINT ck_{table}_{column} CHECK ({column} IN ({values}))"
    )


def downgrade() -> None:
    for table, command, _clause in _of_others():
        op.execute(f"DROP POLICY sso_{command.lower()} ON identity.{table}")
    changed = ("attempt", "login_session", "role_assignment")
    for table in changed:
        op.execute(f"ALTER TABLE identity.{table} NO FORCE ROW LEVEL SECURITY")
    op.execute(
        """
        DELETE FROM identity.attempt WHERE kind IN ('sso', 'sso-callback', 'logout');
        UPDATE identity.login_session SET channel = 'password', revoked_at = coalesce(revoked_at, now())
         WHERE channel = 'sso';
        UPDATE identity.role_assignment SET until = now() WHERE provider_id IS NOT NULL AND until IS NULL;
        """
    )
    for table in changed:
        op.execute(f"ALTER TABLE identity.{table} FORCE ROW LEVEL SECURITY")
    _constrain("attempt", "kind", ATTEMPTS)
    _constrain("login_session", "channel", CHANNELS)
    op.execute(
        """
        ALTER TABLE identity.role_assignment DROP COLUMN provider_id;
        ALTER TABLE identity.pending_sign_in DROP COLUMN federated_id;
        """
    )
    for table in TABLES:
        op.execute(f"DROP TABLE identity.{table}")
