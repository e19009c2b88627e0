"""A message thread opens a record to the practitioner who answers it: the ground for grants with the basis "thread".

Given by the patient or who may write for them, by the desk that assigns the thread, or by messaging's own jobs; to
practitioners only, never to oneself as a patient, and always with an end. Withheld notes are counted for them, too.
"""

from alembic import op

from migrations.rls import ME, both, either, roles, system

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

COUNTED = "'appointment', 'care-team', 'break-glass'"


def upgrade() -> None:
    answered = both(
        "basis = 'thread'",
        "until IS NOT NULL",
        either(
            roles("front_desk", "clinic_admin"),
            system("messaging", "demo"),
            both(
                roles("patient"),
                f"user_id <> {ME}",
                either("patients.has_grant(patient_id, 'self')", "patients.has_proxy(patient_id, 'messages')"),
            ),
        ),
        "user_id IN (SELECT p.account_id FROM practitioners.practitioner AS p"
        " WHERE p.tenant_id = (SELECT kernel.tenant_id()))",
    )
    op.execute(f"CREATE POLICY insert_thread ON patients.access_grant FOR INSERT TO PUBLIC WITH CHECK ({answered})")
    read = both(system("messaging"), "basis = 'thread'")
    op.execute(f"CREATE POLICY select_thread ON patients.access_grant FOR SELECT TO PUBLIC USING ({read})")
    op.execute(
        f"CREATE POLICY update_thread ON patients.access_grant FOR UPDATE TO PUBLIC USING ({read}) WITH CHECK ({read})"
    )
    op.execute(
        "ALTER TABLE patients.access_grant ADD CONSTRAINT ck_access_grant_thread"
        " CHECK (basis <> 'thread' OR until IS NOT NULL) NOT VALID"
    )
    _count_for(f"'thread', {COUNTED}")


def _count_for(bases: str) -> None:
    op.execute(
        f"""
        CREATE OR REPLACE FUNCTION charting.withheld_notes(the_patient uuid, the_visit uuid) RETURNS integer
          LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
          RETURN (SELECT count(*) FROM charting.note AS n
            WHERE n.tenant_id = kernel.tenant_id() AND n.patient_id = the_patient
              AND (the_visit IS NULL OR n.visit_id = the_visit)
              AND kernel.has_role('clinician')
              AND patients.has_grant(the_patient, {bases})
              AND NOT charting.may_read(n.sensitivity, n.author_id, n.patient_id))
        """
    )


def downgrade() -> None:
    _count_for(COUNTED)
    op.execute("ALTER TABLE patients.access_grant DROP CONSTRAINT ck_access_grant_thread")
    for name in ("update_thread", "select_thread", "insert_thread"):
        op.execute(f"DROP POLICY {name} ON patients.access_grant")
