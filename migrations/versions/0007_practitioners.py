"""Practitioners and their licences; and the grant that an appointment gives to a practitioner's account."""

from alembic import op

from migrations.rls import ME, add, both, change, create_schema, drop_schema, either, read, roles, secure, system

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ANYBODY = "true"  # within the tenant: visitors choose a practitioner before they have an account
ADMINISTRATOR = either(roles("clinic_admin"), system("provisioning", "demo", "import"))


def upgrade() -> None:
    create_schema("practitioners")
    op.execute(
        """
        CREATE TABLE practitioners.practitioner (
          tenant_id uuid NOT NULL, id uuid NOT NULL,
          account_id uuid, name text NOT NULL, specialty jsonb NOT NULL, languages jsonb NOT NULL,
          zone text NOT NULL, bio jsonb NOT NULL, npi text, listed boolean NOT NULL, created_at timestamptz NOT NULL,
          CONSTRAINT pk_practitioner PRIMARY KEY (tenant_id, id),
          CONSTRAINT uq_practitioner_tenant_id_account_id UNIQUE (tenant_id, account_id),
          CONSTRAINT uq_practitioner_tenant_id_npi UNIQUE (tenant_id, npi),
          CONSTRAINT ck_practitioner_name CHECK (name <> ''));
        COMMENT ON COLUMN practitioners.practitioner.listed IS
          'offered to patients; an imported practitioner only stands in histories';
        COMMENT ON COLUMN practitioners.practitioner.npi IS 'National Provider Identifier, http://hl7.org/fhir/sid/us-npi';

        CREATE TABLE practitioners.licence (
          tenant_id uuid NOT NULL, id uuid NOT NULL,
          practitioner_id uuid NOT NULL, jurisdiction text NOT NULL, number text NOT NULL,
          since date NOT NULL, until date,
          CONSTRAINT pk_licence PRIMARY KEY (tenant_id, id),
          CONSTRAINT fk_licence_practitioner FOREIGN KEY (tenant_id, practitioner_id)
            REFERENCES practitioners.practitioner (tenant_id, id),
          CONSTRAINT uq_licence_tenant_id_practitioner_id_jurisdiction_number
            UNIQUE (tenant_id, practitioner_id, jurisdiction, number),
          CONSTRAINT ck_licence_jurisdiction CHECK (jurisdiction ~ '^[A-Z]{2}(-[A-Z0-9]{1,3})?$'),
          CONSTRAINT ck_licence_days CHECK (until IS NULL OR until >= since));
        CREATE INDEX ix_licence_jurisdiction ON practitioners.licence (tenant_id, jurisdiction);
        """
    )
    secure("practitioners.practitioner", [read(ANYBODY), add(ADMINISTRATOR), change(ADMINISTRATOR)])
    secure("practitioners.licence", [read(ANYBODY), add(ADMINISTRATOR), change(ADMINISTRATOR)])
    # Whoever books opens the record to the practitioner that is booked, and to nobody else.
    booked = both(
        "basis = 'appointment'",
        "until IS NOT NULL",
        either(
            roles("front_desk", "clinic_admin"),
            system("scheduling", "visits", "provisioning", "demo"),
            both(roles("patient"), f"user_id <> {ME}", "patients.has_grant(patient_id, 'self', 'proxy')"),
            both(roles("clinician"), "patients.has_grant(patient_id, 'appointment', 'care-team')"),
        ),
        "user_id IN (SELECT p.account_id FROM practitioners.practitioner AS p"
        " WHERE p.tenant_id = (SELECT kernel.tenant_id()))",
    )
    op.execute(f"CREATE POLICY insert_booked ON patients.access_grant FOR INSERT TO PUBLIC WITH CHECK ({booked})")


def downgrade() -> None:
    op.execute("DROP POLICY insert_booked ON patients.access_grant")
    drop_schema("practitioners")
