"""Tables of intake: forms, how far each intake is (administrative), answers and photos (clinical)."""

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
    system,
)

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

CARE = both(granted(), roles("clinician", "patient"))
OWN = both(granted(), roles("patient"))
DESK = roles("front_desk", "clinic_admin")


def under_way(intake: str) -> str:
    """The row's intake still takes answers."""
    return (
        "EXISTS (SELECT 1 FROM intake.intake AS i WHERE i.tenant_id = (SELECT kernel.tenant_id())"
        f" AND i.id = {intake} AND i.state = 'in_progress')"
    )


def upgrade() -> None:
    create_schema("intake")
    op.execute(
        """
        CREATE TABLE intake.form_definition (
          tenant_id uuid NOT NULL, id uuid NOT NULL,
          code text NOT NULL, version integer NOT NULL, definition jsonb NOT NULL, status text NOT NULL,
          published_at timestamptz, published_by uuid,
          CONSTRAINT pk_form_definition PRIMARY KEY (tenant_id, id),
          CONSTRAINT uq_form_definition_tenant_id_code_version UNIQUE (tenant_id, code, version),
          CONSTRAINT ck_form_definition_status CHECK (status IN ('draft', 'published')),
          CONSTRAINT ck_form_definition_published CHECK ((status = 'published') = (published_at IS NOT NULL)));

        CREATE TABLE intake.intake (
          tenant_id uuid NOT NULL, id uuid NOT NULL, patient_id uuid NOT NULL,
          form_id uuid NOT NULL, state text NOT NULL, current_step text NOT NULL,
          steps_done integer NOT NULL, steps_total integer NOT NULL,
          started_at timestamptz NOT NULL, saved_at timestamptz NOT NULL, completed_at timestamptz,
          CONSTRAINT pk_intake PRIMARY KEY (tenant_id, id),
          CONSTRAINT fk_intake_patient FOREIGN KEY (tenant_id, patient_id) REFERENCES patients.patient (tenant_id, id),
          CONSTRAINT fk_intake_form_definition FOREIGN KEY (tenant_id, form_id)
            REFERENCES intake.form_definition (tenant_id, id),
          CONSTRAINT ck_intake_state CHECK (state IN ('in_progress', 'stopped', 'completed')),
          CONSTRAINT ck_intake_completed CHECK ((state = 'completed') = (completed_at IS NOT NULL)),
          CONSTRAINT ck_intake_steps CHECK (0 <= steps_done AND steps_done <= steps_total));
        CREATE UNIQUE INDEX uq_intake_open ON intake.intake (tenant_id, patient_id)
          WHERE state IN ('in_progress', 'stopped');
        CREATE INDEX ix_intake_patient ON intake.intake (tenant_id, patient_id, started_at);

        CREATE TABLE intake.step (
          tenant_id uuid NOT NULL, id uuid NOT NULL, patient_id uuid NOT NULL,
          intake_id uuid NOT NULL, step text NOT NULL, version integer NOT NULL, is_finished boolean NOT NULL,
          answers_sealed bytea NOT NULL, saved_at timestamptz NOT NULL,
          CONSTRAINT pk_step PRIMARY KEY (tenant_id, id),
          CONSTRAINT uq_step_tenant_id_intake_id_step UNIQUE (tenant_id, intake_id, step),
          CONSTRAINT fk_step_patient FOREIGN KEY (tenant_id, patient_id) REFERENCES patients.patient (tenant_id, id),
          CONSTRAINT fk_step_intake FOREIGN KEY (tenant_id, intake_id) REFERENCES intake.intake (tenant_id, id));

        CREATE TABLE intake.photo (
          tenant_id uuid NOT NULL, id uuid NOT NULL, patient_id uuid NOT NULL,
          intake_id uuid NOT NULL, question text NOT NULL, object_id uuid NOT NULL, media_type text NOT NULL,
          width integer NOT NULL, height integer NOT NULL, size integer NOT NULL, sha256 text NOT NULL,
          taken_at timestamptz NOT NULL, removed_at timestamptz,
          CONSTRAINT pk_photo PRIMARY KEY (tenant_id, id),
          CONSTRAINT fk_photo_patient FOREIGN KEY (tenant_id, patient_id) REFERENCES patients.patient (tenant_id, id),
          CONSTRAINT fk_photo_intake FOREIGN KEY (tenant_id, intake_id) REFERENCES intake.intake (tenant_id, id),
          CONSTRAINT ck_photo_media_type CHECK (media_type = 'image/jpeg'));
        CREATE INDEX ix_photo_intake ON intake.photo (tenant_id, intake_id);
        """
    )
    administrator = either(roles("clinic_admin"), system("provisioning"))
    # A form is no secret, and a reader of answers needs its questions.
    secure("intake.form_definition", [read("true"), add(administrator)], grants="SELECT, INSERT")
    secure(
        "intake.intake",
        [read(either(CARE, DESK, system("visits", "charting"))), add(OWN), change(OWN)],
    )
    secure(
        "intake.step",
        [
            read(either(CARE, system("charting"))),
            add(both(OWN, under_way("intake_id"))),
            change(both(OWN, under_way("intake_id"))),
        ],
    )
    secure(
        "intake.photo",
        [read(CARE), add(both(OWN, under_way("intake_id"))), change(both(OWN, under_way("intake_id")))],
    )
    immutable("intake.form_definition", when="OLD.status = 'published'")
    immutable("intake.intake", when="OLD.state = 'completed'")
    immutable("intake.photo", allow=("removed_at",))


def downgrade() -> None:
    drop_schema("intake")
