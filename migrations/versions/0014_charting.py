"""The record: notes of visits (draft, signed, addendum), problems, allergies, medications, vital signs."""

from alembic import op

from migrations.rls import (
    ME,
    add,
    both,
    change,
    create_schema,
    drop_schema,
    either,
    granted,
    immutable,
    read,
    remove,
    roles,
    secure,
    system,
)

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

CLINICIAN = both(roles("clinician"), granted())
OWN_RECORD = both(roles("patient"), granted())
AUTHOR = both(roles("clinician"), f"author_id = {ME}", granted())
JOBS = system("charting", "billing", "documents", "demo")
MAKERS = system("import", "charting", "demo")
SIGNED = (
    "note_id IN (SELECT n.id FROM charting.note AS n"
    " WHERE n.tenant_id = (SELECT kernel.tenant_id()) AND n.status = 'signed')"
)
OWN_NOTE = (
    "note_id IN (SELECT n.id FROM charting.note AS n"
    f" WHERE n.tenant_id = (SELECT kernel.tenant_id()) AND n.author_id = {ME})"
)

# Columns that every statement of a history shares; `source_id` makes an import that runs twice the same as once.
STATEMENT = """
  tenant_id uuid NOT NULL, id uuid NOT NULL, patient_id uuid NOT NULL,
  system text NOT NULL, code text NOT NULL, display text NOT NULL,
  source text NOT NULL, source_id text, recorded_at timestamptz NOT NULL, recorded_by uuid,
  CONSTRAINT pk_{name} PRIMARY KEY (tenant_id, id),
  CONSTRAINT fk_{name}_patient FOREIGN KEY (tenant_id, patient_id) REFERENCES patients.patient (tenant_id, id),
  CONSTRAINT uq_{name}_source UNIQUE (tenant_id, patient_id, source, source_id),
  CONSTRAINT ck_{name}_display CHECK (display <> ''),
  CONSTRAINT ck_{name}_source CHECK (source IN ('import', 'patient', 'clinician')),
"""


def upgrade() -> None:
    create_schema("charting")
    _create_notes()
    _create_history()
    _secure_notes()
    # A statement is corrected by its status, never by taking it away.
    for table in ("problem", "allergy", "medication"):
        secure(
            f"charting.{table}",
            [
                read(either(CLINICIAN, OWN_RECORD, JOBS, MAKERS)),
                add(either(both(CLINICIAN, "source = 'clinician'", f"recorded_by = {ME}"), MAKERS)),
                change(either(CLINICIAN, MAKERS)),
            ],
            grants="SELECT, INSERT",
        )
    op.execute("GRANT UPDATE (clinical_status, abated_at) ON charting.problem TO portal_web, portal_worker")
    op.execute("GRANT UPDATE (clinical_status) ON charting.allergy TO portal_web, portal_worker")
    op.execute("GRANT UPDATE (status) ON charting.medication TO portal_web, portal_worker")
    secure(
        "charting.vital_sign",
        [
            read(either(CLINICIAN, OWN_RECORD, JOBS, MAKERS)),
            add(either(both(CLINICIAN, "source = 'clinician'", f"recorded_by = {ME}"), MAKERS)),
        ],
        grants="SELECT, INSERT",
    )
    immutable("charting.vital_sign")


def _create_notes() -> None:
    op.execute(
        """
        CREATE TABLE charting.note (
          tenant_id uuid NOT NULL, id uuid NOT NULL, patient_id uuid NOT NULL,
          visit_id uuid NOT NULL, practitioner_id uuid NOT NULL, author_id uuid NOT NULL,
          subjective_sealed bytea, objective_sealed bytea, assessment_sealed bytea, plan_sealed bytea,
          version integer NOT NULL, editor uuid, status text NOT NULL,
          started_at timestamptz NOT NULL, saved_at timestamptz NOT NULL,
          signed_at timestamptz, signed_by uuid, content_digest bytea,
          CONSTRAINT pk_note PRIMARY KEY (tenant_id, id),
          CONSTRAINT fk_note_visit FOREIGN KEY (tenant_id, visit_id) REFERENCES visits.visit (tenant_id, id),
          CONSTRAINT fk_note_patient FOREIGN KEY (tenant_id, patient_id) REFERENCES patients.patient (tenant_id, id),
          CONSTRAINT fk_note_practitioner FOREIGN KEY (tenant_id, practitioner_id)
            REFERENCES practitioners.practitioner (tenant_id, id),
          CONSTRAINT uq_note_tenant_id_visit_id UNIQUE (tenant_id, visit_id),
          CONSTRAINT ck_note_version CHECK (version >= 1),
          CONSTRAINT ck_note_status CHECK (status IN ('draft', 'signed')),
          CONSTRAINT ck_note_signed CHECK ((status = 'signed') =
            (signed_at IS NOT NULL AND signed_by IS NOT NULL AND content_digest IS NOT NULL)));
        CREATE INDEX ix_note_patient ON charting.note (tenant_id, patient_id);
        CREATE INDEX ix_note_author ON charting.note (tenant_id, author_id, saved_at);
        COMMENT ON COLUMN charting.note.editor IS 'the open page that saved last: its own next save is never a conflict';
        COMMENT ON COLUMN charting.note.content_digest IS 'keyed digest of what was signed, diagnoses included';

        CREATE TABLE charting.note_diagnosis (
          tenant_id uuid NOT NULL, id uuid NOT NULL, patient_id uuid NOT NULL,
          note_id uuid NOT NULL, code text NOT NULL, display text NOT NULL, rank integer NOT NULL,
          CONSTRAINT pk_note_diagnosis PRIMARY KEY (tenant_id, id),
          CONSTRAINT fk_note_diagnosis_note FOREIGN KEY (tenant_id, note_id) REFERENCES charting.note (tenant_id, id),
          CONSTRAINT uq_note_diagnosis_tenant_id_note_id_code UNIQUE (tenant_id, note_id, code));
        COMMENT ON COLUMN charting.note_diagnosis.code IS 'ICD-10-CM';

        CREATE TABLE charting.addendum (
          tenant_id uuid NOT NULL, id uuid NOT NULL, patient_id uuid NOT NULL,
          note_id uuid NOT NULL, author_id uuid NOT NULL, text_sealed bytea NOT NULL, added_at timestamptz NOT NULL,
          CONSTRAINT pk_addendum PRIMARY KEY (tenant_id, id),
          CONSTRAINT fk_addendum_note FOREIGN KEY (tenant_id, note_id) REFERENCES charting.note (tenant_id, id));
        CREATE INDEX ix_addendum_note ON charting.addendum (tenant_id, note_id, added_at);

        CREATE TABLE charting.note_conflict (
          tenant_id uuid NOT NULL, id uuid NOT NULL, patient_id uuid NOT NULL,
          note_id uuid NOT NULL, author_id uuid NOT NULL, base_version integer NOT NULL, editor uuid,
          subjective_sealed bytea, objective_sealed bytea, assessment_sealed bytea, plan_sealed bytea,
          kept_at timestamptz NOT NULL, settled_at timestamptz,
          CONSTRAINT pk_note_conflict PRIMARY KEY (tenant_id, id),
          CONSTRAINT fk_note_conflict_note FOREIGN KEY (tenant_id, note_id) REFERENCES charting.note (tenant_id, id));
        CREATE INDEX ix_note_conflict_note ON charting.note_conflict (tenant_id, note_id);
        COMMENT ON TABLE charting.note_conflict IS
          'text written upon an older version of the note: kept, so that nothing typed is lost';

        CREATE FUNCTION charting.diagnosis_of_draft_only() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE row charting.note_diagnosis%ROWTYPE := coalesce(NEW, OLD);
        BEGIN
          -- Locks the note, so that it cannot be signed between this look and this change.
          PERFORM 1 FROM charting.note AS n
            WHERE n.tenant_id = row.tenant_id AND n.id = row.note_id AND n.status = 'draft' FOR SHARE;
          IF NOT FOUND THEN
            RAISE EXCEPTION 'the note is signed' USING ERRCODE = 'integrity_constraint_violation',
              CONSTRAINT = 'note_diagnosis_of_draft_only', SCHEMA = 'charting', TABLE = 'note_diagnosis';
          END IF;
          RETURN row;
        END $$;
        CREATE TRIGGER of_draft_only BEFORE INSERT OR UPDATE OR DELETE ON charting.note_diagnosis
          FOR EACH ROW EXECUTE FUNCTION charting.diagnosis_of_draft_only();
        """
    )


def _create_history() -> None:
    op.execute(
        f"""
        CREATE TABLE charting.problem ({STATEMENT.format(name="problem")}
          clinical_status text NOT NULL, onset_at timestamptz, abated_at timestamptz,
          CONSTRAINT ck_problem_clinical_status CHECK
            (clinical_status IN ('active', 'recurrence', 'relapse', 'inactive', 'remission', 'resolved')));
        CREATE TABLE charting.allergy ({STATEMENT.format(name="allergy")}
          clinical_status text NOT NULL, category text NOT NULL, criticality text NOT NULL, reaction text NOT NULL,
          CONSTRAINT ck_allergy_clinical_status CHECK (clinical_status IN ('active', 'inactive', 'resolved')),
          CONSTRAINT ck_allergy_category CHECK (category IN ('food', 'medication', 'environment', 'biologic', '')),
          CONSTRAINT ck_allergy_criticality CHECK (criticality IN ('low', 'high', 'unable-to-assess')));
        CREATE TABLE charting.medication ({STATEMENT.format(name="medication")}
          status text NOT NULL, dosage text NOT NULL, since timestamptz,
          CONSTRAINT ck_medication_status CHECK
            (status IN ('active', 'on-hold', 'completed', 'stopped', 'cancelled', 'unknown')));
        CREATE TABLE charting.vital_sign ({STATEMENT.format(name="vital_sign")}
          value numeric NOT NULL, unit text NOT NULL, effective_at timestamptz NOT NULL);
        COMMENT ON TABLE charting.problem IS 'FHIR Condition, category problem-list-item';
        COMMENT ON TABLE charting.allergy IS 'FHIR AllergyIntolerance';
        COMMENT ON TABLE charting.medication IS 'FHIR MedicationStatement';
        COMMENT ON TABLE charting.vital_sign IS 'FHIR Observation, category vital-signs; code is LOINC';
        COMMENT ON COLUMN charting.vital_sign.unit IS 'UCUM';
        CREATE INDEX ix_vital_sign_latest ON charting.vital_sign (tenant_id, patient_id, code, effective_at DESC);
        """
    )


def _secure_notes() -> None:
    secure(
        "charting.note",
        [
            read(either(CLINICIAN, both(OWN_RECORD, "status = 'signed'"), JOBS)),
            add(both(AUTHOR, "status = 'draft'")),
            change(both(AUTHOR, "status = 'draft'"), AUTHOR),
        ],
    )
    immutable("charting.note", when="OLD.status = 'signed'")
    secure(
        "charting.note_diagnosis",
        [
            read(either(CLINICIAN, both(OWN_RECORD, SIGNED), JOBS)),
            add(both(CLINICIAN, OWN_NOTE)),
            change(both(CLINICIAN, OWN_NOTE)),
            remove(both(CLINICIAN, OWN_NOTE)),
        ],
        grants="SELECT, INSERT, UPDATE, DELETE",
    )
    secure(
        "charting.addendum",
        [read(either(CLINICIAN, OWN_RECORD, JOBS)), add(both(AUTHOR, SIGNED))],
        grants="SELECT, INSERT",
    )
    immutable("charting.addendum")
    secure("charting.note_conflict", [read(AUTHOR), add(AUTHOR), change(AUTHOR)], grants="SELECT, INSERT")
    op.execute("GRANT UPDATE (settled_at) ON charting.note_conflict TO portal_web, portal_worker")


def downgrade() -> None:
    drop_schema("charting")
