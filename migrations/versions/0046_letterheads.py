"""A clinic's logo stands on its mail and its papers too, which workers make."""

from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("GRANT SELECT ON tenancy.logo TO portal_worker")


def downgrade() -> None:
    op.execute("REVOKE SELECT ON tenancy.logo FROM portal_worker")
