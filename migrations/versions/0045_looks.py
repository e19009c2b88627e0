"""How a clinic looks: each version of its name, colours, corners and logo, and the logos themselves."""

from alembic import op

from migrations.rls import add, both, immutable, purpose, read, roles, secure

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE tenancy.logo (
          tenant_id uuid NOT NULL, id uuid NOT NULL,
          content bytea NOT NULL, width integer NOT NULL, height integer NOT NULL, drawn_at timestamptz NOT NULL,
          CONSTRAINT pk_logo PRIMARY KEY (tenant_id, id),
          CONSTRAINT ck_logo_size CHECK (octet_length(content) BETWEEN 1 AND 4096));
        COMMENT ON COLUMN tenancy.logo.content IS 'a PNG of our own drawing; width and height are twice what is shown';

        CREATE TABLE tenancy.look (
          tenant_id uuid NOT NULL, id uuid NOT NULL, version integer NOT NULL,
          name text NOT NULL, colour text NOT NULL, dark text, corner text NOT NULL, logo_id uuid,
          said_at timestamptz NOT NULL, said_by uuid,
          CONSTRAINT pk_look PRIMARY KEY (tenant_id, id),
          CONSTRAINT uq_look_version UNIQUE (tenant_id, version),
          CONSTRAINT fk_look_logo FOREIGN KEY (tenant_id, logo_id) REFERENCES tenancy.logo (tenant_id, id),
          CONSTRAINT ck_look_version CHECK (version > 0),
          CONSTRAINT ck_look_name CHECK (name = btrim(name) AND char_length(name) BETWEEN 1 AND 60),
          CONSTRAINT ck_look_colour CHECK (colour ~ '^#[0-9a-f]{6}$'),
          CONSTRAINT ck_look_dark CHECK (dark ~ '^#[0-9a-f]{6}$'),
          CONSTRAINT ck_look_corner CHECK (corner IN ('sharp', 'soft', 'round')));
        COMMENT ON TABLE tenancy.look IS
          'every version; the one in force is copied into organisation.brand, which is read before a tenant is known';
        COMMENT ON COLUMN tenancy.look.dark IS 'null: the nearest shade to colour that can be read';
        """
    )
    administrators = both(roles("clinic_admin"), purpose("look"))
    # Everybody sees the picture, of the clinic whose page they are on.
    secure("tenancy.logo", [read("true"), add(administrators)], grants="SELECT, INSERT", processes=("portal_web",))
    secure(
        "tenancy.look", [read(administrators), add(administrators)], grants="SELECT, INSERT", processes=("portal_web",)
    )
    immutable("tenancy.logo")
    immutable("tenancy.look")


def downgrade() -> None:
    op.execute(
        """
        DROP TABLE tenancy.look, tenancy.logo;
        DROP FUNCTION tenancy.look_is_immutable();
        DROP FUNCTION tenancy.logo_is_immutable();
        """
    )
