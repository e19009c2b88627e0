"""Rotation of keys: what portal_rotator may do. It changes ciphertext columns, only forward to the present key."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

KEYS = "(SELECT kernel.is_system('keys'))"
# Every table with sealed columns, whichever migration made it. A later one calls kernel.let_rotate for its own.
EACH_SEALED_TABLE = """
  SELECT a.attrelid::regclass AS table_name FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
   WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attname LIKE '%\\_sealed' AND NOT a.attisdropped
   GROUP BY a.attrelid
"""


def upgrade() -> None:
    op.execute(
        """
        CREATE FUNCTION kernel.reseals_forward() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
          before jsonb := to_jsonb(OLD);
          after jsonb := to_jsonb(NEW);
          name text;
        BEGIN
          FOR name IN SELECT jsonb_object_keys(after) LOOP
            CONTINUE WHEN before -> name = after -> name;
            -- A sealed value reads \\x, version, algorithm, key id: only the last may differ, and names the present key.
            IF name NOT LIKE '%\\_sealed' OR before ->> name IS NULL OR after ->> name IS NULL
               OR left(before ->> name, 6) <> left(after ->> name, 6)
               OR length(before ->> name) <> length(after ->> name)
               OR NOT EXISTS (SELECT 1 FROM kernel.data_key AS k WHERE k.tenant_id = NEW.tenant_id
                    AND k.retired_at IS NULL AND k.dataset = 'fields'
                    AND k.id = substr(after ->> name, 7, 32)::uuid) THEN
              RAISE EXCEPTION 'only a seal under the present key may change' USING
                ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'reseals_forward',
                SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
            END IF;
          END LOOP;
          RETURN NEW;
        END $$;

        CREATE FUNCTION kernel.let_rotate(target regclass) RETURNS void LANGUAGE plpgsql AS $$
        DECLARE
          columns text;
          immutable text;
          asked record;
        BEGIN
          SELECT string_agg(quote_ident(attname), ', ') INTO columns FROM pg_attribute
           WHERE attrelid = target AND attname LIKE '%\\_sealed' AND NOT attisdropped;
          EXECUTE format('GRANT USAGE ON SCHEMA %s TO portal_rotator',
            (SELECT c.relnamespace::regnamespace FROM pg_class c WHERE c.oid = target));
          EXECUTE format('GRANT SELECT (tenant_id, id, %1$s), UPDATE (%1$s) ON %2$s TO portal_rotator', columns, target);
          EXECUTE format('DROP POLICY IF EXISTS rotate_read ON %s', target);
          EXECUTE format('DROP POLICY IF EXISTS rotate ON %s', target);
          EXECUTE format('DROP POLICY IF EXISTS rotate_only ON %s', target);
          EXECUTE format('CREATE POLICY rotate_only ON %s AS RESTRICTIVE FOR ALL TO portal_rotator'
            ' USING ((SELECT kernel.is_system(''keys''))) WITH CHECK ((SELECT kernel.is_system(''keys'')))', target);
          EXECUTE format('CREATE POLICY rotate_read ON %s FOR SELECT TO portal_rotator'
            ' USING ((SELECT kernel.is_system(''keys'')))', target);
          EXECUTE format('CREATE POLICY rotate ON %s FOR UPDATE TO portal_rotator'
            ' USING ((SELECT kernel.is_system(''keys''))) WITH CHECK ((SELECT kernel.is_system(''keys'')))', target);
          EXECUTE format('CREATE OR REPLACE TRIGGER reseals_forward BEFORE UPDATE ON %s FOR EACH ROW'
            ' WHEN (current_user = ''portal_rotator'') EXECUTE FUNCTION kernel.reseals_forward()', target);
          -- The policies for everybody look into other tables, whose policies look further: the rotator has to be
          -- allowed to ask, though it finds nothing there.
          FOR asked IN
            WITH RECURSIVE reached (id) AS (
              SELECT target::oid UNION
              SELECT d.refobjid FROM reached r JOIN pg_policy p ON p.polrelid = r.id
                JOIN pg_depend d ON d.classid = 'pg_policy'::regclass AND d.objid = p.oid
                  AND d.refclassid = 'pg_class'::regclass)
            SELECT d.refobjid::regclass AS table_name, c.relnamespace::regnamespace AS schema_name,
                   string_agg(DISTINCT quote_ident(a.attname), ', ') AS columns
              FROM reached r JOIN pg_policy p ON p.polrelid = r.id
              JOIN pg_depend d ON d.classid = 'pg_policy'::regclass AND d.objid = p.oid
                AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> p.polrelid
              JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid AND a.attnum > 0
              JOIN pg_class c ON c.oid = d.refobjid
             GROUP BY d.refobjid, c.relnamespace
          LOOP
            EXECUTE format('GRANT USAGE ON SCHEMA %s TO portal_rotator', asked.schema_name);
            EXECUTE format('GRANT SELECT (%s) ON %s TO portal_rotator', asked.columns, asked.table_name);
          END LOOP;
          -- What never changes still may be sealed anew: for the rotator, the stricter trigger above stands instead.
          SELECT tgfoid::regproc::text INTO immutable FROM pg_trigger
           WHERE tgrelid = target AND tgname = 'immutable' AND NOT tgisinternal;
          IF immutable IS NOT NULL THEN
            EXECUTE format('CREATE OR REPLACE TRIGGER immutable BEFORE UPDATE OR DELETE ON %s FOR EACH ROW'
              ' WHEN (current_user <> ''portal_rotator'') EXECUTE FUNCTION %s()', target, immutable);
          END IF;
        END $$;
        REVOKE EXECUTE ON FUNCTION kernel.let_rotate FROM PUBLIC;
        """
    )
    op.execute(
        f"""
        DO $$ DECLARE one record; BEGIN
          FOR one IN {EACH_SEALED_TABLE} LOOP PERFORM kernel.let_rotate(one.table_name); END LOOP;
        END $$
        """
    )
    op.execute("GRANT USAGE ON SCHEMA kernel, tenancy TO portal_rotator")
    op.execute("GRANT SELECT ON tenancy.organisation TO portal_rotator")
    op.execute(
        f"""
        GRANT SELECT, INSERT, UPDATE (wrapped, kms_key, retired_at), DELETE ON kernel.data_key TO portal_rotator;
        CREATE POLICY rotate_add ON kernel.data_key FOR INSERT TO portal_rotator WITH CHECK ({KEYS});
        CREATE POLICY rotate ON kernel.data_key FOR UPDATE TO portal_rotator USING ({KEYS}) WITH CHECK ({KEYS});
        CREATE POLICY rotate_delete ON kernel.data_key FOR DELETE TO portal_rotator
          USING ({KEYS} AND retired_at IS NOT NULL);
        """
    )


def downgrade() -> None:
    op.execute(
        f"""
        DROP POLICY rotate_delete ON kernel.data_key;
        DROP POLICY rotate ON kernel.data_key;
        DROP POLICY rotate_add ON kernel.data_key;
        REVOKE ALL ON kernel.data_key FROM portal_rotator;
        REVOKE ALL ON tenancy.organisation FROM portal_rotator;
        DO $$ DECLARE
          one record;
          schema_name name;
          immutable text;
        BEGIN
          FOR one IN {EACH_SEALED_TABLE} LOOP
            EXECUTE format('DROP TRIGGER reseals_forward ON %s', one.table_name);
            EXECUTE format('DROP POLICY rotate ON %s', one.table_name);
            EXECUTE format('DROP POLICY rotate_only ON %s', one.table_name);
            EXECUTE format('DROP POLICY rotate_read ON %s', one.table_name);
            SELECT tgfoid::regproc::text INTO immutable FROM pg_trigger
             WHERE tgrelid = one.table_name AND tgname = 'immutable' AND NOT tgisinternal;
            IF immutable IS NOT NULL THEN
              EXECUTE format('CREATE OR REPLACE TRIGGER immutable BEFORE UPDATE OR DELETE ON %s FOR EACH ROW'
                ' EXECUTE FUNCTION %s()', one.table_name, immutable);
            END IF;
          END LOOP;
          FOR schema_name IN SELECT nspname FROM pg_namespace
            WHERE nspname NOT LIKE 'pg\\_%' AND nspname NOT IN ('information_schema', 'public') LOOP
            EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM portal_rotator', schema_name);
            EXECUTE format('REVOKE ALL ON SCHEMA %I FROM portal_rotator', schema_name);
          END LOOP;
        END $$;
        DROP FUNCTION kernel.let_rotate;
        DROP FUNCTION kernel.reseals_forward;
        """
    )
