"""In which language a patient talks, and whether somebody interprets: asked once, and kept with each appointment."""

from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

LANGUAGE = "spoken ~ '^[a-z]{2,3}$'"
ACTIONS = "'booked', 'rescheduled', 'cancelled', 'fulfilled', 'noshow'"


def upgrade() -> None:
    op.execute(
        f"""
        ALTER TABLE patients.patient ADD COLUMN spoken text;
        ALTER TABLE patients.patient ADD CONSTRAINT ck_patient_spoken CHECK ({LANGUAGE}) NOT VALID;
        GRANT UPDATE (spoken) ON patients.patient TO portal_web, portal_worker;
        COMMENT ON COLUMN patients.patient.spoken IS 'ISO 639; null: not asked yet';

        ALTER TABLE scheduling.slot_hold ADD COLUMN spoken text, ADD COLUMN interpreter boolean NOT NULL DEFAULT false;
        ALTER TABLE scheduling.slot_hold ADD CONSTRAINT ck_slot_hold_spoken CHECK ({LANGUAGE}) NOT VALID;

        ALTER TABLE scheduling.appointment ADD COLUMN spoken text,
          ADD COLUMN interpreter text NOT NULL DEFAULT 'not-needed', ADD COLUMN interpreter_note_sealed bytea;
        ALTER TABLE scheduling.appointment ADD CONSTRAINT ck_appointment_spoken CHECK ({LANGUAGE}) NOT VALID;
        ALTER TABLE scheduling.appointment ADD CONSTRAINT ck_appointment_interpreter
          CHECK (interpreter IN ('not-needed', 'needed', 'arranged') AND (interpreter = 'not-needed' OR spoken IS NOT NULL))
          NOT VALID;
        ALTER TABLE scheduling.appointment ADD CONSTRAINT ck_appointment_interpreter_note
          CHECK (interpreter_note_sealed IS NULL OR interpreter <> 'not-needed') NOT VALID;
        COMMENT ON COLUMN scheduling.appointment.interpreter_note_sealed IS 'who interprets, and how they are reached';
        """
    )
    op.execute("SELECT kernel.let_rotate('scheduling.appointment')")
    # Who said before that they need an interpreter needs one at the visits that are booked already.
    tables = ("scheduling.appointment", "patients.patient", "practitioners.practitioner")
    for table in tables:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(
        """
        UPDATE scheduling.appointment AS a SET spoken = split_part(p.language, '-', 1), interpreter = 'needed'
          FROM patients.patient AS p, practitioners.practitioner AS c
         WHERE p.tenant_id = a.tenant_id AND p.id = a.patient_id AND p.interpreter
           AND c.tenant_id = a.tenant_id AND c.id = a.practitioner_id
           AND NOT c.languages ? split_part(p.language, '-', 1) AND a.status = 'booked'
        """
    )
    for table in tables:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    _constrain_actions(f"{ACTIONS}, 'interpreter'")


def _constrain_actions(names: str) -> None:
    # Another rule takes this one's place within this transaction.
    op.execute(
        "-- squawk-ignore ban-drop-constraint\n"
        "ALTER TABLE scheduling.appointment_change DROP CONSTRAINT ck_appointment_change_action"
    )
    op.execute(
        "ALTER TABLE scheduling.appointment_change ADD CONSTRAINT ck_appointment_change_action"
        f" CHECK (action IN ({names})) NOT VALID"
    )


def downgrade() -> None:
    _constrain_actions(ACTIONS)
    op.execute(
        """
        DROP POLICY rotate_only ON scheduling.appointment;
        DROP POLICY rotate_read ON scheduling.appointment;
        DROP POLICY rotate ON scheduling.appointment;
        DROP TRIGGER reseals_forward ON scheduling.appointment;
        REVOKE SELECT (tenant_id, id) ON scheduling.appointment FROM portal_rotator;
        ALTER TABLE scheduling.appointment DROP COLUMN interpreter_note_sealed, DROP COLUMN interpreter, DROP COLUMN spoken;
        ALTER TABLE scheduling.slot_hold DROP COLUMN interpreter, DROP COLUMN spoken;
        ALTER TABLE patients.patient DROP COLUMN spoken;
        """
    )
