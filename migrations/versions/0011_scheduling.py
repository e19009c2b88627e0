"""Tables of scheduling: visit types, working hours, holds, appointments, and the one occupancy of a practitioner's time."""

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
    remove,
    roles,
    secure,
    system,
)

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ANYBODY = "true"  # within the tenant: visitors see free times before they have an account
DESK = roles("front_desk", "clinic_admin")
ADMINISTRATOR = either(roles("clinic_admin"), system("provisioning", "demo"))
OWN_HOURS = both(
    roles("clinician"),
    "practitioner_id IN (SELECT p.id FROM practitioners.practitioner AS p"
    " WHERE p.tenant_id = (SELECT kernel.tenant_id()) AND p.account_id = (SELECT kernel.user_id()))",
)
# The jobs that need to know when a visit is, or that close it.
JOBS = system(
    "scheduling",
    "visits",
    "reminders",
    "notifications",
    "billing",
    "receipts",
    "documents",
    "board",
    "provisioning",
    "demo",
    "visit-link",
)
THEIRS = either(both(roles("patient", "clinician"), granted()), DESK, JOBS)
# A row of occupancy belongs to whoever sees the hold or the appointment that it stands for.
STANDS_FOR_MINE = either(
    "EXISTS (SELECT 1 FROM scheduling.slot_hold AS h"
    " WHERE h.tenant_id = (SELECT kernel.tenant_id()) AND h.id = occupancy.hold_id)",
    "EXISTS (SELECT 1 FROM scheduling.appointment AS a"
    " WHERE a.tenant_id = (SELECT kernel.tenant_id()) AND a.id = occupancy.appointment_id)",
)
BOOKING = either(roles("patient", "clinician", "front_desk", "clinic_admin"), JOBS)


def upgrade() -> None:
    create_schema("scheduling")
    op.execute(
        """
        CREATE TABLE scheduling.visit_type (
          tenant_id uuid NOT NULL, id uuid NOT NULL,
          code text NOT NULL, names jsonb NOT NULL, descriptions jsonb NOT NULL,
          minutes integer NOT NULL, buffer_before integer NOT NULL, buffer_after integer NOT NULL,
          modality text NOT NULL, active boolean NOT NULL, position integer NOT NULL,
          lead_minutes integer NOT NULL, horizon_days integer NOT NULL, change_minutes integer NOT NULL,
          CONSTRAINT pk_visit_type PRIMARY KEY (tenant_id, id),
          CONSTRAINT uq_visit_type_tenant_id_code UNIQUE (tenant_id, code),
          CONSTRAINT ck_visit_type_modality CHECK (modality IN ('video', 'phone')),
          CONSTRAINT ck_visit_type_minutes CHECK (minutes BETWEEN 5 AND 240),
          CONSTRAINT ck_visit_type_buffers CHECK (buffer_before BETWEEN 0 AND 120 AND buffer_after BETWEEN 0 AND 120),
          CONSTRAINT ck_visit_type_rules
            CHECK (lead_minutes BETWEEN 0 AND 20160 AND horizon_days BETWEEN 1 AND 366 AND change_minutes BETWEEN 0 AND 20160));

        CREATE TABLE scheduling.availability (
          tenant_id uuid NOT NULL, id uuid NOT NULL,
          practitioner_id uuid NOT NULL, weekday integer NOT NULL, starts time NOT NULL, ends time NOT NULL,
          zone text NOT NULL, valid_from date NOT NULL, valid_until date, visit_type_ids jsonb,
          CONSTRAINT pk_availability PRIMARY KEY (tenant_id, id),
          CONSTRAINT fk_availability_practitioner
            FOREIGN KEY (tenant_id, practitioner_id) REFERENCES practitioners.practitioner (tenant_id, id),
          CONSTRAINT ck_availability_weekday CHECK (weekday BETWEEN 0 AND 6),
          CONSTRAINT ck_availability_hours CHECK (starts < ends OR ends = '00:00'),
          CONSTRAINT ck_availability_valid CHECK (valid_until IS NULL OR valid_until >= valid_from - 1));
        CREATE INDEX ix_availability_practitioner ON scheduling.availability (tenant_id, practitioner_id);

        CREATE TABLE scheduling.availability_exception (
          tenant_id uuid NOT NULL, id uuid NOT NULL,
          practitioner_id uuid NOT NULL, kind text NOT NULL,
          starts_at timestamptz NOT NULL, ends_at timestamptz NOT NULL, removed_at timestamptz,
          CONSTRAINT pk_availability_exception PRIMARY KEY (tenant_id, id),
          CONSTRAINT fk_availability_exception_practitioner
            FOREIGN KEY (tenant_id, practitioner_id) REFERENCES practitioners.practitioner (tenant_id, id),
          CONSTRAINT ck_availability_exception_kind CHECK (kind IN ('closed', 'open')),
          CONSTRAINT ck_availability_exception_order CHECK (starts_at < ends_at));
        CREATE INDEX ix_availability_exception_practitioner
          ON scheduling.availability_exception (tenant_id, practitioner_id, ends_at) WHERE removed_at IS NULL;

        CREATE TABLE scheduling.slot_hold (
          tenant_id uuid NOT NULL, id uuid NOT NULL, patient_id uuid NOT NULL,
          practitioner_id uuid NOT NULL, visit_type_id uuid NOT NULL, starts_at timestamptz NOT NULL,
          zone text NOT NULL, jurisdiction text NOT NULL,
          held_by uuid NOT NULL, held_at timestamptz NOT NULL, expires_at timestamptz NOT NULL, appointment_id uuid,
          CONSTRAINT pk_slot_hold PRIMARY KEY (tenant_id, id),
          CONSTRAINT fk_slot_hold_patient FOREIGN KEY (tenant_id, patient_id) REFERENCES patients.patient (tenant_id, id),
          CONSTRAINT fk_slot_hold_practitioner
            FOREIGN KEY (tenant_id, practitioner_id) REFERENCES practitioners.practitioner (tenant_id, id),
          CONSTRAINT fk_slot_hold_visit_type
            FOREIGN KEY (tenant_id, visit_type_id) REFERENCES scheduling.visit_type (tenant_id, id),
          CONSTRAINT ck_slot_hold_order CHECK (held_at < expires_at));
        CREATE INDEX ix_slot_hold_patient ON scheduling.slot_hold (tenant_id, patient_id, expires_at);

        CREATE TABLE scheduling.appointment (
          tenant_id uuid NOT NULL, id uuid NOT NULL, patient_id uuid NOT NULL,
          practitioner_id uuid NOT NULL, visit_type_id uuid NOT NULL,
          starts_at timestamptz NOT NULL, ends_at timestamptz NOT NULL, zone text NOT NULL, jurisdiction text NOT NULL,
          status text NOT NULL, booked_by uuid, booked_at timestamptz NOT NULL,
          cancelled_at timestamptz, cancel_reason text, sequence integer NOT NULL,
          CONSTRAINT pk_appointment PRIMARY KEY (tenant_id, id),
          CONSTRAINT fk_appointment_patient FOREIGN KEY (tenant_id, patient_id) REFERENCES patients.patient (tenant_id, id),
          CONSTRAINT fk_appointment_practitioner
            FOREIGN KEY (tenant_id, practitioner_id) REFERENCES practitioners.practitioner (tenant_id, id),
          CONSTRAINT fk_appointment_visit_type
            FOREIGN KEY (tenant_id, visit_type_id) REFERENCES scheduling.visit_type (tenant_id, id),
          CONSTRAINT ck_appointment_status CHECK (status IN ('booked', 'cancelled', 'fulfilled', 'noshow')),
          CONSTRAINT ck_appointment_order CHECK (starts_at < ends_at),
          CONSTRAINT ck_appointment_cancelled
            CHECK ((status = 'cancelled') = (cancelled_at IS NOT NULL) AND (status = 'cancelled') = (cancel_reason IS NOT NULL)),
          CONSTRAINT ck_appointment_cancel_reason CHECK (cancel_reason IN ('pat', 'prov', 'maint', 'other')),
          CONSTRAINT ex_appointment_patient_no_overlap EXCLUDE USING gist
            (tenant_id WITH =, patient_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (status = 'booked'));
        CREATE INDEX ix_appointment_starts ON scheduling.appointment (tenant_id, starts_at);
        CREATE INDEX ix_appointment_patient ON scheduling.appointment (tenant_id, patient_id, starts_at);
        CREATE INDEX ix_appointment_practitioner ON scheduling.appointment (tenant_id, practitioner_id, starts_at);
        ALTER TABLE scheduling.slot_hold ADD CONSTRAINT fk_slot_hold_appointment
          FOREIGN KEY (tenant_id, appointment_id) REFERENCES scheduling.appointment (tenant_id, id);

        CREATE TABLE scheduling.appointment_change (
          tenant_id uuid NOT NULL, id uuid NOT NULL, patient_id uuid NOT NULL,
          appointment_id uuid NOT NULL, action text NOT NULL, at timestamptz NOT NULL, by uuid,
          starts_at timestamptz NOT NULL, practitioner_id uuid NOT NULL, reason text,
          CONSTRAINT pk_appointment_change PRIMARY KEY (tenant_id, id),
          CONSTRAINT fk_appointment_change_appointment
            FOREIGN KEY (tenant_id, appointment_id) REFERENCES scheduling.appointment (tenant_id, id),
          CONSTRAINT ck_appointment_change_action
            CHECK (action IN ('booked', 'rescheduled', 'cancelled', 'fulfilled', 'noshow')));
        CREATE INDEX ix_appointment_change_appointment ON scheduling.appointment_change (tenant_id, appointment_id, at);

        CREATE TABLE scheduling.occupancy (
          tenant_id uuid NOT NULL, id uuid NOT NULL,
          practitioner_id uuid NOT NULL, kind text NOT NULL, during tstzrange NOT NULL,
          expires_at timestamptz, hold_id uuid, appointment_id uuid,
          CONSTRAINT pk_occupancy PRIMARY KEY (tenant_id, id),
          CONSTRAINT fk_occupancy_practitioner
            FOREIGN KEY (tenant_id, practitioner_id) REFERENCES practitioners.practitioner (tenant_id, id),
          CONSTRAINT fk_occupancy_slot_hold FOREIGN KEY (tenant_id, hold_id) REFERENCES scheduling.slot_hold (tenant_id, id),
          CONSTRAINT fk_occupancy_appointment
            FOREIGN KEY (tenant_id, appointment_id) REFERENCES scheduling.appointment (tenant_id, id),
          CONSTRAINT uq_occupancy_tenant_id_hold_id UNIQUE (tenant_id, hold_id),
          CONSTRAINT uq_occupancy_tenant_id_appointment_id UNIQUE (tenant_id, appointment_id),
          CONSTRAINT ck_occupancy_during CHECK (NOT isempty(during) AND NOT lower_inf(during) AND NOT upper_inf(during)),
          CONSTRAINT ck_occupancy_kind CHECK (
            kind = 'hold' AND expires_at IS NOT NULL AND hold_id IS NOT NULL AND appointment_id IS NULL
            OR kind = 'appointment' AND expires_at IS NULL AND appointment_id IS NOT NULL),
          CONSTRAINT ex_occupancy_no_overlap EXCLUDE USING gist
            (tenant_id WITH =, practitioner_id WITH =, during WITH &&));
        COMMENT ON TABLE scheduling.occupancy IS 'holds and appointments, buffers included; names no patient';
        """
    )
    secure("scheduling.visit_type", [read(ANYBODY), add(ADMINISTRATOR), change(ADMINISTRATOR)])
    hours = either(ADMINISTRATOR, OWN_HOURS)
    secure(
        "scheduling.availability",
        [read(ANYBODY), add(hours), change(hours), remove(hours)],
        grants="SELECT, INSERT, UPDATE, DELETE",
    )
    secure("scheduling.availability_exception", [read(ANYBODY), add(hours), change(hours)])
    secure("scheduling.slot_hold", [read(THEIRS), add(THEIRS), change(THEIRS)])
    secure("scheduling.appointment", [read(THEIRS), add(THEIRS), change(THEIRS)])
    secure("scheduling.appointment_change", [read(THEIRS), add(THEIRS)], grants="SELECT, INSERT")
    immutable("scheduling.appointment_change")
    # Whoever books clears away holds that have expired, other people's too: a hold says nothing but that time is taken.
    secure(
        "scheduling.occupancy",
        [
            read(ANYBODY),
            add(STANDS_FOR_MINE),
            change(STANDS_FOR_MINE),
            remove(either(both(BOOKING, "kind = 'hold'"), STANDS_FOR_MINE)),
        ],
        grants="SELECT, INSERT, UPDATE, DELETE",
    )


def downgrade() -> None:
    drop_schema("scheduling")
