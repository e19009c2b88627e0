"""Sensitive notes: a label by its author, a clearance a label for other staff, and a count of what is withheld.

A restrictive policy stands over those that open a note: a grant is needed as before, and the label's clearance too.
Codes are HL7 v3 ActCode's (InformationSensitivityPolicy); N is HL7 v3 Confidentiality's normal.
"""

from alembic import op

from migrations.rls import either

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

ROLES = "'front_desk', 'clinician', 'clinic_admin', 'privacy_officer'"
CLEARANCES = "'sees_psy', 'sees_sex', 'sees_hiv', 'sees_eth'"
OURS = "current_user = 'portal_owner'"  # the function that counts
# By the note's own key: a list of all notes that somebody may read would be made for each page.
WITH_ITS_NOTE = (
    "EXISTS (SELECT 1 FROM charting.note AS n WHERE n.tenant_id = {table}.tenant_id AND n.id = {table}.note_id)"
)


def upgrade() -> None:
    _constrain_roles(f"{ROLES}, {CLEARANCES}")
    op.execute(
        """
        ALTER TABLE charting.note ADD COLUMN sensitivity text NOT NULL DEFAULT 'N';
        ALTER TABLE charting.note ADD CONSTRAINT ck_note_sensitivity
          CHECK (sensitivity IN ('N', 'PSY', 'SEX', 'HIV', 'ETH')) NOT VALID;
        COMMENT ON COLUMN charting.note.sensitivity IS 'HL7 v3 ActCode: what else than a grant its readers need';

        CREATE FUNCTION patients.wants_sensitive(the_patient uuid) RETURNS boolean LANGUAGE sql STABLE
          RETURN EXISTS (SELECT 1 FROM patients.break_glass AS b
            WHERE b.tenant_id = kernel.tenant_id() AND b.user_id = kernel.user_id() AND b.patient_id = the_patient
              AND b.wants_sensitive AND b.since <= kernel.now() AND b.until > kernel.now());

        CREATE FUNCTION charting.may_read(sensitivity text, author uuid, the_patient uuid) RETURNS boolean
          LANGUAGE sql STABLE
          RETURN sensitivity = 'N' OR author = kernel.user_id() OR kernel.has_role('system')
            OR kernel.has_role('sees_' || lower(sensitivity))
            OR kernel.has_role('patient') AND patients.has_grant(the_patient, 'self')
            OR patients.wants_sensitive(the_patient);
        COMMENT ON FUNCTION charting.may_read IS
          'the label allows it: to the author, to who has its clearance, to the patient, in an emergency that named it';

        CREATE FUNCTION charting.withheld_notes(the_patient uuid, the_visit uuid) RETURNS integer
          LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
          RETURN (SELECT count(*) FROM charting.note AS n
            WHERE n.tenant_id = kernel.tenant_id() AND n.patient_id = the_patient
              AND (the_visit IS NULL OR n.visit_id = the_visit)
              AND kernel.has_role('clinician')
              AND patients.has_grant(the_patient, 'appointment', 'care-team', 'break-glass')
              AND NOT charting.may_read(n.sensitivity, n.author_id, n.patient_id));
        COMMENT ON FUNCTION charting.withheld_notes IS
          'how many notes a label keeps from the signed-in clinician, of a record that is open to them; never which';

        CREATE POLICY of_our_functions ON charting.note FOR SELECT TO portal_owner USING (true);
        """
    )
    allowed = either("sensitivity = 'N'", OURS, "charting.may_read(sensitivity, author_id, patient_id)")
    op.execute(f"CREATE POLICY sensitivity ON charting.note AS RESTRICTIVE FOR SELECT TO PUBLIC USING ({allowed})")
    for table in ("note_diagnosis", "addendum", "note_words"):
        allowed = either("(SELECT kernel.has_role('system'))", WITH_ITS_NOTE.format(table=table))
        op.execute(
            f"CREATE POLICY sensitivity ON charting.{table} AS RESTRICTIVE FOR SELECT TO PUBLIC USING ({allowed})"
        )
    for table in ("note", "addendum"):
        op.execute(f"SELECT kernel.let_rotate('charting.{table}')")


def _constrain_roles(names: str) -> None:
    # Another rule takes this one's place within this transaction.
    op.execute(
        "-- squawk-ignore ban-drop-constraint\nALTER TABLE identity.role_assignment"
        " DROP CONSTRAINT ck_role_assignment_role"
    )
    op.execute(
        "ALTER TABLE identity.role_assignment ADD CONSTRAINT ck_role_assignment_role"
        f" CHECK (role IN ({names})) NOT VALID"
    )


def downgrade() -> None:
    for table in ("note_words", "addendum", "note_diagnosis", "note"):
        op.execute(f"DROP POLICY sensitivity ON charting.{table}")
    op.execute(
        f"""
        DROP POLICY of_our_functions ON charting.note;
        DROP FUNCTION charting.withheld_notes(uuid, uuid);
        DROP FUNCTION charting.may_read(text, uuid, uuid);
        DROP FUNCTION patients.wants_sensitive(uuid);
        ALTER TABLE charting.note DROP COLUMN sensitivity;
        ALTER TABLE identity.role_assignment NO FORCE ROW LEVEL SECURITY;
        DELETE FROM identity.role_assignment WHERE role IN ({CLEARANCES});
        ALTER TABLE identity.role_assignment FORCE ROW LEVEL SECURITY;
        """
    )
    _constrain_roles(ROLES)
