"""Reviews of who may do what, every 90 days; and the privacy officer as an investigator.

Nobody decides about themselves in a review, once it is signed off nothing of it changes. The privacy officer looks into the record of who saw what, and nobody says what an alert about themselves was."""

from alembic import op

from migrations.rls import ME, add, both, change, either, immutable, purpose, read, roles, secure, system

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

ADMIN, OFFICER = roles("clinic_admin"), roles("privacy_officer")
WATCH, MAIL = system("audit-watch"), system("audit-mail")
#: What the officer may do beside what 0028 lets them: they read leaves, names and records' access already.
ADDED = {
    "audit.watch": (read(OFFICER), add(OFFICER), change(OFFICER)),
    "audit.alert": (read(OFFICER), change(both(OFFICER, f"user_id <> {ME}"))),
    "identity.role_assignment": (read(both(MAIL, "role = 'privacy_officer'")),),
}


REVIEWER = both(roles("clinic_admin", "privacy_officer"), purpose("access-review"))
#: What a review is made of and shows, of the tables of 0036 and before.
SHOWN = ("login_session", "authenticator", "passkey", "role_assignment")


def upgrade() -> None:
    _reviews()
    for table, policies in ADDED.items():
        for number, policy in enumerate(policies, 1):
            clause = "WITH CHECK" if policy.command == "INSERT" else "USING"
            op.execute(
                f"CREATE POLICY officer_{number} ON {table} FOR {policy.command} TO PUBLIC {clause} ({policy.when})"
            )
    by_another = either(both(ADMIN, f"user_id <> {ME}"), WATCH)
    op.execute(f"ALTER POLICY update_3 ON audit.alert USING ({by_another}) WITH CHECK ({by_another})")
    op.execute("ALTER TABLE audit.alert ADD CONSTRAINT ck_alert_seen_by_another CHECK (seen_by <> user_id) NOT VALID")


def _reviews() -> None:
    op.execute(
        """
        CREATE TABLE identity.access_review (
          tenant_id uuid NOT NULL, id uuid NOT NULL,
          begun_at timestamptz NOT NULL, begun_by uuid NOT NULL, signed_off_at timestamptz, signed_off_by uuid,
          CONSTRAINT pk_access_review PRIMARY KEY (tenant_id, id),
          CONSTRAINT ck_access_review_signed CHECK ((signed_off_at IS NULL) = (signed_off_by IS NULL)));
        CREATE UNIQUE INDEX uq_access_review_open ON identity.access_review (tenant_id) WHERE signed_off_at IS NULL;

        CREATE TABLE identity.review_line (
          tenant_id uuid NOT NULL, id uuid NOT NULL, review_id uuid NOT NULL, account_id uuid NOT NULL,
          roles text[] NOT NULL, factors text[] NOT NULL, last_sign_in_at timestamptz, flags text[] NOT NULL,
          decision text, reason_sealed bytea, decided_at timestamptz, decided_by uuid,
          CONSTRAINT pk_review_line PRIMARY KEY (tenant_id, id),
          CONSTRAINT uq_review_line_account UNIQUE (tenant_id, review_id, account_id),
          CONSTRAINT fk_review_line_review FOREIGN KEY (tenant_id, review_id)
            REFERENCES identity.access_review (tenant_id, id),
          CONSTRAINT fk_review_line_account FOREIGN KEY (tenant_id, account_id)
            REFERENCES identity.account (tenant_id, id),
          CONSTRAINT ck_review_line_decision CHECK (decision IN ('keep', 'change', 'end')),
          CONSTRAINT ck_review_line_decided CHECK (num_nonnulls(decision, decided_at, decided_by) IN (0, 3)),
          CONSTRAINT ck_review_line_reason CHECK (decision = 'keep' OR decision IS NULL OR reason_sealed IS NOT NULL),
          CONSTRAINT ck_review_line_by_another CHECK (decided_by <> account_id));
        COMMENT ON TABLE identity.review_line IS 'what somebody held when a review began, and what was decided about it';
        """
    )
    everybody = either(roles("clinic_admin", "privacy_officer"), "(SELECT kernel.has_role('system'))")
    secure(
        "identity.access_review",
        [read(everybody), add(both(REVIEWER, f"begun_by = {ME}")), change(REVIEWER)],
        grants="SELECT, INSERT, UPDATE (signed_off_at, signed_off_by)",
    )
    immutable("identity.access_review", when="OLD.signed_off_at IS NOT NULL")
    still_open = (
        "EXISTS (SELECT 1 FROM identity.access_review AS r WHERE r.tenant_id = review_line.tenant_id"
        " AND r.id = review_line.review_id AND r.signed_off_at IS NULL)"
    )
    secure(
        "identity.review_line",
        [
            read(REVIEWER),
            add(both(REVIEWER, still_open, "decision IS NULL")),
            change(both(REVIEWER, still_open, f"account_id <> {ME}"), both(REVIEWER, f"decided_by = {ME}")),
        ],
        grants="SELECT, INSERT, UPDATE (decision, reason_sealed, decided_at, decided_by)",
    )
    op.execute("SELECT kernel.let_rotate('identity.review_line')")
    for table in SHOWN:
        op.execute(f"CREATE POLICY review_read ON identity.{table} FOR SELECT TO PUBLIC USING ({REVIEWER})")
    # Whom a review is asked of by mail.
    told = both(system("access-review"), "role IN ('clinic_admin', 'privacy_officer')")
    op.execute(f"CREATE POLICY review_told ON identity.role_assignment FOR SELECT TO PUBLIC USING ({told})")


def downgrade() -> None:
    op.execute("DROP POLICY review_told ON identity.role_assignment")
    for table in SHOWN:
        op.execute(f"DROP POLICY review_read ON identity.{table}")
    op.execute("DROP TABLE identity.review_line, identity.access_review")
    op.execute("DROP FUNCTION identity.access_review_is_immutable()")
    op.execute("ALTER TABLE audit.alert DROP CONSTRAINT ck_alert_seen_by_another")
    anybody = either(ADMIN, WATCH)
    op.execute(f"ALTER POLICY update_3 ON audit.alert USING ({anybody}) WITH CHECK ({anybody})")
    for table, policies in ADDED.items():
        for number, _policy in enumerate(policies, 1):
            op.execute(f"DROP POLICY officer_{number} ON {table}")
