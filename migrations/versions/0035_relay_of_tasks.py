"""The relay's own policy on tasks goes: within what the tenant's policy lets through, tasks are open to every process."""

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DROP POLICY relay ON kernel.task")


def downgrade() -> None:
    op.execute("CREATE POLICY relay ON kernel.task FOR ALL TO portal_relay USING (true) WITH CHECK (true)")
