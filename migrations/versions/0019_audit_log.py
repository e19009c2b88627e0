"""The Merkle log over the audit record: what waits, entries, checkpoints, and how long each place keeps them."""

from alembic import op

from migrations.rls import add, change, either, immutable, read, remove, roles, secure, system

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

READERS = either(roles("clinic_admin"), system("audit", "sequencing"))
SEQUENCING = system("sequencing")


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE audit.waiting (
          tenant_id uuid NOT NULL, leaf_id uuid NOT NULL,
          CONSTRAINT pk_waiting PRIMARY KEY (tenant_id, leaf_id));
        COMMENT ON TABLE audit.waiting IS 'leaves that no entry has yet, by whichever transaction committed when';

        CREATE TABLE audit.entry (
          tenant_id uuid NOT NULL, position bigint NOT NULL, leaf_id uuid NOT NULL, hash bytea NOT NULL,
          CONSTRAINT pk_entry PRIMARY KEY (tenant_id, position),
          CONSTRAINT uq_entry_tenant_id_leaf_id UNIQUE (tenant_id, leaf_id),
          CONSTRAINT fk_entry_leaf FOREIGN KEY (tenant_id, leaf_id) REFERENCES audit.leaf (tenant_id, id),
          CONSTRAINT ck_entry_hash CHECK (octet_length(hash) = 32 AND position >= 0));

        CREATE TABLE audit.checkpoint (
          tenant_id uuid NOT NULL, number bigint NOT NULL, size bigint NOT NULL, root bytea NOT NULL,
          peaks bytea[] NOT NULL, note text NOT NULL, made_at timestamptz NOT NULL, exported_at timestamptz,
          CONSTRAINT pk_checkpoint PRIMARY KEY (tenant_id, number),
          CONSTRAINT uq_checkpoint_tenant_id_size UNIQUE (tenant_id, size));
        COMMENT ON COLUMN audit.checkpoint.peaks IS 'roots of the complete subtrees, largest first';

        CREATE TABLE audit.retention (
          jurisdiction text NOT NULL, years integer NOT NULL, source text NOT NULL,
          CONSTRAINT pk_retention PRIMARY KEY (jurisdiction),
          CONSTRAINT ck_retention_years CHECK (years >= 1));
        COMMENT ON TABLE audit.retention IS 'ISO 3166-2, ISO 3166-1 or *; the closest one holds';
        INSERT INTO audit.retention VALUES
          ('*', 10, 'where nothing closer is known'),
          ('US', 6, '45 CFR 164.316(b)(2)(i)');
        ALTER TABLE audit.retention ENABLE ROW LEVEL SECURITY;
        ALTER TABLE audit.retention FORCE ROW LEVEL SECURITY;
        CREATE POLICY directory ON audit.retention FOR SELECT TO PUBLIC USING (true);
        GRANT SELECT ON audit.retention TO portal_web, portal_worker, portal_retention;

        GRANT USAGE ON SCHEMA kernel, tenancy, audit TO portal_sequencer, portal_retention;
        GRANT SELECT ON tenancy.organisation TO portal_sequencer, portal_retention;
        GRANT SELECT ON audit.leaf TO portal_sequencer;
        GRANT INSERT ON audit.leaf TO portal_retention;

        CREATE FUNCTION audit.await_sequence() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          INSERT INTO audit.waiting (tenant_id, leaf_id) SELECT tenant_id, id FROM fresh;
          RETURN NULL;
        END $$;
        """
    )
    op.execute(f"CREATE POLICY sequence ON audit.leaf FOR SELECT TO portal_sequencer USING ({SEQUENCING})")
    secure(
        "audit.waiting",
        [add("true"), read(system("audit", "sequencing")), remove(SEQUENCING)],
        grants="SELECT, INSERT",
        processes=("portal_web", "portal_worker", "portal_retention"),
    )
    secure("audit.entry", [add(SEQUENCING), read(READERS)], grants="SELECT")
    secure("audit.checkpoint", [add(SEQUENCING), read(READERS), change(SEQUENCING)], grants="SELECT")
    op.execute("GRANT SELECT, DELETE ON audit.waiting TO portal_sequencer")
    op.execute("GRANT SELECT, INSERT ON audit.entry, audit.checkpoint TO portal_sequencer")
    op.execute("GRANT UPDATE (exported_at) ON audit.checkpoint TO portal_sequencer")
    op.execute("GRANT SELECT ON audit.checkpoint TO portal_retention")
    op.execute(
        "CREATE POLICY drop_ranges ON audit.checkpoint FOR SELECT TO portal_retention, portal_owner USING (true)"
    )
    for table in ("leaf", "entry"):
        op.execute(f"CREATE POLICY seen_by_drop ON audit.{table} FOR SELECT TO portal_owner USING (true)")
        op.execute(f"CREATE POLICY drop_ranges ON audit.{table} FOR DELETE TO portal_owner USING (true)")
    immutable("audit.checkpoint", allow=("exported_at",))
    op.execute(
        """
        -- What was recorded before there was a log joins it first. Row security hides other tenants from the owner.
        ALTER TABLE audit.leaf NO FORCE ROW LEVEL SECURITY;
        ALTER TABLE audit.waiting NO FORCE ROW LEVEL SECURITY;
        INSERT INTO audit.waiting (tenant_id, leaf_id) SELECT tenant_id, id FROM audit.leaf;
        ALTER TABLE audit.leaf FORCE ROW LEVEL SECURITY;
        ALTER TABLE audit.waiting FORCE ROW LEVEL SECURITY;
        CREATE TRIGGER await_sequence AFTER INSERT ON audit.leaf REFERENCING NEW TABLE AS fresh
          FOR EACH STATEMENT EXECUTE FUNCTION audit.await_sequence();

        -- Deleting is for drop_before alone. Whoever becomes the owner could still get past it: verification tells.
        CREATE OR REPLACE FUNCTION audit.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF TG_OP = 'DELETE' AND current_user = 'portal_owner'
             AND current_setting('audit.dropping', true) = OLD.tenant_id::text THEN
            RETURN OLD;
          END IF;
          RAISE EXCEPTION 'the audit record is append-only' USING ERRCODE = 'insufficient_privilege';
        END $$;
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit.entry
          FOR EACH ROW EXECUTE FUNCTION audit.refuse_change();
        CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON audit.entry
          FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

        -- Asks the database's own clock: app.now is the caller's to set.
        CREATE FUNCTION audit.drop_before(upto bigint) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
          SET search_path = pg_catalog AS $$
        DECLARE
          tenant uuid := kernel.tenant_id();
          until timestamptz;
          dropped bigint;
        BEGIN
          SELECT now() - make_interval(years => r.years) INTO until
            FROM audit.retention AS r, tenancy.organisation AS o
            WHERE o.id = tenant AND r.jurisdiction IN (o.jurisdiction, split_part(o.jurisdiction, '-', 1), '*')
            ORDER BY length(r.jurisdiction) DESC LIMIT 1;
          IF NOT EXISTS (SELECT FROM audit.checkpoint AS c WHERE c.tenant_id = tenant AND c.size = upto
                         AND c.exported_at IS NOT NULL AND c.made_at < until) THEN
            RAISE EXCEPTION 'no exported checkpoint of that size is old enough' USING ERRCODE = 'insufficient_privilege';
          END IF;
          IF EXISTS (SELECT FROM audit.entry AS e JOIN audit.leaf AS l ON (l.tenant_id, l.id) = (e.tenant_id, e.leaf_id)
                     WHERE e.tenant_id = tenant AND e.position < upto AND l.at >= until) THEN
            RAISE EXCEPTION 'a record in the range is not old enough' USING ERRCODE = 'insufficient_privilege';
          END IF;
          PERFORM set_config('audit.dropping', tenant::text, true);
          WITH gone AS (
            DELETE FROM audit.entry AS e WHERE e.tenant_id = tenant AND e.position < upto RETURNING e.leaf_id
          )
          DELETE FROM audit.leaf AS l USING gone WHERE l.tenant_id = tenant AND l.id = gone.leaf_id;
          GET DIAGNOSTICS dropped = ROW_COUNT;
          PERFORM set_config('audit.dropping', '', true);
          RETURN dropped;
        END $$;
        REVOKE ALL ON FUNCTION audit.drop_before(bigint) FROM PUBLIC;
        GRANT EXECUTE ON FUNCTION audit.drop_before(bigint) TO portal_retention;
        """
    )


def downgrade() -> None:
    op.execute(
        """
        DROP FUNCTION audit.drop_before(bigint);
        DROP TRIGGER await_sequence ON audit.leaf;
        DROP FUNCTION audit.await_sequence();
        DROP TABLE audit.entry, audit.waiting, audit.checkpoint, audit.retention;
        DROP FUNCTION audit.checkpoint_is_immutable();
        DROP POLICY sequence ON audit.leaf;
        DROP POLICY seen_by_drop ON audit.leaf;
        DROP POLICY drop_ranges ON audit.leaf;
        CREATE OR REPLACE FUNCTION audit.refuse_change() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN RAISE EXCEPTION 'the audit record is append-only' USING ERRCODE = 'insufficient_privilege'; END $$;
        REVOKE ALL ON audit.leaf FROM portal_sequencer, portal_retention;
        REVOKE ALL ON tenancy.organisation FROM portal_sequencer, portal_retention;
        REVOKE USAGE ON SCHEMA kernel, tenancy, audit FROM portal_sequencer, portal_retention;
        """
    )
