"""Patients: who they are administratively, their identifiers, who may see them and why, and how a record is taken up.

Two functions run as the schema's owner (SECURITY DEFINER), because a policy on `access_grant` cannot ask a table whose
own policy asks `access_grant`: `has_grant` answers about the signed-in account only, and `may_take_up` says whether a
record that nobody holds yet is the account's own. Both give a yes or no, never a row.
"""

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
    purpose,
    read,
    roles,
    secure,
    system,
)

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

DESK = roles("front_desk", "clinic_admin")
REGISTRATION = both(purpose("registration"), roles("patient"))
# Jobs that need a name, a language, a zone or a contact to do what they were asked for.
JOBS = system(
    "board",
    "billing",
    "charting",
    "consent",
    "documents",
    "intake",
    "invitation",
    "notifications",
    "receipts",
    "reminders",
    "scheduling",
    "visit-link",
    "visits",
)
MAKERS = system("import", "provisioning", "demo")
# The record that one's own, recorded claim names: contact and date of birth as on file, or an invitation.
CLAIMED = (
    "EXISTS (SELECT 1 FROM patients.claim_attempt AS c WHERE c.tenant_id = (SELECT kernel.tenant_id())"
    f" AND c.user_id = {ME} AND c.state = 'open'"
    " AND c.contact_index IN (patient.phone_index, patient.email_index)"
    " AND (c.birth_date = patient.birth_date OR c.invited_to = patient.id))"
)


def upgrade() -> None:
    create_schema("patients")
    op.execute(
        """
        CREATE TABLE patients.patient (
          tenant_id uuid NOT NULL, id uuid NOT NULL,
          given_name text NOT NULL, family_name text NOT NULL, given_key text NOT NULL, family_key text NOT NULL,
          birth_date date NOT NULL, sex text NOT NULL, language text NOT NULL, zone text NOT NULL,
          jurisdiction text NOT NULL, interpreter boolean NOT NULL,
          phone_sealed bytea, phone_index bytea, email_sealed bytea, email_index bytea,
          status text NOT NULL, origin text NOT NULL, created_at timestamptz NOT NULL, created_by uuid,
          CONSTRAINT pk_patient PRIMARY KEY (tenant_id, id),
          CONSTRAINT ck_patient_sex CHECK (sex IN ('male', 'female', 'other', 'unknown')),
          CONSTRAINT ck_patient_jurisdiction CHECK (jurisdiction ~ '^[A-Z]{2}(-[A-Z0-9]{1,3})?$'),
          CONSTRAINT ck_patient_status CHECK (status IN ('active', 'inactive')),
          CONSTRAINT ck_patient_origin CHECK (origin IN ('self', 'desk', 'import')),
          CONSTRAINT ck_patient_name CHECK (family_name <> '' OR given_name <> ''));
        CREATE INDEX ix_patient_family ON patients.patient (tenant_id, family_key, given_key);
        CREATE INDEX ix_patient_given ON patients.patient (tenant_id, given_key);
        CREATE INDEX ix_patient_birth_date ON patients.patient (tenant_id, birth_date);
        CREATE INDEX ix_patient_phone ON patients.patient (tenant_id, phone_index);
        CREATE INDEX ix_patient_email ON patients.patient (tenant_id, email_index);
        COMMENT ON COLUMN patients.patient.sex IS 'FHIR administrative-gender';
        COMMENT ON COLUMN patients.patient.jurisdiction IS 'ISO 3166-2: where the patient usually is';

        CREATE TABLE patients.identifier (
          tenant_id uuid NOT NULL, id uuid NOT NULL, patient_id uuid NOT NULL,
          system text NOT NULL, value_sealed bytea NOT NULL, value_index bytea NOT NULL,
          CONSTRAINT pk_identifier PRIMARY KEY (tenant_id, id),
          CONSTRAINT fk_identifier_patient FOREIGN KEY (tenant_id, patient_id)
            REFERENCES patients.patient (tenant_id, id),
          CONSTRAINT uq_identifier_tenant_id_system_value_index UNIQUE (tenant_id, system, value_index));
        CREATE INDEX ix_identifier_patient ON patients.identifier (tenant_id, patient_id);
        CREATE INDEX ix_identifier_value ON patients.identifier (tenant_id, value_index);

        CREATE TABLE patients.access_grant (
          tenant_id uuid NOT NULL, id uuid NOT NULL, patient_id uuid NOT NULL,
          user_id uuid NOT NULL, basis text NOT NULL, reason text NOT NULL,
          since timestamptz NOT NULL, until timestamptz,
          CONSTRAINT pk_access_grant PRIMARY KEY (tenant_id, id),
          CONSTRAINT fk_access_grant_patient FOREIGN KEY (tenant_id, patient_id)
            REFERENCES patients.patient (tenant_id, id),
          CONSTRAINT ck_access_grant_basis
            CHECK (basis IN ('self', 'proxy', 'care-team', 'appointment', 'thread', 'break-glass')));
        CREATE INDEX ix_access_grant_user ON patients.access_grant (tenant_id, user_id, patient_id);
        CREATE INDEX ix_access_grant_patient ON patients.access_grant (tenant_id, patient_id);
        COMMENT ON TABLE patients.access_grant IS 'who can see this record, and why';
        COMMENT ON COLUMN patients.access_grant.reason IS 'an opaque id or a code; words only for break-glass';

        CREATE FUNCTION patients.grants_only_shorten() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NEW.until IS NULL OR NEW.until > coalesce(OLD.until, 'infinity') THEN
            RAISE EXCEPTION 'a grant only ever ends sooner' USING ERRCODE = 'integrity_constraint_violation',
              CONSTRAINT = 'access_grant_only_shortens', SCHEMA = 'patients', TABLE = 'access_grant';
          END IF;
          RETURN NEW;
        END $$;
        CREATE TRIGGER only_shorten BEFORE UPDATE ON patients.access_grant
          FOR EACH ROW EXECUTE FUNCTION patients.grants_only_shorten();

        CREATE TABLE patients.invitation (
          tenant_id uuid NOT NULL, id uuid NOT NULL, patient_id uuid NOT NULL,
          token_hash bytea NOT NULL, created_at timestamptz NOT NULL, created_by uuid NOT NULL,
          expires_at timestamptz NOT NULL, used_at timestamptz, used_by uuid,
          CONSTRAINT pk_invitation PRIMARY KEY (tenant_id, id),
          CONSTRAINT fk_invitation_patient FOREIGN KEY (tenant_id, patient_id)
            REFERENCES patients.patient (tenant_id, id),
          CONSTRAINT uq_invitation_tenant_id_token_hash UNIQUE (tenant_id, token_hash),
          CONSTRAINT ck_invitation_used CHECK ((used_at IS NULL) = (used_by IS NULL)));
        CREATE INDEX ix_invitation_patient ON patients.invitation (tenant_id, patient_id);

        CREATE TABLE patients.claim_attempt (
          tenant_id uuid NOT NULL, id uuid NOT NULL, patient_id uuid,
          user_id uuid NOT NULL, contact_index bytea NOT NULL, channel text NOT NULL, contact_sealed bytea NOT NULL,
          name_sealed bytea, birth_date date, invitation_id uuid, invited_to uuid,
          at timestamptz NOT NULL, state text NOT NULL, decided_at timestamptz, decided_by uuid,
          CONSTRAINT pk_claim_attempt PRIMARY KEY (tenant_id, id),
          CONSTRAINT fk_claim_attempt_patient FOREIGN KEY (tenant_id, patient_id)
            REFERENCES patients.patient (tenant_id, id),
          CONSTRAINT fk_claim_attempt_invitation FOREIGN KEY (tenant_id, invitation_id)
            REFERENCES patients.invitation (tenant_id, id),
          CONSTRAINT ck_claim_attempt_channel CHECK (channel IN ('sms', 'email')),
          CONSTRAINT ck_claim_attempt_state CHECK (state IN ('open', 'matched', 'accepted', 'refused')),
          CONSTRAINT ck_claim_attempt_decided
            CHECK ((state IN ('accepted', 'refused')) = (decided_by IS NOT NULL AND decided_at IS NOT NULL)),
          CONSTRAINT ck_claim_attempt_patient CHECK (state NOT IN ('matched', 'accepted') OR patient_id IS NOT NULL),
          CONSTRAINT ck_claim_attempt_ground
            CHECK ((birth_date IS NULL) <> (invited_to IS NULL) AND (invitation_id IS NULL) = (invited_to IS NULL)));
        CREATE INDEX ix_claim_attempt_user ON patients.claim_attempt (tenant_id, user_id, at);
        CREATE INDEX ix_claim_attempt_contact ON patients.claim_attempt (tenant_id, contact_index, at);
        CREATE INDEX ix_claim_attempt_open ON patients.claim_attempt (tenant_id, at) WHERE state = 'open';
        COMMENT ON TABLE patients.claim_attempt IS
          'somebody says that a record is theirs: what they gave, and what came of it';

        CREATE FUNCTION patients.has_grant(the_patient uuid, VARIADIC bases text[]) RETURNS boolean
          LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
          RETURN EXISTS (SELECT 1 FROM patients.access_grant AS g
            WHERE g.tenant_id = kernel.tenant_id() AND g.user_id = kernel.user_id() AND g.patient_id = the_patient
              AND g.basis = ANY (bases) AND g.since <= kernel.now() AND (g.until IS NULL OR g.until > kernel.now()));

        CREATE FUNCTION patients.may_take_up(the_patient uuid) RETURNS boolean
          LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
          RETURN EXISTS (SELECT 1 FROM patients.patient AS p
            WHERE p.tenant_id = kernel.tenant_id() AND p.id = the_patient
              AND NOT EXISTS (SELECT 1 FROM patients.access_grant AS g
                WHERE g.tenant_id = p.tenant_id AND g.patient_id = p.id AND g.basis = 'self'
                  AND (g.until IS NULL OR g.until > kernel.now()))
              AND (p.origin = 'self' AND p.created_by = kernel.user_id()
                OR EXISTS (SELECT 1 FROM patients.claim_attempt AS c
                  LEFT JOIN patients.invitation AS i ON i.tenant_id = c.tenant_id AND i.id = c.invitation_id
                  WHERE c.tenant_id = p.tenant_id AND c.user_id = kernel.user_id() AND c.state = 'open'
                    AND c.contact_index IN (p.phone_index, p.email_index)
                    AND (c.birth_date = p.birth_date
                      OR i.patient_id = p.id AND i.used_at IS NULL AND i.expires_at > kernel.now()))));
        COMMENT ON FUNCTION patients.may_take_up IS
          'nobody holds the record, and the account made it in registration or has a claim that agrees with the file';
        """
    )
    people = either(granted("id"), DESK, JOBS, MAKERS, both(REGISTRATION, CLAIMED))
    registered = both(REGISTRATION, "origin = 'self'", f"created_by = {ME}")
    at_the_desk = both(DESK, "origin = 'desk'")
    imported = both(MAKERS, "origin IN ('import', 'desk')")
    own = both(roles("patient"), granted("id"))
    secure(
        "patients.patient",
        [read(people), add(either(registered, at_the_desk, imported)), change(either(own, DESK, MAKERS))],
        grants="SELECT, INSERT",
    )
    # Where a record comes from and who made it never changes: a claim is judged by it.
    op.execute(
        "GRANT UPDATE (given_name, family_name, given_key, family_key, birth_date, sex, language, zone, jurisdiction,"
        " interpreter, phone_sealed, phone_index, email_sealed, email_index, status)"
        " ON patients.patient TO portal_web, portal_worker"
    )
    secure(
        "patients.identifier",
        [read(either(granted(), DESK, MAKERS)), add(either(DESK, MAKERS))],
        grants="SELECT, INSERT",
    )
    _secure_grants()
    secure(
        "patients.invitation",
        [
            read(either(DESK, purpose("registration"), system("invitation"))),
            add(both(DESK, f"created_by = {ME}")),
            change(REGISTRATION, f"({REGISTRATION} AND used_by = {ME})"),
        ],
        grants="SELECT, INSERT",
    )
    op.execute("GRANT UPDATE (used_at, used_by) ON patients.invitation TO portal_web, portal_worker")
    mine = f"user_id = {ME}"
    secure(
        "patients.claim_attempt",
        [
            read(either(mine, DESK)),
            add(both(REGISTRATION, mine, "state = 'open'", "patient_id IS NULL")),
            change(both(REGISTRATION, mine, "state = 'open'"), f"({mine} AND state IN ('open', 'matched'))"),
            change(both(DESK, "state = 'open'"), f"({DESK} AND decided_by = {ME})"),
        ],
        grants="SELECT, INSERT",
    )
    op.execute(
        "GRANT UPDATE (state, patient_id, decided_at, decided_by) ON patients.claim_attempt"
        " TO portal_web, portal_worker"
    )
    immutable("patients.claim_attempt", when="OLD.state <> 'open'")
    for table in ("patient", "access_grant", "claim_attempt", "invitation"):
        op.execute(f"CREATE POLICY of_our_functions ON patients.{table} FOR SELECT TO portal_owner USING (true)")


def _secure_grants() -> None:
    """Nobody gives themselves a record: each basis has its own ground. Those of practitioners stand in 0007."""
    mine = f"user_id = {ME}"
    taken_up = both(REGISTRATION, "basis = 'self'", mine, "until IS NULL", "patients.may_take_up(patient_id)")
    decided = both(
        DESK,
        "basis = 'self'",
        f"user_id <> {ME}",
        "EXISTS (SELECT 1 FROM patients.claim_attempt AS c WHERE c.tenant_id = (SELECT kernel.tenant_id())"
        " AND c.user_id = access_grant.user_id AND c.patient_id = access_grant.patient_id AND c.state = 'accepted')",
    )
    care_team = both(
        roles("clinician"),
        "basis = 'care-team'",
        mine,
        "patients.has_grant(patient_id, 'appointment', 'care-team')",
    )
    # A patient sees who else can see the record. The cheap conditions stand first.
    theirs = both(roles("patient"), "patients.has_grant(patient_id, 'self')")
    secure(
        "patients.access_grant",
        [
            read(either(mine, DESK, JOBS, MAKERS, theirs)),
            add(either(taken_up, decided, care_team, MAKERS)),
            change(either(mine, DESK, JOBS, MAKERS, both(theirs, "basis <> 'self'"))),
        ],
        grants="SELECT, INSERT",
    )
    op.execute("GRANT UPDATE (until) ON patients.access_grant TO portal_web, portal_worker")


def downgrade() -> None:
    drop_schema("patients")
