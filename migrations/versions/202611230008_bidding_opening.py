"""The opening: boxes, share batches, settlements, reveals, opened parts, records and their signatures.

Revision ID: 0008
Revises: 0007
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

OPENING = """
CREATE TABLE boxes (
  lot_id uuid CONSTRAINT pk_boxes PRIMARY KEY CONSTRAINT fk_boxes_lot_id REFERENCES lots (id),
  ann text CONSTRAINT fk_boxes_ann REFERENCES announcements (ann),
  root text NOT NULL,
  live integer NOT NULL,
  slots_digest text NOT NULL,
  closed_at timestamptz NOT NULL,
  entry_id uuid NOT NULL
);
CREATE TABLE share_batches (
  digest text CONSTRAINT pk_share_batches PRIMARY KEY,
  lot_id uuid NOT NULL CONSTRAINT fk_share_batches_lot_id REFERENCES boxes (lot_id),
  phase smallint NOT NULL,
  part text NOT NULL,
  x smallint NOT NULL,
  file bytea NOT NULL,
  received_at timestamptz NOT NULL,
  entry_id uuid NOT NULL
);
CREATE UNIQUE INDEX uq_share_batches_lot_id_part_x ON share_batches (lot_id, part, x);
CREATE TABLE settlements (
  lot_id uuid NOT NULL CONSTRAINT fk_settlements_lot_id REFERENCES boxes (lot_id),
  phase smallint NOT NULL,
  digest text NOT NULL,
  file bytea NOT NULL,
  settled_at timestamptz NOT NULL,
  entry_id uuid NOT NULL,
  CONSTRAINT pk_settlements PRIMARY KEY (lot_id, phase)
);
CREATE TABLE reveals (
  lot_id uuid NOT NULL,
  phase smallint NOT NULL,
  valid integer NOT NULL,
  revealed_at timestamptz NOT NULL,
  entry_id uuid NOT NULL,
  CONSTRAINT pk_reveals PRIMARY KEY (lot_id, phase),
  CONSTRAINT fk_reveals_lot_id FOREIGN KEY (lot_id, phase) REFERENCES settlements (lot_id, phase)
);
CREATE TABLE opened_parts (
  lot_id uuid NOT NULL,
  phase smallint NOT NULL,
  position integer NOT NULL,
  env text NOT NULL,
  part text NOT NULL,
  code text,
  facts jsonb NOT NULL,
  files jsonb NOT NULL,
  CONSTRAINT pk_opened_parts PRIMARY KEY (lot_id, env, part),
  CONSTRAINT fk_opened_parts_lot_id FOREIGN KEY (lot_id, phase) REFERENCES reveals (lot_id, phase)
    DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE opening_records (
  lot_id uuid CONSTRAINT pk_opening_records PRIMARY KEY CONSTRAINT fk_opening_records_lot_id REFERENCES boxes (lot_id),
  digest text NOT NULL,
  file bytea NOT NULL,
  made_at timestamptz NOT NULL,
  entry_id uuid NOT NULL
);
CREATE TABLE record_signatures (
  lot_id uuid NOT NULL CONSTRAINT fk_record_signatures_lot_id REFERENCES opening_records (lot_id),
  fingerprint text NOT NULL,
  name text NOT NULL,
  organisation text NOT NULL,
  role text NOT NULL,
  certificate text NOT NULL,
  signature text NOT NULL,
  signed_at timestamptz NOT NULL,
  entry_id uuid NOT NULL,
  CONSTRAINT pk_record_signatures PRIMARY KEY (lot_id, fingerprint)
);
"""

KEPT = (
    "boxes",
    "share_batches",
    "settlements",
    "reveals",
    "opened_parts",
    "opening_records",
    "record_signatures",
)


def upgrade() -> None:
    op.execute(OPENING)
    for table in KEPT:
        op.execute(f"GRANT SELECT, INSERT ON {table} TO trading_app")
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
