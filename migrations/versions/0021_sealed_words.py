"""Words of the record that were in clear get sealed columns beside them, and the rotator may move them over.

SQL holds no keys: `portal keys seal` moves what is stored, then the clear columns stay empty. Once it has, there is no
way down: SQL cannot open what is sealed.
"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

SEALED = {
    "charting.problem": ("display",),
    "charting.allergy": ("display", "reaction"),
    "charting.medication": ("display", "dosage"),
    "charting.note_diagnosis": ("display",),
}
SAID = ("charting.problem", "charting.allergy", "charting.medication")

# As in 0020, and: a clear value may go where its sealed form or its keyed hash comes, both in the same change.
FORWARD = """
CREATE OR REPLACE FUNCTION kernel.reseals_forward() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  before jsonb := to_jsonb(OLD);
  after jsonb := to_jsonb(NEW);
  name text;
  plain text;
BEGIN
  FOR name IN SELECT jsonb_object_keys(after) LOOP
    CONTINUE WHEN before -> name = after -> name;
    plain := regexp_replace(name, '_(sealed|index)$', '');
    CONTINUE WHEN plain = name AND before ->> name IS NOT NULL AND after ->> name IS NULL AND
      ((before ->> (name || '_sealed') IS NULL AND after ->> (name || '_sealed') IS NOT NULL) OR
       (before ->> (name || '_index') IS NULL AND after ->> (name || '_index') IS NOT NULL));
    -- What comes in its place; what is sealed already is only sealed anew.
    IF plain <> name AND before ->> name IS NULL AND before ->> plain IS NOT NULL AND after ->> plain IS NULL THEN
      CONTINUE WHEN name LIKE '%\\_index' AND length(after ->> name) = 66;
    ELSIF before ->> name IS NULL OR length(before ->> name) <> length(after ->> name) THEN
      plain := NULL;
    END IF;
    -- A sealed value reads \\x, version, algorithm, key id, which is that of the present key.
    IF plain IS NULL OR name NOT LIKE '%\\_sealed' OR after ->> name IS NULL
       OR left(after ->> name, 6) <> coalesce(left(before ->> name, 6), '\\x0101')
       OR NOT EXISTS (SELECT 1 FROM kernel.data_key AS k WHERE k.tenant_id = NEW.tenant_id
            AND k.retired_at IS NULL AND k.dataset = 'fields'
            AND k.id = substr(after ->> name, 7, 32)::uuid) THEN
      RAISE EXCEPTION 'only a seal under the present key may change' USING
        ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'reseals_forward',
        SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME;
    END IF;
  END LOOP;
  RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.execute(FORWARD)
    for table, columns in SEALED.items():
        name = table.split(".")[1]
        for column in columns:
            op.execute(f"ALTER TABLE {table} ADD COLUMN {column}_sealed bytea")
            # Processes of the version before find their words until `portal keys seal`, which comes after them.
            op.execute(f"-- squawk-ignore ban-drop-not-null\nALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL")
            # Each row that is written from now on. Before, the clear one was never null.
            op.execute(
                f"ALTER TABLE {table} ADD CONSTRAINT ck_{name}_{column}_once"
                f" CHECK (({column} IS NULL) <> ({column}_sealed IS NULL)) NOT VALID"
            )
            op.execute(f"COMMENT ON COLUMN {table}.{column} IS 'in clear until portal keys seal has moved it'")
    for table in SAID:
        name = table.split(".")[1]
        op.execute(f"ALTER TABLE {table} ADD COLUMN source_id_index bytea")
        # Made while the column is empty, which takes no time that anybody would notice.
        op.execute(
            f"CREATE UNIQUE INDEX uq_{name}_source_index ON {table} (tenant_id, patient_id, source, source_id_index)"
            " WHERE source_id_index IS NOT NULL"
        )
        op.execute(
            f"COMMENT ON COLUMN {table}.source_id_index IS 'keyed hash of what names the statement at its source'"
        )
    for table, columns in SEALED.items():
        clear = ", ".join((*columns, *(["source_id"] if table in SAID else [])))
        hashed = ", source_id_index" if table in SAID else ""
        op.execute(f"SELECT kernel.let_rotate('{table}')")
        op.execute(f"GRANT SELECT (patient_id, {clear}{hashed}), UPDATE ({clear}{hashed}) ON {table} TO portal_rotator")
    _draft_only("WHEN (current_user <> 'portal_rotator')")


def _draft_only(when: str) -> None:
    """The diagnoses of a signed note never change; for the rotator its stricter trigger stands instead."""
    op.execute(
        "CREATE OR REPLACE TRIGGER of_draft_only BEFORE INSERT OR UPDATE OR DELETE ON charting.note_diagnosis"
        f" FOR EACH ROW {when} EXECUTE FUNCTION charting.diagnosis_of_draft_only()"
    )


def downgrade() -> None:
    for table, columns in SEALED.items():
        for column in columns:
            op.execute(
                f"""
                DO $$ BEGIN
                  ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;
                  IF EXISTS (SELECT 1 FROM {table} WHERE {column}_sealed IS NOT NULL) THEN
                    RAISE EXCEPTION '{table}.{column} is sealed: there is no way down, restore a dump instead';
                  END IF;
                  ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
                END $$
                """
            )
    _draft_only("")
    for table, columns in SEALED.items():
        name = table.split(".")[1]
        op.execute(f"REVOKE ALL ON {table} FROM portal_rotator")
        for column in columns:
            op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{name}_{column}_once")
            op.execute(f"ALTER TABLE {table} DROP COLUMN {column}_sealed")
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL")
        for policy in ("rotate_only", "rotate_read", "rotate"):
            op.execute(f"DROP POLICY {policy} ON {table}")
        op.execute(f"DROP TRIGGER reseals_forward ON {table}")
    for table in SAID:
        op.execute(f"DROP INDEX charting.uq_{table.split('.')[1]}_source_index")
        op.execute(f"ALTER TABLE {table} DROP COLUMN source_id_index")
    op.execute(BEFORE)


# As 0020 made it.
BEFORE = """
CREATE OR REPLACE FUNCTION kernel.reseals_forward() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  before jsonb := to_jsonb(OLD);
  after jsonb := to_jsonb(NEW);
  name text;
BEGIN
  FOR name IN SELECT jsonb_object_keys(after) LOOP
    CONTINUE WHEN before -> name = after -> name;
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
END $$
"""
