"""Proxies: a grant may cover parts of a record only, and every policy that asks for a grant names the part it needs.

A grant without a scope covers the whole record, as those of the patient, the appointment and the care team do. The
policies are rewritten where they stand, so that each keeps its other conditions word for word. A policy of a schema
that is not named here stops the migration.
"""

import json

from alembic import op

from migrations.rls import ME, both, either, roles, system

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

# What a row belongs to: by its table and command, else its table, else its schema. None: any grant is enough.
# Nobody can be given "details": a proxy who changed where codes are sent could take the record over.
PARTS = {
    "patients.patient/r": None,
    "patients": "details",
    "scheduling": "appointments",
    "visits": "appointments",
    "visits.chat_message": "health",
    "consent": "health",
    "triage": "health",
    "intake": "health",
    "charting": "health",
    "orders": "health",
    "prescribing": "health",
    "monitoring": "health",
    "messaging": "messages",
    "eligibility": "bills",
    "billing": "bills",
}
MINE = "(g.user_id = ( SELECT kernel.user_id() AS user_id))"
DESK = roles("front_desk", "clinic_admin")


def upgrade() -> None:
    op.execute("ALTER TABLE patients.access_grant ADD COLUMN scope text[]")
    op.execute("COMMENT ON COLUMN patients.access_grant.scope IS 'parts of the record; null: the whole'")
    _constrain(
        "scope",
        "(basis = 'proxy') = (scope IS NOT NULL) AND (scope IS NULL OR cardinality(scope) > 0"
        " AND scope <@ ARRAY['appointments', 'health', 'messages', 'bills'])",
    )
    _constrain("proof", "basis <> 'proxy' OR reason IN ('parent', 'guardian', 'carer', 'attorney')")
    _constrain("ends", "basis NOT IN ('proxy', 'appointment', 'break-glass') OR until IS NOT NULL")
    op.execute(
        """
        CREATE FUNCTION patients.has_proxy(the_patient uuid, part text) RETURNS boolean
          LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
          RETURN EXISTS (SELECT 1 FROM patients.access_grant AS g
            WHERE g.tenant_id = kernel.tenant_id() AND g.user_id = kernel.user_id() AND g.patient_id = the_patient
              AND g.basis = 'proxy' AND part = ANY (g.scope)
              AND g.since <= kernel.now() AND g.until > kernel.now())
        """
    )
    _rewrite_policies()
    _book("patients.has_grant(patient_id, 'self')", "patients.has_proxy(patient_id, 'appointments')")
    # A clinician's role opens what a grant covers: their ground is the appointment, never a proxy.
    nobody_of_ours = (
        "user_id NOT IN (SELECT p.account_id FROM practitioners.practitioner AS p"
        " WHERE p.tenant_id = (SELECT kernel.tenant_id()) AND p.account_id IS NOT NULL)"
    )
    on_proof = both(DESK, "basis = 'proxy'", f"user_id <> {ME}", nobody_of_ours)
    op.execute(f"CREATE POLICY insert_proxy ON patients.access_grant FOR INSERT TO PUBLIC WITH CHECK ({on_proof})")


def _constrain(name: str, rule: str) -> None:
    """Check each row that is written from now on. Before, nobody could make a proxy, and reading all would block."""
    op.execute(f"ALTER TABLE patients.access_grant ADD CONSTRAINT ck_access_grant_{name} CHECK ({rule}) NOT VALID")


def _book(*holders: str) -> None:
    """Whoever books opens the record to the practitioner that is booked (0007)."""
    booked = both(
        "basis = 'appointment'",
        "until IS NOT NULL",
        either(
            DESK,
            system("scheduling", "visits", "provisioning", "demo"),
            both(roles("patient"), f"user_id <> {ME}", either(*holders)),
            both(roles("clinician"), "patients.has_grant(patient_id, 'appointment', 'care-team')"),
        ),
        "user_id IN (SELECT p.account_id FROM practitioners.practitioner AS p"
        " WHERE p.tenant_id = (SELECT kernel.tenant_id()))",
    )
    op.execute(f"ALTER POLICY insert_booked ON patients.access_grant WITH CHECK ({booked})")


def _rewrite_policies() -> None:
    """Add the part to each subquery that `granted` wrote."""
    op.execute(
        f"""
        DO $do$
        DECLARE
          parts CONSTANT jsonb := '{json.dumps(PARTS)}';
          p record; known text; added text; mine CONSTANT text := '{MINE}';
        BEGIN
          FOR p IN
            SELECT n.nspname, c.relname, o.polname, o.polcmd,
              pg_get_expr(o.polqual, o.polrelid) AS qual, pg_get_expr(o.polwithcheck, o.polrelid) AS chk
            FROM pg_policy o JOIN pg_class c ON c.oid = o.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE concat(pg_get_expr(o.polqual, o.polrelid), pg_get_expr(o.polwithcheck, o.polrelid))
              LIKE '%access_grant g%'
          LOOP
            SELECT key INTO known FROM unnest(ARRAY[p.nspname || '.' || p.relname || '/' || p.polcmd::text,
              p.nspname || '.' || p.relname, p.nspname::text]) WITH ORDINALITY AS of_row (key, place)
              WHERE parts ? key ORDER BY place LIMIT 1;
            IF known IS NULL THEN
              RAISE EXCEPTION 'no part is named for policy % on %.%', p.polname, p.nspname, p.relname;
            END IF;
            CONTINUE WHEN parts ->> known IS NULL;
            IF strpos(concat(p.qual, p.chk), mine) = 0 THEN
              RAISE EXCEPTION 'policy % on %.% asks for grants in other words', p.polname, p.nspname, p.relname;
            END IF;
            added := mine || format(' AND (g.scope IS NULL OR %L = ANY (g.scope))', parts ->> known);
            EXECUTE format('ALTER POLICY %I ON %I.%I', p.polname, p.nspname, p.relname)
              || coalesce(' USING (' || replace(p.qual, mine, added) || ')', '')
              || coalesce(' WITH CHECK (' || replace(p.chk, mine, added) || ')', '');
          END LOOP;
        END $do$
        """
    )


def downgrade() -> None:
    op.execute("DROP POLICY insert_proxy ON patients.access_grant")
    _book("patients.has_grant(patient_id, 'self', 'proxy')")
    _restore_policies()
    op.execute("DROP FUNCTION patients.has_proxy(uuid, text)")
    for name in ("ends", "proof", "scope"):
        op.execute(f"ALTER TABLE patients.access_grant DROP CONSTRAINT ck_access_grant_{name}")
    # Without its scope a proxy would see the whole record.
    op.execute("ALTER TABLE patients.access_grant NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE patients.access_grant SET until = now() WHERE basis = 'proxy' AND until > now()")
    op.execute("ALTER TABLE patients.access_grant FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE patients.access_grant DROP COLUMN scope")


def _restore_policies() -> None:
    """Take the part out of each policy again."""
    op.execute(
        r"""
        DO $do$
        DECLARE
          p record;
          part CONSTANT text := ' AND \(\(g\.scope IS NULL\) OR \(''[a-z]+''::text = ANY \(g\.scope\)\)\)';
        BEGIN
          FOR p IN
            SELECT n.nspname, c.relname, o.polname,
              pg_get_expr(o.polqual, o.polrelid) AS qual, pg_get_expr(o.polwithcheck, o.polrelid) AS chk
            FROM pg_policy o JOIN pg_class c ON c.oid = o.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE concat(pg_get_expr(o.polqual, o.polrelid), pg_get_expr(o.polwithcheck, o.polrelid)) LIKE '%g.scope%'
          LOOP
            EXECUTE format('ALTER POLICY %I ON %I.%I', p.polname, p.nspname, p.relname)
              || coalesce(' USING (' || regexp_replace(p.qual, part, '', 'g') || ')', '')
              || coalesce(' WITH CHECK (' || regexp_replace(p.chk, part, '', 'g') || ')', '');
          END LOOP;
        END $do$
        """
    )
