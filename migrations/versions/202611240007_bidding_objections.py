"""Objections at the opening, how each ended, and the certificate of the centre's seal on PDF documents.

Revision ID: 0015
Revises: 0014
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE seal_certificates (
  kid text COLLATE "C" CONSTRAINT pk_seal_certificates PRIMARY KEY,
  org_id uuid NOT NULL CONSTRAINT fk_seal_certificates_org_id REFERENCES organisations (id),
  fingerprint text COLLATE "C" NOT NULL,
  pem text NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE TABLE objections (
  id uuid CONSTRAINT pk_objections PRIMARY KEY,
  lot_id uuid NOT NULL CONSTRAINT fk_objections_lot_id REFERENCES lots (id),
  org_id uuid NOT NULL CONSTRAINT fk_objections_org_id REFERENCES organisations (id),
  organisation text NOT NULL,
  uscc text COLLATE "C" NOT NULL,
  text text NOT NULL,
  digest text COLLATE "C" NOT NULL,
  receipt bytea NOT NULL,
  raised_at timestamptz NOT NULL,
  entry_id uuid NOT NULL
);
CREATE INDEX ix_objections_lot_id ON objections (lot_id, raised_at);
CREATE TABLE objection_ends (
  objection_id uuid CONSTRAINT pk_objection_ends PRIMARY KEY
    CONSTRAINT fk_objection_ends_objection_id REFERENCES objections (id),
  outcome text NOT NULL CONSTRAINT ck_objection_ends_outcome CHECK (outcome IN ('upheld', 'dismissed', 'withdrawn')),
  text text NOT NULL,
  ended_at timestamptz NOT NULL,
  entry_id uuid NOT NULL,
  CONSTRAINT ck_objection_ends_text CHECK ((outcome = 'withdrawn') = (text = ''))
);
"""

KEPT = ("seal_certificates", "objections", "objection_ends")


def upgrade() -> None:
    op.execute(TABLES)
    for table in KEPT:
        op.execute(f"GRANT SELECT, INSERT ON {table} TO trading_app")
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
