"""A photo is in quarantine until a scanner has looked at it; what it found, only the scan itself may write."""

from alembic import op

from migrations.rls import system

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

SCANNING = system("scanning")


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE intake.photo ADD COLUMN scan_state text NOT NULL DEFAULT 'not-scanned', ADD COLUMN scanned_at timestamptz;
        ALTER TABLE intake.photo ADD CONSTRAINT ck_photo_scan_state
          CHECK (scan_state IN ('waiting', 'clean', 'infected', 'not-scanned')) NOT VALID;
        ALTER TABLE intake.photo ADD CONSTRAINT ck_photo_scanned
          CHECK ((scanned_at IS NOT NULL) = (scan_state IN ('clean', 'infected'))) NOT VALID;
        """
    )
    _keep("IF (SELECT kernel.is_system('scanning')) THEN"
          " frozen.scan_state := NEW.scan_state; frozen.scanned_at := NEW.scanned_at; END IF;")  # fmt: skip
    # Nobody brings a photo that is said to be scanned, and none is said to be so twice.
    op.execute(
        f"""
        CREATE POLICY unscanned ON intake.photo AS RESTRICTIVE FOR INSERT TO PUBLIC
          WITH CHECK (scan_state IN ('waiting', 'not-scanned'));
        CREATE POLICY scanning_read ON intake.photo FOR SELECT TO PUBLIC USING ({SCANNING});
        CREATE POLICY scanning_change ON intake.photo FOR UPDATE TO PUBLIC
          USING ({SCANNING} AND scan_state IN ('waiting', 'not-scanned')) WITH CHECK ({SCANNING});
        """
    )


def _keep(more: str) -> None:
    """A photo never changes, but that it is taken back, and whatever `more` lets through."""
    op.execute(
        f"""
        CREATE OR REPLACE FUNCTION intake.photo_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE frozen intake.photo%ROWTYPE := OLD;
        BEGIN
          IF TG_OP = 'UPDATE' THEN
            frozen.removed_at := NEW.removed_at;
            {more}
            IF frozen IS NOT DISTINCT FROM NEW THEN RETURN NEW; END IF;
          END IF;
          RAISE EXCEPTION 'photo is immutable' USING ERRCODE = 'integrity_constraint_violation',
            CONSTRAINT = 'photo_is_immutable', SCHEMA = 'intake', TABLE = 'photo';
        END $$
        """
    )


def downgrade() -> None:
    op.execute(
        """
        DROP POLICY scanning_change ON intake.photo;
        DROP POLICY scanning_read ON intake.photo;
        DROP POLICY unscanned ON intake.photo;
        """
    )
    _keep("")
    op.execute("ALTER TABLE intake.photo DROP COLUMN scan_state, DROP COLUMN scanned_at")
