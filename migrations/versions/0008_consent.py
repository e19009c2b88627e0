"""Tables of consent: documents, signatures, signed PDFs. All of them are written once."""

from alembic import op

from migrations.rls import (
    add,
    both,
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

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

WHO_MAY_KNOW = either(granted(), roles("front_desk", "clinic_admin"), system("visits", "documents"))


def upgrade() -> None:
    create_schema("consent")
    op.execute(
        """
        CREATE TABLE consent.document (
          tenant_id uuid NOT NULL, id uuid NOT NULL,
          kind text NOT NULL, version integer NOT NULL, texts jsonb NOT NULL,
          published_at timestamptz NOT NULL, published_by uuid,
          CONSTRAINT pk_document PRIMARY KEY (tenant_id, id),
          CONSTRAINT uq_document_tenant_id_kind_version UNIQUE (tenant_id, kind, version),
          CONSTRAINT ck_document_kind CHECK (kind IN ('telehealth')),
          CONSTRAINT ck_document_version CHECK (version > 0));

        CREATE TABLE consent.signature (
          tenant_id uuid NOT NULL, id uuid NOT NULL, patient_id uuid NOT NULL,
          document_id uuid NOT NULL, kind text NOT NULL, version integer NOT NULL, language text NOT NULL,
          sha256 text NOT NULL, typed_name_sealed bytea NOT NULL,
          signed_at timestamptz NOT NULL, signed_by uuid NOT NULL, zone text NOT NULL,
          address text NOT NULL, device text NOT NULL,
          CONSTRAINT pk_signature PRIMARY KEY (tenant_id, id),
          CONSTRAINT uq_signature_tenant_id_patient_id_document_id UNIQUE (tenant_id, patient_id, document_id),
          CONSTRAINT fk_signature_patient FOREIGN KEY (tenant_id, patient_id)
            REFERENCES patients.patient (tenant_id, id),
          CONSTRAINT fk_signature_document FOREIGN KEY (tenant_id, document_id)
            REFERENCES consent.document (tenant_id, id),
          CONSTRAINT ck_signature_sha256 CHECK (sha256 ~ '^[0-9a-f]{64}$'));

        CREATE TABLE consent.document_pdf (
          tenant_id uuid NOT NULL, id uuid NOT NULL, patient_id uuid NOT NULL,
          signature_id uuid NOT NULL, object_id uuid NOT NULL, sha256 text NOT NULL, size integer NOT NULL,
          made_at timestamptz NOT NULL,
          CONSTRAINT pk_document_pdf PRIMARY KEY (tenant_id, id),
          CONSTRAINT uq_document_pdf_tenant_id_signature_id UNIQUE (tenant_id, signature_id),
          CONSTRAINT fk_document_pdf_patient FOREIGN KEY (tenant_id, patient_id)
            REFERENCES patients.patient (tenant_id, id),
          CONSTRAINT fk_document_pdf_signature FOREIGN KEY (tenant_id, signature_id)
            REFERENCES consent.signature (tenant_id, id));
        """
    )
    secure(
        "consent.document",
        [read("true"), add(either(roles("clinic_admin"), system("provisioning")))],
        grants="SELECT, INSERT",
    )
    secure(
        "consent.signature",
        [
            read(WHO_MAY_KNOW),
            add(both(granted(), roles("patient"), "signed_by = (SELECT kernel.user_id())")),
        ],
        grants="SELECT, INSERT",
    )
    secure("consent.document_pdf", [read(WHO_MAY_KNOW), add(system("documents"))], grants="SELECT, INSERT")
    for table in ("document", "signature", "document_pdf"):
        immutable(f"consent.{table}")


def downgrade() -> None:
    drop_schema("consent")
