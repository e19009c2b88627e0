"""Visits see whether somebody still holds the role with which they are in a call."""

from alembic import op

from migrations.rls import system

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(f"CREATE POLICY read_visits ON identity.role_assignment FOR SELECT TO PUBLIC USING ({system('visits')})")


def downgrade() -> None:
    op.execute("DROP POLICY read_visits ON identity.role_assignment")
