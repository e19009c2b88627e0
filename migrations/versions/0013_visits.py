"""The encounter: its state, waiting room, chat, who took part and how well the line held."""

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
    roles,
    secure,
    system,
)

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

DESK = roles("front_desk", "clinic_admin")
OWN = both(granted(), roles("patient", "clinician"))
OURS = system("visits", "billing", "charting", "receipts", "reminders", "visit-link", "demo")


def upgrade() -> None:
    create_schema("visits")
    op.execute(
        """
        CREATE TABLE visits.visit (
          tenant_id uuid NOT NULL, id uuid NOT NULL, patient_id uuid NOT NULL,
          practitioner_id uuid NOT NULL, intake_id uuid,
          state text NOT NULL, starts_at timestamptz NOT NULL,
          arrived_at timestamptz, waiting_since timestamptz, admitted_at timestamptz, ended_at timestamptz,
          outcome text,
          CONSTRAINT pk_visit PRIMARY KEY (tenant_id, id),
          CONSTRAINT fk_visit_appointment FOREIGN KEY (tenant_id, id) REFERENCES scheduling.appointment (tenant_id, id),
          CONSTRAINT fk_visit_patient FOREIGN KEY (tenant_id, patient_id) REFERENCES patients.patient (tenant_id, id),
          CONSTRAINT fk_visit_practitioner FOREIGN KEY (tenant_id, practitioner_id)
            REFERENCES practitioners.practitioner (tenant_id, id),
          CONSTRAINT fk_visit_intake FOREIGN KEY (tenant_id, intake_id) REFERENCES intake.intake (tenant_id, id),
          CONSTRAINT ck_visit_state CHECK
            (state IN ('planned', 'arrived', 'waiting', 'in_progress', 'finished', 'cancelled', 'noshow')),
          CONSTRAINT ck_visit_admitted CHECK (state <> 'in_progress' OR admitted_at IS NOT NULL),
          CONSTRAINT ck_visit_ended CHECK (state <> 'finished' OR ended_at IS NOT NULL),
          CONSTRAINT ck_visit_outcome CHECK (outcome IN ('completed', 'no-connection', 'sent-elsewhere')));
        COMMENT ON COLUMN visits.visit.id IS 'the appointment''s id: one encounter an appointment';
        CREATE INDEX ix_visit_waiting ON visits.visit (tenant_id, practitioner_id, waiting_since)
          WHERE state = 'waiting';
        CREATE INDEX ix_visit_patient ON visits.visit (tenant_id, patient_id);

        CREATE TABLE visits.queue_place (
          tenant_id uuid NOT NULL, id uuid NOT NULL, practitioner_id uuid NOT NULL,
          since timestamptz NOT NULL, left_at timestamptz,
          CONSTRAINT pk_queue_place PRIMARY KEY (tenant_id, id));
        COMMENT ON TABLE visits.queue_place IS 'places in the waiting rooms without names: each may count, none can tell who';
        CREATE INDEX ix_queue_place_open ON visits.queue_place (tenant_id, practitioner_id, since) WHERE left_at IS NULL;

        CREATE TABLE visits.participation (
          tenant_id uuid NOT NULL, id uuid NOT NULL, patient_id uuid NOT NULL,
          visit_id uuid NOT NULL, participant_id uuid NOT NULL, role text NOT NULL,
          joined_at timestamptz NOT NULL, left_at timestamptz, reason text,
          CONSTRAINT pk_participation PRIMARY KEY (tenant_id, id),
          CONSTRAINT fk_participation_visit FOREIGN KEY (tenant_id, visit_id) REFERENCES visits.visit (tenant_id, id));
        COMMENT ON COLUMN visits.participation.id IS 'the connection''s id';

        CREATE TABLE visits.call_quality (
          tenant_id uuid NOT NULL, id uuid NOT NULL, patient_id uuid NOT NULL,
          visit_id uuid NOT NULL, participant_id uuid NOT NULL, connection_id uuid NOT NULL, seconds integer NOT NULL,
          rtt_ms integer NOT NULL, loss_permille integer NOT NULL, concealed_permille integer NOT NULL,
          kbps integer NOT NULL, relayed integer NOT NULL, restarts integer NOT NULL,
          CONSTRAINT pk_call_quality PRIMARY KEY (tenant_id, id),
          CONSTRAINT uq_call_quality_stretch UNIQUE (tenant_id, connection_id, participant_id, seconds),
          CONSTRAINT fk_call_quality_visit FOREIGN KEY (tenant_id, visit_id) REFERENCES visits.visit (tenant_id, id));

        CREATE TABLE visits.chat_message (
          tenant_id uuid NOT NULL, id uuid NOT NULL, patient_id uuid NOT NULL,
          visit_id uuid NOT NULL, author_id uuid NOT NULL, author_role text NOT NULL,
          body_sealed bytea NOT NULL, sent_at timestamptz NOT NULL,
          CONSTRAINT pk_chat_message PRIMARY KEY (tenant_id, id),
          CONSTRAINT fk_chat_message_visit FOREIGN KEY (tenant_id, visit_id) REFERENCES visits.visit (tenant_id, id),
          CONSTRAINT ck_chat_message_role CHECK (author_role IN ('patient', 'clinician')));
        CREATE INDEX ix_chat_message_visit ON visits.chat_message (tenant_id, visit_id, sent_at);

        CREATE TABLE visits.device_test (
          tenant_id uuid NOT NULL, id uuid NOT NULL, patient_id uuid NOT NULL,
          verdict text NOT NULL, camera text NOT NULL, microphone text NOT NULL, echo text NOT NULL,
          speaker text NOT NULL, up_kbps integer, down_kbps integer, tested_at timestamptz NOT NULL,
          CONSTRAINT pk_device_test PRIMARY KEY (tenant_id, id),
          CONSTRAINT fk_device_test_patient FOREIGN KEY (tenant_id, patient_id)
            REFERENCES patients.patient (tenant_id, id),
          CONSTRAINT ck_device_test_verdict CHECK (verdict IN ('video', 'audio', 'message')));
        CREATE INDEX ix_device_test_patient ON visits.device_test (tenant_id, patient_id, tested_at);
        """
    )
    everybody = either(OWN, DESK, OURS)
    secure("visits.visit", [read(everybody), add(everybody), change(everybody)])
    secure("visits.queue_place", [read("true"), add(either(roles("patient", "clinician"), DESK)),
                                  change(either(roles("patient", "clinician"), DESK, OURS))])  # fmt: skip
    secure("visits.participation", [read(either(OWN, DESK, OURS)), add(OURS), change(OURS)])
    secure("visits.call_quality", [read(either(OWN, OURS)), add(OURS)], grants="SELECT, INSERT")
    secure("visits.chat_message", [read(OWN), add(both(OWN, f"author_id = {ME}"))], grants="SELECT, INSERT")
    secure("visits.device_test", [read(either(OWN, DESK)), add(OWN)], grants="SELECT, INSERT")
    immutable("visits.chat_message")


def downgrade() -> None:
    drop_schema("visits")
