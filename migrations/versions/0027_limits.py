"""Attempts are counted by kind in one query: for a target, a network address, both, and in all."""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The table holds a day of tries.
    op.execute(
        """
        -- squawk-ignore require-concurrent-index-creation
        CREATE INDEX ix_attempt_kind ON identity.attempt (tenant_id, kind, at);
        -- squawk-ignore require-concurrent-index-deletion
        DROP INDEX identity.ix_attempt_target;
        -- squawk-ignore require-concurrent-index-deletion
        DROP INDEX identity.ix_attempt_address;
        """
    )


def downgrade() -> None:
    op.execute(
        """
        CREATE INDEX ix_attempt_target ON identity.attempt (tenant_id, target_index, at);
        CREATE INDEX ix_attempt_address ON identity.attempt (tenant_id, address, at);
        DROP INDEX identity.ix_attempt_kind;
        """
    )
