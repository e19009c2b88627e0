"""Passwords that their owners change: signed in, or with a code by mail. A code is for one use.

Also what is counted by device and in all, and by which channel a sign-in was begun.
"""

from alembic import op

from migrations.rls import ME, Policy, add, both, change, purpose, read

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

RESET = purpose("reset")
OWN = both(f"account_id = {ME}", purpose("factors"))
RESET_CODE = both(RESET, "use = 'reset'")
SIGN_IN_CODE = both(purpose("sign-in"), "use = 'sign-in'")
ASKED_CODE = both(purpose("sign-in", "visit-link", "invitation"), "use = 'sign-in'")
POLICIES: dict[str, tuple[Policy, ...]] = {
    "account": (read(both(RESET, "kind = 'staff'")),),
    "password": (read(RESET), change(RESET), read(OWN), change(OWN)),
    "one_time_code": (read(RESET_CODE), add(RESET_CODE), change(RESET_CODE)),
    "pending_sign_in": (read(RESET), change(RESET), read(OWN), change(OWN)),
    "login_session": (read(RESET), change(RESET)),
    "attempt": (read(RESET), add(RESET)),
}
#: Those of 0004, by their names there: what they were, and what they are from here on.
NARROWED = (
    ("select_1", "USING", purpose("sign-in"), SIGN_IN_CODE),
    ("insert_2", "WITH CHECK", purpose("sign-in", "visit-link", "invitation"), ASKED_CODE),
    ("update_3", "USING", purpose("sign-in"), SIGN_IN_CODE),
    ("update_3", "WITH CHECK", purpose("sign-in"), SIGN_IN_CODE),
)


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE identity.one_time_code ADD COLUMN use text NOT NULL DEFAULT 'sign-in';
        ALTER TABLE identity.pending_sign_in ADD COLUMN channel text NOT NULL DEFAULT 'password';
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE identity.attempt DROP CONSTRAINT ck_attempt_kind;
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE identity.attempt ADD CONSTRAINT ck_attempt_kind
          CHECK (kind IN ('code', 'password', 'password-right', 'factor', 'question'));
        """
    )
    for name, clause, _before, after in NARROWED:
        op.execute(f"ALTER POLICY {name} ON identity.one_time_code {clause} ({after})")
    for table, policies in POLICIES.items():
        for number, policy in enumerate(policies, 1):
            clause = {"INSERT": f"WITH CHECK ({policy.when})"}.get(policy.command, f"USING ({policy.when})")
            op.execute(f"CREATE POLICY reset_{number} ON identity.{table} FOR {policy.command} TO PUBLIC {clause}")


def downgrade() -> None:
    for table, policies in POLICIES.items():
        for number, _policy in enumerate(policies, 1):
            op.execute(f"DROP POLICY reset_{number} ON identity.{table}")
    for name, clause, before, _after in NARROWED:
        op.execute(f"ALTER POLICY {name} ON identity.one_time_code {clause} ({before})")
    op.execute(
        """
        ALTER TABLE identity.attempt NO FORCE ROW LEVEL SECURITY;
        DELETE FROM identity.attempt WHERE kind IN ('factor', 'question');
        ALTER TABLE identity.attempt FORCE ROW LEVEL SECURITY;
        ALTER TABLE identity.attempt DROP CONSTRAINT ck_attempt_kind;
        ALTER TABLE identity.attempt ADD CONSTRAINT ck_attempt_kind
          CHECK (kind IN ('code', 'password', 'password-right'));
        ALTER TABLE identity.pending_sign_in DROP COLUMN channel;
        ALTER TABLE identity.one_time_code DROP COLUMN use;
        """
    )
