"""The clinic's people: invitations, what changed in somebody's roles, and leaving.

Nobody changes their own roles or state; who takes an invitation up gets the roles that it names, within the minutes
in which it is taken up, and no others.
"""

from alembic import op

from migrations.rls import (
    ME,
    add,
    both,
    change,
    either,
    immutable,
    purpose,
    read,
    roles,
    secure,
    system,
)

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

ADMIN = both(roles("clinic_admin"), purpose("people"))
READER = both(roles("clinic_admin", "privacy_officer"), purpose("people"))
PROVISION = system("provisioning")
JOBS = system("staff")
TAKING_UP = purpose("staff-invitation")
OTHERS = f"account_id <> {ME}"
#: The invitation that is being taken up this minute, for the row's account.
INVITED = (
    "EXISTS (SELECT 1 FROM identity.staff_invitation AS i WHERE i.tenant_id = (SELECT kernel.tenant_id())"
    " AND i.used_by = {account} AND i.used_at > (SELECT kernel.now()) - interval '10 minutes'{more})"
)
#: Policies of earlier migrations, by their names there: what they were, and what they are from here on.
NARROWED = (
    ("account", "insert_5", "WITH CHECK", both("kind = 'staff'", either(roles("clinic_admin"), PROVISION)),
     both("kind = 'staff'", PROVISION)),
    ("account", "update_7", "USING", both("kind = 'staff'", roles("clinic_admin")),
     both("kind = 'staff'", ADMIN, f"id <> {ME}")),
    ("account", "update_7", "WITH CHECK", both("kind = 'staff'", roles("clinic_admin")),
     both("kind = 'staff'", ADMIN, f"id <> {ME}")),
    ("password", "insert_2", "WITH CHECK", either(roles("clinic_admin"), PROVISION), PROVISION),
    ("role_assignment", "insert_2", "WITH CHECK", either(roles("clinic_admin"), PROVISION),
     either(PROVISION, both(ADMIN, OTHERS))),
    ("role_assignment", "update_3", "USING", roles("clinic_admin"), both(ADMIN, OTHERS)),
    ("role_assignment", "update_3", "WITH CHECK", roles("clinic_admin"), both(ADMIN, OTHERS)),
)  # fmt: skip
_JOINING = both(TAKING_UP, INVITED.format(account="account_id", more=""))
#: What the table of an account's credentials gives to who reads the list of people, and to who ends an account.
CREDENTIALS = ("login_session", "authenticator", "passkey", "recovery_code", "pending_sign_in")
#: (table, name, command, condition) of what is new on earlier tables.
ADDED = (
    ("account", "joining_read", "SELECT", both(TAKING_UP, "kind = 'staff'")),
    ("account", "joining_add", "INSERT",
     both(TAKING_UP, "kind = 'staff'", INVITED.format(account="account.id", more=""))),
    ("account", "joining_change", "UPDATE",
     both(TAKING_UP, "kind = 'staff'", INVITED.format(account="account.id", more=""))),
    ("password", "joining_read", "SELECT", _JOINING),
    ("password", "joining_add", "INSERT", _JOINING),
    ("password", "joining_change", "UPDATE", _JOINING),
    ("role_assignment", "joining_read", "SELECT", _JOINING),
    ("role_assignment", "joining_add", "INSERT",
     both(TAKING_UP, INVITED.format(account="account_id", more=" AND role_assignment.role = ANY (i.roles)"))),
    ("role_assignment", "people_read", "SELECT", either(READER, JOBS)),
    *((table, "people_read", "SELECT", READER) for table in CREDENTIALS),
    *((table, "people_change", "UPDATE", both(ADMIN, OTHERS)) for table in CREDENTIALS),
    # Whose access ends is told by their account's end.
    ("patients.access_grant", "staff_read", "SELECT", JOBS),
    ("patients.access_grant", "staff_change", "UPDATE", JOBS),
    ("patients.break_glass", "staff_read", "SELECT", JOBS),
    ("patients.break_glass", "staff_change", "UPDATE", JOBS),
    ("practitioners.practitioner", "staff_add", "INSERT", JOBS),
    ("practitioners.practitioner", "staff_change", "UPDATE", JOBS),
)  # fmt: skip


def upgrade() -> None:
    op.execute(
        """
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE identity.account DROP CONSTRAINT ck_account_status;
        -- One more value is allowed: no row that is there breaks it.
        ALTER TABLE identity.account ADD CONSTRAINT ck_account_status
          CHECK (status IN ('active', 'suspended', 'ended')) NOT VALID;

        CREATE TABLE identity.staff_invitation (
          tenant_id uuid NOT NULL, id uuid NOT NULL,
          email_sealed bytea NOT NULL, email_index bytea NOT NULL, name text NOT NULL, roles text[] NOT NULL,
          token_hash bytea NOT NULL, created_at timestamptz NOT NULL, created_by uuid,
          sent_at timestamptz NOT NULL, expires_at timestamptz NOT NULL,
          used_at timestamptz, used_by uuid, withdrawn_at timestamptz,
          CONSTRAINT pk_staff_invitation PRIMARY KEY (tenant_id, id),
          CONSTRAINT uq_staff_invitation_token UNIQUE (tenant_id, token_hash),
          CONSTRAINT ck_staff_invitation_name CHECK (name <> ''),
          CONSTRAINT ck_staff_invitation_roles CHECK (roles <@ ARRAY['front_desk', 'clinician', 'clinic_admin',
            'privacy_officer', 'sees_psy', 'sees_sex', 'sees_hiv', 'sees_eth'] AND cardinality(roles) > 0),
          CONSTRAINT ck_staff_invitation_used CHECK ((used_at IS NULL) = (used_by IS NULL)),
          CONSTRAINT ck_staff_invitation_once CHECK (used_at IS NULL OR withdrawn_at IS NULL));
        CREATE UNIQUE INDEX uq_staff_invitation_open ON identity.staff_invitation (tenant_id, email_index)
          WHERE used_at IS NULL AND withdrawn_at IS NULL;
        COMMENT ON COLUMN identity.staff_invitation.token_hash IS 'SHA-256 of the link''s token, which is in the mail only';

        CREATE TABLE identity.role_change (
          tenant_id uuid NOT NULL, id uuid NOT NULL, account_id uuid NOT NULL,
          kind text NOT NULL, before text[] NOT NULL, after text[] NOT NULL, reason_sealed bytea,
          by_id uuid, at timestamptz NOT NULL,
          CONSTRAINT pk_role_change PRIMARY KEY (tenant_id, id),
          CONSTRAINT fk_role_change_account FOREIGN KEY (tenant_id, account_id)
            REFERENCES identity.account (tenant_id, id),
          CONSTRAINT ck_role_change_kind
            CHECK (kind IN ('made', 'joined', 'roles', 'suspended', 'reactivated', 'ended')),
          CONSTRAINT ck_role_change_reason CHECK (reason_sealed IS NOT NULL OR kind IN ('made', 'joined')),
          CONSTRAINT ck_role_change_by_another CHECK (by_id <> account_id));
        CREATE INDEX ix_role_change_account ON identity.role_change (tenant_id, account_id, at);
        COMMENT ON TABLE identity.role_change IS 'who changed whose roles or state, from what to what, when and why';
        """
    )
    mine = f"created_by = {ME}"
    secure(
        "identity.staff_invitation",
        [
            read(either(READER, TAKING_UP, PROVISION)),
            add(both(ADMIN, mine)),
            add(PROVISION),
            change(ADMIN),
            change(both(TAKING_UP, "used_at IS NULL"), TAKING_UP),
        ],
        grants="SELECT, INSERT, UPDATE (token_hash, sent_at, expires_at, used_at, used_by, withdrawn_at)",
    )
    immutable("identity.staff_invitation", when="OLD.used_at IS NOT NULL", allow=("email_sealed",))
    secure(
        "identity.role_change",
        [
            read(READER),
            add(both(ADMIN, f"by_id = {ME}", OTHERS, "kind NOT IN ('made', 'joined')")),
            add(both(PROVISION, "kind = 'made'")),
            add(both(_JOINING, "kind = 'joined'")),
        ],
        grants="SELECT, INSERT",
    )
    # Who rotates the clinic's keys seals the reason anew.
    immutable("identity.role_change", allow=("reason_sealed",))
    for table in ("identity.staff_invitation", "identity.role_change"):
        op.execute(f"SELECT kernel.let_rotate('{table}')")
    for table, name, clause, _before, after in NARROWED:
        op.execute(f"ALTER POLICY {name} ON identity.{table} {clause} ({after})")
    for table, name, command, condition in ADDED:
        clause = "WITH CHECK" if command == "INSERT" else "USING"
        op.execute(f"CREATE POLICY {name} ON {_full(table)} FOR {command} TO PUBLIC {clause} ({condition})")
    op.execute(
        """
        CREATE FUNCTION charting.unsigned_notes_of(the_author uuid) RETURNS SETOF timestamptz
          LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
          BEGIN ATOMIC
            SELECT n.started_at FROM charting.note AS n
              WHERE n.tenant_id = kernel.tenant_id() AND n.author_id = the_author AND n.status = 'draft'
                AND kernel.has_role('clinic_admin') AND kernel.purpose() = 'people'
              ORDER BY n.started_at;
          END;
        COMMENT ON FUNCTION charting.unsigned_notes_of IS
          'when the drafts of somebody who leaves were begun, for the administrator; never whose they are or what is in them';
        """
    )


def _full(table: str) -> str:
    return table if "." in table else f"identity.{table}"


def downgrade() -> None:
    op.execute("DROP FUNCTION charting.unsigned_notes_of(uuid)")
    for table, name, *_ in reversed(ADDED):
        op.execute(f"DROP POLICY {name} ON {_full(table)}")
    for table, name, clause, before, _after in NARROWED:
        op.execute(f"ALTER POLICY {name} ON identity.{table} {clause} ({before})")
    op.execute(
        """
        DROP TABLE identity.role_change, identity.staff_invitation;
        DROP FUNCTION identity.role_change_is_immutable();
        DROP FUNCTION identity.staff_invitation_is_immutable();
        ALTER TABLE identity.account NO FORCE ROW LEVEL SECURITY;
        UPDATE identity.account SET status = 'suspended' WHERE status = 'ended';
        ALTER TABLE identity.account FORCE ROW LEVEL SECURITY;
        ALTER TABLE identity.account DROP CONSTRAINT ck_account_status;
        ALTER TABLE identity.account ADD CONSTRAINT ck_account_status CHECK (status IN ('active', 'suspended'));
        """
    )
