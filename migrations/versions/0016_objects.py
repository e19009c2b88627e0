"""The sweep of large objects reads which of them rows name, and nothing else asks for its purpose."""

from alembic import op

from migrations.rls import system

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

NAMING = ("billing.receipt", "consent.document_pdf", "intake.photo")


def upgrade() -> None:
    for table in NAMING:
        op.execute(f"CREATE POLICY names_objects ON {table} FOR SELECT TO PUBLIC USING ({system('objects')})")


def downgrade() -> None:
    for table in NAMING:
        op.execute(f"DROP POLICY names_objects ON {table}")
