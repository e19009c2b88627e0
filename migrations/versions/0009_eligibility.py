"""Tables of eligibility: who pays for a patient."""

from alembic import op

from migrations.rls import add, both, change, create_schema, drop_schema, either, granted, read, roles, secure, system

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

DESK = roles("front_desk", "clinic_admin")
OWN = both(granted(), roles("patient"))
BARE = "status = CASE kind WHEN 'self-pay' THEN 'clear' ELSE 'unclear' END AND checked_at IS NULL"


def upgrade() -> None:
    create_schema("eligibility")
    op.execute(
        """
        CREATE TABLE eligibility.coverage (
          tenant_id uuid NOT NULL, id uuid NOT NULL, patient_id uuid NOT NULL,
          kind text NOT NULL, payer text NOT NULL, plan text NOT NULL,
          member_id_sealed bytea, member_id_index bytea, holder text NOT NULL,
          status text NOT NULL, checked_at timestamptz, checked_by uuid, note_sealed bytea,
          recorded_at timestamptz NOT NULL, recorded_by uuid, superseded_at timestamptz,
          CONSTRAINT pk_coverage PRIMARY KEY (tenant_id, id),
          CONSTRAINT fk_coverage_patient FOREIGN KEY (tenant_id, patient_id)
            REFERENCES patients.patient (tenant_id, id),
          CONSTRAINT ck_coverage_kind CHECK (kind IN ('insurance', 'self-pay')),
          CONSTRAINT ck_coverage_payer CHECK ((kind = 'insurance') = (payer <> '')),
          CONSTRAINT ck_coverage_holder CHECK (holder IN ('self', 'spouse', 'parent', 'other')),
          CONSTRAINT ck_coverage_status CHECK (status IN ('clear', 'unclear', 'needs-manual')),
          CONSTRAINT ck_coverage_checked CHECK ((checked_at IS NULL) = (checked_by IS NULL)));
        CREATE UNIQUE INDEX uq_coverage_current ON eligibility.coverage (tenant_id, patient_id)
          WHERE superseded_at IS NULL;
        CREATE INDEX ix_coverage_patient ON eligibility.coverage (tenant_id, patient_id, recorded_at);
        CREATE INDEX ix_coverage_member_id ON eligibility.coverage (tenant_id, member_id_index)
          WHERE member_id_index IS NOT NULL;
        """
    )
    # A patient states who pays and takes an earlier statement back; the status is the desk's to set.
    secure(
        "eligibility.coverage",
        [
            read(either(DESK, granted(), system("eligibility", "visits", "billing"))),
            add(either(DESK, both(OWN, BARE), system("eligibility"))),
            change(either(DESK, system("eligibility"))),
            change(OWN, both(OWN, "superseded_at IS NOT NULL")),
        ],
    )


def downgrade() -> None:
    drop_schema("eligibility")
