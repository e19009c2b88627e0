"""Sensitive problems and medicines: the labels of notes (0031), put by a clinician who reads the entry, or by an import.

Who put the label reads on, as a note's author does: the database itself writes down who that was. Allergies carry no
label, since not to know of one does more harm than to know why it is known.
"""

from alembic import op

from migrations.rls import ME, either

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

TABLES = ("problem", "medication")
OURS = "current_user = 'portal_owner'"  # the function that counts
READABLE = "charting.may_read(sensitivity, recorded_by, patient_id)"


def upgrade() -> None:
    op.execute(
        """
        CREATE FUNCTION charting.label_is_whose() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF TG_OP = 'INSERT' OR NEW.sensitivity <> OLD.sensitivity THEN
            NEW.labelled_by := CASE WHEN NEW.sensitivity <> 'N' THEN kernel.user_id() END;
          END IF;
          RETURN NEW;
        END $$
        """
    )
    for table in TABLES:
        _label(table)
    withheld = " + ".join(
        f"(SELECT count(*) FROM charting.{table} AS s WHERE s.tenant_id = kernel.tenant_id()"
        " AND s.patient_id = the_patient AND s.labelled_by IS DISTINCT FROM kernel.user_id()"
        " AND charting.may_read(s.sensitivity, s.recorded_by, s.patient_id) IS NOT TRUE)"
        for table in TABLES
    )
    op.execute(
        f"""
        CREATE FUNCTION charting.withheld_history(the_patient uuid) RETURNS integer
          LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
          RETURN CASE WHEN kernel.has_role('clinician')
              AND patients.has_grant(the_patient, 'appointment', 'care-team', 'thread', 'break-glass')
            THEN {withheld} ELSE 0 END;
        COMMENT ON FUNCTION charting.withheld_history IS
          'how many problems and medicines a label keeps from the signed-in clinician, of a record that is open to them'
        """
    )


def _label(table: str) -> None:
    op.execute(
        f"""
        ALTER TABLE charting.{table} ADD COLUMN sensitivity text NOT NULL DEFAULT 'N', ADD COLUMN labelled_by uuid;
        ALTER TABLE charting.{table} ADD CONSTRAINT ck_{table}_sensitivity
          CHECK (sensitivity IN ('N', 'PSY', 'SEX', 'HIV', 'ETH')) NOT VALID;
        COMMENT ON COLUMN charting.{table}.sensitivity IS 'HL7 v3 ActCode: what else than a grant its readers need';
        COMMENT ON COLUMN charting.{table}.labelled_by IS 'who put the label, by the database; they go on reading';
        CREATE TRIGGER label_is_whose BEFORE INSERT OR UPDATE ON charting.{table}
          FOR EACH ROW EXECUTE FUNCTION charting.label_is_whose();
        GRANT UPDATE (sensitivity) ON charting.{table} TO portal_web, portal_worker;
        CREATE POLICY of_our_functions ON charting.{table} FOR SELECT TO portal_owner USING (true);
        """
    )
    allowed = either("sensitivity = 'N'", OURS, f"labelled_by = {ME}", READABLE)
    op.execute(f"CREATE POLICY sensitivity ON charting.{table} AS RESTRICTIVE FOR SELECT TO PUBLIC USING ({allowed})")
    op.execute(f"SELECT kernel.let_rotate('charting.{table}')")


def downgrade() -> None:
    op.execute("DROP FUNCTION charting.withheld_history(uuid)")
    for table in TABLES:
        op.execute(
            f"""
            DROP POLICY sensitivity ON charting.{table};
            DROP POLICY of_our_functions ON charting.{table};
            DROP TRIGGER label_is_whose ON charting.{table};
            ALTER TABLE charting.{table} DROP COLUMN sensitivity, DROP COLUMN labelled_by;
            """
        )
    op.execute("DROP FUNCTION charting.label_is_whose()")
