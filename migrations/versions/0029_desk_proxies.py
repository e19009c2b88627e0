"""The desk makes a proxy on proof: it finds or makes the account of a contact, and who holds it is told by a message."""

from alembic import op

from migrations.rls import both, either, purpose, roles, system

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

DESK = both(roles("front_desk", "clinic_admin"), "kind = 'patient'")
# "access": the list of who can see a record tells two carers apart by their contacts.
SEEN = either(both(DESK, purpose("proxies", "access")), both(system("proxies"), "kind = 'patient'"))


def upgrade() -> None:
    op.execute(f"CREATE POLICY select_proxies ON identity.account FOR SELECT TO PUBLIC USING ({SEEN})")
    made = both(DESK, purpose("proxies"))
    op.execute(f"CREATE POLICY insert_proxies ON identity.account FOR INSERT TO PUBLIC WITH CHECK ({made})")


def downgrade() -> None:
    op.execute("DROP POLICY insert_proxies ON identity.account")
    op.execute("DROP POLICY select_proxies ON identity.account")
