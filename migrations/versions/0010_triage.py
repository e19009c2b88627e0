"""Tables of triage: red flags (clinical) and the front desk's notice of them (administrative)."""

from alembic import op

from migrations.rls import (
    add,
    both,
    change,
    create_schema,
    drop_schema,
    either,
    granted,
    immutable,
    read,
    roles,
    secure,
)

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

CARE = both(granted(), roles("clinician", "patient"))
DESK = roles("front_desk", "clinic_admin")


def upgrade() -> None:
    create_schema("triage")
    op.execute(
        """
        CREATE TABLE triage.red_flag (
          tenant_id uuid NOT NULL, id uuid NOT NULL, patient_id uuid NOT NULL,
          intake_id uuid, acuity text NOT NULL, rule_version text NOT NULL, findings_sealed bytea NOT NULL,
          raised_at timestamptz NOT NULL, withdrawn_at timestamptz, withdrawn_reason text,
          seen_at timestamptz, seen_by uuid, outcome text, outcome_reason_sealed bytea,
          CONSTRAINT pk_red_flag PRIMARY KEY (tenant_id, id),
          CONSTRAINT fk_red_flag_patient FOREIGN KEY (tenant_id, patient_id)
            REFERENCES patients.patient (tenant_id, id),
          CONSTRAINT ck_red_flag_acuity CHECK (acuity IN ('emergency', 'crisis')),
          CONSTRAINT ck_red_flag_withdrawn CHECK (
            (withdrawn_at IS NULL) = (withdrawn_reason IS NULL) AND withdrawn_reason IN ('mistake', 'safe')),
          CONSTRAINT ck_red_flag_outcome CHECK (
            (outcome IS NULL) = (outcome_reason_sealed IS NULL) AND outcome IN ('confirmed', 'overridden')));
        CREATE INDEX ix_red_flag_patient ON triage.red_flag (tenant_id, patient_id, raised_at);
        CREATE INDEX ix_red_flag_intake ON triage.red_flag (tenant_id, intake_id);

        CREATE TABLE triage.red_flag_notice (
          tenant_id uuid NOT NULL, id uuid NOT NULL, patient_id uuid NOT NULL,
          red_flag_id uuid NOT NULL, raised_at timestamptz NOT NULL, state text NOT NULL, withdrawn_at timestamptz,
          handled_at timestamptz, handled_by uuid, done text, note_sealed bytea,
          CONSTRAINT pk_red_flag_notice PRIMARY KEY (tenant_id, id),
          CONSTRAINT uq_red_flag_notice_red_flag UNIQUE (tenant_id, red_flag_id),
          CONSTRAINT fk_red_flag_notice_patient FOREIGN KEY (tenant_id, patient_id)
            REFERENCES patients.patient (tenant_id, id),
          CONSTRAINT fk_red_flag_notice_red_flag FOREIGN KEY (tenant_id, red_flag_id)
            REFERENCES triage.red_flag (tenant_id, id),
          CONSTRAINT ck_red_flag_notice_state CHECK (state IN ('open', 'handled')),
          CONSTRAINT ck_red_flag_notice_done CHECK (
            done IN ('reached', 'emergency-called', 'passed-on', 'not-reached')),
          CONSTRAINT ck_red_flag_notice_handled CHECK (
            (state = 'handled') = (handled_at IS NOT NULL AND handled_by IS NOT NULL AND done IS NOT NULL)));
        CREATE INDEX ix_red_flag_notice_open ON triage.red_flag_notice (tenant_id, raised_at) WHERE state = 'open';
        CREATE INDEX ix_red_flag_notice_handled ON triage.red_flag_notice (tenant_id, handled_at)
          WHERE state = 'handled';
        CREATE INDEX ix_red_flag_notice_patient ON triage.red_flag_notice (tenant_id, patient_id);
        """
    )
    secure("triage.red_flag", [read(CARE), add(CARE), change(CARE)])
    # A patient adds the notice with the flag and says that it was a mistake; only the desk marks it as handled.
    secure(
        "triage.red_flag_notice",
        [
            read(either(DESK, CARE)),
            add(CARE),
            change(DESK),
            change(both(CARE, "state = 'open'")),
        ],
    )
    immutable(
        "triage.red_flag",
        allow=("withdrawn_at", "withdrawn_reason", "seen_at", "seen_by", "outcome", "outcome_reason_sealed"),
    )
    immutable(
        "triage.red_flag_notice", allow=("state", "withdrawn_at", "handled_at", "handled_by", "done", "note_sealed")
    )


def downgrade() -> None:
    drop_schema("triage")
