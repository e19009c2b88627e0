"""The rotator may ask which objects rows name: it deletes their old key only when all of them are under the new one."""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

NAMING = ("consent.document_pdf", "intake.photo", "billing.receipt")


def upgrade() -> None:
    for table in NAMING:
        schema = table.split(".")[0]
        op.execute(f"GRANT USAGE ON SCHEMA {schema} TO portal_rotator")
        op.execute(f"GRANT SELECT (tenant_id, object_id) ON {table} TO portal_rotator")
        # As in 0020: the policies for everybody look into other tables, and the rotator has to be allowed to ask.
        op.execute(
            f"""
            DO $$ DECLARE asked record; BEGIN
              FOR asked IN
                WITH RECURSIVE reached (id) AS (
                  SELECT '{table}'::regclass::oid UNION
                  SELECT d.refobjid FROM reached r JOIN pg_policy p ON p.polrelid = r.id
                    JOIN pg_depend d ON d.classid = 'pg_policy'::regclass AND d.objid = p.oid
                      AND d.refclassid = 'pg_class'::regclass)
                SELECT d.refobjid::regclass AS table_name, c.relnamespace::regnamespace AS schema_name,
                       string_agg(DISTINCT quote_ident(a.attname), ', ') AS columns
                  FROM reached r JOIN pg_policy p ON p.polrelid = r.id
                  JOIN pg_depend d ON d.classid = 'pg_policy'::regclass AND d.objid = p.oid
                    AND d.refclassid = 'pg_class'::regclass
                  JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid AND a.attnum > 0
                  JOIN pg_class c ON c.oid = d.refobjid
                 GROUP BY d.refobjid, c.relnamespace
              LOOP
                EXECUTE format('GRANT USAGE ON SCHEMA %s TO portal_rotator', asked.schema_name);
                EXECUTE format('GRANT SELECT (%s) ON %s TO portal_rotator', asked.columns, asked.table_name);
              END LOOP;
            END $$
            """
        )


def downgrade() -> None:
    # What their policies look up stays granted until 0020 takes back all: other tables' policies ask there, too.
    for table in NAMING:
        op.execute(f"REVOKE SELECT (tenant_id, object_id) ON {table} FROM portal_rotator")
