"""Consents withdrawn: a further row, since a signature is final. Whoever withdrew may sign the same text again."""

from alembic import op

from migrations.rls import ME, add, both, either, granted, immutable, read, roles, secure, system

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

WHO_MAY_KNOW = either(granted(part="health"), roles("front_desk", "clinic_admin"), system("visits", "documents"))


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE consent.signature ADD COLUMN round integer NOT NULL DEFAULT 0;
        COMMENT ON COLUMN consent.signature.round IS 'how often this text had been withdrawn when it was signed';
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE consent.signature DROP CONSTRAINT uq_signature_tenant_id_patient_id_document_id;
        -- squawk-ignore disallowed-unique-constraint
        ALTER TABLE consent.signature ADD CONSTRAINT uq_signature_tenant_id_patient_id_document_id_round
          UNIQUE (tenant_id, patient_id, document_id, round);

        CREATE TABLE consent.withdrawal (
          tenant_id uuid NOT NULL, id uuid NOT NULL, patient_id uuid NOT NULL,
          signature_id uuid NOT NULL, withdrawn_at timestamptz NOT NULL, withdrawn_by uuid NOT NULL,
          CONSTRAINT pk_withdrawal PRIMARY KEY (tenant_id, id),
          CONSTRAINT uq_withdrawal_tenant_id_signature_id UNIQUE (tenant_id, signature_id),
          CONSTRAINT fk_withdrawal_patient FOREIGN KEY (tenant_id, patient_id)
            REFERENCES patients.patient (tenant_id, id),
          CONSTRAINT fk_withdrawal_signature FOREIGN KEY (tenant_id, signature_id)
            REFERENCES consent.signature (tenant_id, id));
        """
    )
    mine = both(granted(part="health"), roles("patient"), f"withdrawn_by = {ME}")
    secure("consent.withdrawal", [read(WHO_MAY_KNOW), add(mine)], grants="SELECT, INSERT")
    immutable("consent.withdrawal")


def downgrade() -> None:
    # Of a text that was signed more than once, the last signature is the one that counts.
    op.execute(
        """
        DROP TABLE consent.withdrawal;
        DROP FUNCTION consent.withdrawal_is_immutable();
        ALTER TABLE consent.signature NO FORCE ROW LEVEL SECURITY;
        ALTER TABLE consent.document_pdf NO FORCE ROW LEVEL SECURITY;
        ALTER TABLE consent.signature DISABLE TRIGGER immutable;
        ALTER TABLE consent.document_pdf DISABLE TRIGGER immutable;
        DELETE FROM consent.document_pdf AS p USING consent.signature AS s, consent.signature AS later
          WHERE s.tenant_id = p.tenant_id AND s.id = p.signature_id AND later.tenant_id = s.tenant_id
            AND later.patient_id = s.patient_id AND later.document_id = s.document_id AND later.round > s.round;
        DELETE FROM consent.signature AS s USING consent.signature AS later
          WHERE later.tenant_id = s.tenant_id AND later.patient_id = s.patient_id
            AND later.document_id = s.document_id AND later.round > s.round;
        ALTER TABLE consent.document_pdf ENABLE TRIGGER immutable;
        ALTER TABLE consent.signature ENABLE TRIGGER immutable;
        ALTER TABLE consent.document_pdf FORCE ROW LEVEL SECURITY;
        ALTER TABLE consent.signature FORCE ROW LEVEL SECURITY;
        ALTER TABLE consent.signature DROP CONSTRAINT uq_signature_tenant_id_patient_id_document_id_round;
        ALTER TABLE consent.signature ADD CONSTRAINT uq_signature_tenant_id_patient_id_document_id
          UNIQUE (tenant_id, patient_id, document_id);
        ALTER TABLE consent.signature DROP COLUMN round;
        """
    )
