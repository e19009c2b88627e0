"""The privacy officer looks into the record of who saw what; and nobody says what an alert about themselves was."""

from alembic import op

from migrations.rls import ME, add, both, change, either, read, roles, system

revision = "0037"
down_revision = "0036"
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


def upgrade() -> None:
    for table, policies in ADDED.items():
        for number, policy in enumerate(policies, 1):
            clause = "WITH CHECK" if policy.command == "INSERT" else "USING"
            op.execute(
                f"CREATE POLICY officer_{number} ON {table} FOR {policy.command} TO PUBLIC {clause} ({policy.when})"
            )
    by_another = either(both(ADMIN, f"user_id <> {ME}"), WATCH)
    op.execute(f"ALTER POLICY update_3 ON audit.alert USING ({by_another}) WITH CHECK ({by_another})")
    op.execute("ALTER TABLE audit.alert ADD CONSTRAINT ck_alert_seen_by_another CHECK (seen_by <> user_id) NOT VALID")


def downgrade() -> None:
    op.execute("ALTER TABLE audit.alert DROP CONSTRAINT ck_alert_seen_by_another")
    anybody = either(ADMIN, WATCH)
    op.execute(f"ALTER POLICY update_3 ON audit.alert USING ({anybody}) WITH CHECK ({anybody})")
    for table, policies in ADDED.items():
        for number, _policy in enumerate(policies, 1):
            op.execute(f"DROP POLICY officer_{number} ON {table}")
