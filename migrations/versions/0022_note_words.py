"""Which words a signed note has, as keyed hashes: it is found by them, and tells nothing without the key."""

from alembic import op

from migrations.rls import add, both, either, granted, immutable, read, roles, secure, system

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

CLINICIAN = both(roles("clinician"), granted(part="health"))
OF_SIGNED = (
    "note_id IN (SELECT n.id FROM charting.note AS n"
    " WHERE n.tenant_id = (SELECT kernel.tenant_id()) AND n.status = 'signed')"
)


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE charting.note_words (
          tenant_id uuid NOT NULL, id uuid NOT NULL, patient_id uuid NOT NULL,
          note_id uuid NOT NULL, addendum_id uuid, word_hashes bytea[] NOT NULL,
          CONSTRAINT pk_note_words PRIMARY KEY (tenant_id, id),
          CONSTRAINT fk_note_words_patient FOREIGN KEY (tenant_id, patient_id)
            REFERENCES patients.patient (tenant_id, id),
          CONSTRAINT fk_note_words_note FOREIGN KEY (tenant_id, note_id) REFERENCES charting.note (tenant_id, id),
          CONSTRAINT fk_note_words_addendum FOREIGN KEY (tenant_id, addendum_id)
            REFERENCES charting.addendum (tenant_id, id),
          CONSTRAINT uq_note_words_source UNIQUE NULLS NOT DISTINCT (tenant_id, note_id, addendum_id));
        CREATE INDEX ix_note_words_patient ON charting.note_words (tenant_id, patient_id);
        COMMENT ON TABLE charting.note_words IS 'a row a signed note and an addendum';
        COMMENT ON COLUMN charting.note_words.word_hashes IS
          'keyed, bound to the patient, in the order of the hashes: neither the words nor their order show';
        """
    )
    secure(
        "charting.note_words",
        [
            read(either(CLINICIAN, system("charting"))),
            add(either(both(CLINICIAN, OF_SIGNED), system("charting"))),
        ],
        grants="SELECT, INSERT",
    )
    immutable("charting.note_words")


def downgrade() -> None:
    op.execute("DROP TABLE charting.note_words")
    op.execute("DROP FUNCTION charting.note_words_is_immutable")
