"""Emergency access: a clinician opens one record for an hour, says why, and somebody else decides whether it was right.

And the role of who decides: the privacy officer reads who people are, who can see them and who looked; nothing of
health.
"""

from alembic import op

from migrations.rls import ME, add, both, change, either, purpose, read, roles, secure, system

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

ROLES = "'front_desk', 'clinician', 'clinic_admin'"
REVIEWER = roles("privacy_officer", "clinic_admin")
OFFICER = roles("privacy_officer")
OPENING = both(roles("clinician"), purpose("break-glass"))
# What the officer reads beside the emergencies themselves.
READS = ("patients.patient", "patients.access_grant", "audit.leaf")


def upgrade() -> None:
    _constrain_roles(f"{ROLES}, 'privacy_officer'")
    op.execute(
        """
        CREATE TABLE patients.break_glass (
          tenant_id uuid NOT NULL, id uuid NOT NULL, patient_id uuid NOT NULL,
          user_id uuid NOT NULL, reason text NOT NULL, sentence_sealed bytea NOT NULL, wants_sensitive boolean NOT NULL,
          since timestamptz NOT NULL, until timestamptz NOT NULL,
          finding text, remark_sealed bytea, decided_at timestamptz, decided_by uuid,
          CONSTRAINT pk_break_glass PRIMARY KEY (tenant_id, id),
          CONSTRAINT fk_break_glass_patient FOREIGN KEY (tenant_id, patient_id)
            REFERENCES patients.patient (tenant_id, id),
          CONSTRAINT ck_break_glass_reason CHECK (reason IN ('treatment', 'danger', 'cover', 'other')),
          CONSTRAINT ck_break_glass_hour CHECK (until >= since AND until <= since + interval '60 minutes'),
          CONSTRAINT ck_break_glass_finding CHECK (finding IN ('appropriate', 'inappropriate')),
          CONSTRAINT ck_break_glass_decided
            CHECK (num_nonnulls(finding, remark_sealed, decided_at, decided_by) IN (0, 4)),
          CONSTRAINT ck_break_glass_by_another CHECK (decided_by <> user_id),
          CONSTRAINT ex_break_glass_once EXCLUDE USING gist
            (tenant_id WITH =, patient_id WITH =, user_id WITH =, tstzrange(since, until) WITH &&));
        CREATE INDEX ix_break_glass_user ON patients.break_glass (tenant_id, user_id, until);
        CREATE INDEX ix_break_glass_open ON patients.break_glass (tenant_id, since) WHERE decided_at IS NULL;
        COMMENT ON TABLE patients.break_glass IS 'a record opened in an emergency: by whom, why, and whether it was right';
        COMMENT ON COLUMN patients.break_glass.wants_sensitive IS 'parts under a sensitivity label as well';
        CREATE TRIGGER only_shorten BEFORE UPDATE ON patients.break_glass
          FOR EACH ROW EXECUTE FUNCTION patients.grants_only_shorten();

        ALTER TABLE patients.access_grant ADD CONSTRAINT ck_access_grant_emergency
          CHECK (basis <> 'break-glass' OR until <= since + interval '60 minutes') NOT VALID;
        """
    )
    mine = f"user_id = {ME}"
    theirs = both(roles("patient"), "patients.has_grant(patient_id, 'self')")
    secure(
        "patients.break_glass",
        [
            # Each page of a signed-in person is told by their session whether they have one.
            read(either(mine, REVIEWER, purpose("session", "sign-in"), system("break-glass"), theirs)),
            add(both(OPENING, mine, "decided_by IS NULL")),
            change(both(mine, "decided_by IS NULL")),
            change(both(REVIEWER, f"user_id <> {ME}", "decided_by IS NULL"), both(REVIEWER, f"decided_by = {ME}")),
        ],
        grants="SELECT, INSERT, UPDATE (until, finding, remark_sealed, decided_at, decided_by)",
    )
    op.execute("SELECT kernel.let_rotate('patients.break_glass')")
    opened = both(
        OPENING,
        "basis = 'break-glass'",
        mine,
        "EXISTS (SELECT 1 FROM patients.break_glass AS b WHERE b.tenant_id = (SELECT kernel.tenant_id())"
        f" AND b.id::text = access_grant.reason AND b.patient_id = access_grant.patient_id AND b.user_id = {ME}"
        " AND b.until = access_grant.until)",
    )
    op.execute(f"CREATE POLICY insert_break_glass ON patients.access_grant FOR INSERT TO PUBLIC WITH CHECK ({opened})")
    # Who is in need is found by name and day of birth, before anything is open.
    op.execute(f"CREATE POLICY select_break_glass ON patients.patient FOR SELECT TO PUBLIC USING ({OPENING})")
    for table in READS:
        op.execute(f"CREATE POLICY select_privacy ON {table} FOR SELECT TO PUBLIC USING ({OFFICER})")
    names = both("kind = 'staff'", OFFICER)
    op.execute(f"CREATE POLICY select_privacy ON identity.account FOR SELECT TO PUBLIC USING ({names})")
    told = system("break-glass")
    op.execute(f"CREATE POLICY select_told ON identity.role_assignment FOR SELECT TO PUBLIC USING ({told})")


def _constrain_roles(names: str) -> None:
    # A wider rule takes the narrower one's place within this transaction.
    op.execute(
        "-- squawk-ignore ban-drop-constraint\nALTER TABLE identity.role_assignment"
        " DROP CONSTRAINT ck_role_assignment_role"
    )
    op.execute(
        "ALTER TABLE identity.role_assignment ADD CONSTRAINT ck_role_assignment_role"
        f" CHECK (role IN ({names})) NOT VALID"
    )


def downgrade() -> None:
    op.execute("DROP POLICY select_told ON identity.role_assignment")
    for table in (*READS, "identity.account"):
        op.execute(f"DROP POLICY select_privacy ON {table}")
    op.execute("DROP POLICY select_break_glass ON patients.patient")
    op.execute("DROP POLICY insert_break_glass ON patients.access_grant")
    op.execute("ALTER TABLE patients.access_grant DROP CONSTRAINT ck_access_grant_emergency")
    op.execute("DROP TABLE patients.break_glass")
    for table in ("identity.role_assignment", "patients.access_grant"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute("DELETE FROM identity.role_assignment WHERE role = 'privacy_officer'")
    op.execute("UPDATE patients.access_grant SET until = now() WHERE basis = 'break-glass' AND until > now()")
    for table in ("identity.role_assignment", "patients.access_grant"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    _constrain_roles(ROLES)
