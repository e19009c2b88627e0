"""Who looked at a record, and on what ground: leaves name the ground, and the patient reads those of their own record.

`basis_of` runs as its caller, who sees their own grants. A leaf asks it within its own INSERT, so that naming the
ground costs a page no further query.
"""

from alembic import op

from migrations.rls import both, purpose, roles

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE FUNCTION patients.basis_of(the_patient uuid) RETURNS text LANGUAGE sql STABLE
          RETURN (SELECT g.basis FROM patients.access_grant AS g
            WHERE g.tenant_id = kernel.tenant_id() AND g.user_id = kernel.user_id() AND g.patient_id = the_patient
              AND g.since <= kernel.now() AND (g.until IS NULL OR g.until > kernel.now())
            ORDER BY array_position(
              ARRAY['self', 'break-glass', 'care-team', 'appointment', 'thread', 'proxy'], g.basis)
            LIMIT 1);
        COMMENT ON FUNCTION patients.basis_of IS
          'on what ground the signed-in person sees a record now; emergency access goes before what else they have';
        """
    )
    # A proxy does not: who looks after somebody is not told who else does.
    own = both(roles("patient"), "patient_id IS NOT NULL", "patients.has_grant(patient_id, 'self')")
    op.execute(f"CREATE POLICY select_own ON audit.leaf FOR SELECT TO PUBLIC USING ({own})")
    names = both(roles("patient"), purpose("access-log"), "kind = 'staff'")
    op.execute(f"CREATE POLICY select_who_looked ON identity.account FOR SELECT TO PUBLIC USING ({names})")


def downgrade() -> None:
    op.execute("DROP POLICY select_who_looked ON identity.account")
    op.execute("DROP POLICY select_own ON audit.leaf")
    op.execute("DROP FUNCTION patients.basis_of(uuid)")
