"""A patient invites somebody to act for them: the invited proves the contact by a code and accepts.

The grant that comes of it needs the invitation, by policy: of the same record, parts and end, accepted by whom it is for.
"""

from alembic import op

from migrations.rls import ME, add, both, change, either, purpose, read, roles, secure, system

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

DESK = roles("front_desk", "clinic_admin")
HOLDER = both(roles("patient"), f"created_by = {ME}", "patients.has_grant(patient_id, 'self')")
OPEN = "used_at IS NULL AND ended_at IS NULL"
PROOFS = "'parent', 'guardian', 'carer', 'attorney'"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE patients.proxy_invitation (
          tenant_id uuid NOT NULL, id uuid NOT NULL, patient_id uuid NOT NULL,
          token_hash bytea NOT NULL, parts text[] NOT NULL, acts_until timestamptz NOT NULL,
          channel text NOT NULL, contact_sealed bytea NOT NULL, contact_index bytea NOT NULL,
          created_at timestamptz NOT NULL, created_by uuid NOT NULL, expires_at timestamptz NOT NULL,
          used_at timestamptz, used_by uuid, ended_at timestamptz,
          CONSTRAINT pk_proxy_invitation PRIMARY KEY (tenant_id, id),
          CONSTRAINT fk_proxy_invitation_patient FOREIGN KEY (tenant_id, patient_id)
            REFERENCES patients.patient (tenant_id, id),
          CONSTRAINT uq_proxy_invitation_tenant_id_token_hash UNIQUE (tenant_id, token_hash),
          CONSTRAINT ck_proxy_invitation_parts CHECK (cardinality(parts) > 0
            AND parts <@ ARRAY['appointments', 'health', 'messages', 'bills']),
          CONSTRAINT ck_proxy_invitation_channel CHECK (channel IN ('sms', 'email')),
          CONSTRAINT ck_proxy_invitation_used CHECK ((used_at IS NULL) = (used_by IS NULL)),
          CONSTRAINT ck_proxy_invitation_by_another CHECK (used_by <> created_by),
          CONSTRAINT ck_proxy_invitation_once CHECK (used_at IS NULL OR ended_at IS NULL));
        CREATE UNIQUE INDEX uq_proxy_invitation_open ON patients.proxy_invitation (tenant_id, patient_id, contact_index)
          WHERE used_at IS NULL AND ended_at IS NULL;
        COMMENT ON TABLE patients.proxy_invitation IS 'the patient asks somebody to act for them';
        CREATE POLICY of_our_functions ON patients.proxy_invitation FOR SELECT TO portal_owner USING (true);
        """
    )
    registration = both(roles("patient"), purpose("registration"))
    secure(
        "patients.proxy_invitation",
        [
            read(either(HOLDER, DESK, purpose("registration"), system("invitation"))),
            add(both(HOLDER, OPEN)),
            change(both(either(HOLDER, DESK), OPEN), both(either(HOLDER, DESK), "used_at IS NULL")),
            change(both(registration, OPEN), both(registration, f"used_by = {ME}")),
        ],
        grants="SELECT, INSERT, UPDATE (used_at, used_by, ended_at)",
    )
    op.execute("SELECT kernel.let_rotate('patients.proxy_invitation')")
    _constrain_proofs(f"{PROOFS}, 'invited'")
    accepted = both(
        registration,
        "basis = 'proxy'",
        "reason = 'invited'",
        f"user_id = {ME}",
        "EXISTS (SELECT 1 FROM patients.proxy_invitation AS i WHERE i.tenant_id = (SELECT kernel.tenant_id())"
        f" AND i.patient_id = access_grant.patient_id AND i.used_by = {ME} AND i.used_at = access_grant.since"
        " AND i.parts = access_grant.scope AND i.acts_until = access_grant.until)",
    )
    op.execute(f"CREATE POLICY insert_invited ON patients.access_grant FOR INSERT TO PUBLIC WITH CHECK ({accepted})")


def _constrain_proofs(names: str) -> None:
    # Another rule takes this one's place within this transaction.
    op.execute(
        "-- squawk-ignore ban-drop-constraint\nALTER TABLE patients.access_grant DROP CONSTRAINT ck_access_grant_proof"
    )
    op.execute(
        "ALTER TABLE patients.access_grant ADD CONSTRAINT ck_access_grant_proof"
        f" CHECK (basis <> 'proxy' OR reason IN ({names})) NOT VALID"
    )


def downgrade() -> None:
    op.execute("DROP POLICY insert_invited ON patients.access_grant")
    op.execute("DROP TABLE patients.proxy_invitation")
    # What an invitation gave has no name any more: it ends, as somebody's whom the patient has to name again.
    op.execute("ALTER TABLE patients.access_grant NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "UPDATE patients.access_grant SET until = least(until, now()), reason = 'carer'"
        " WHERE basis = 'proxy' AND reason = 'invited'"
    )
    op.execute("ALTER TABLE patients.access_grant FORCE ROW LEVEL SECURITY")
    _constrain_proofs(PROOFS)
