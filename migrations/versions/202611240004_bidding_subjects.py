"""The lock-box serves subjects of any kind: what named a lot names a subject now, by kind and id.

Rows, grants and triggers stay as they are; only columns and the constraints over them change. The opening record and
its signatures are a lot's alone and go on naming it.

Revision ID: 0012
Revises: 0011
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# What points at what is renamed first, so that each table is keyed before another refers to its key.
LOOSEN = """
ALTER TABLE opened_parts DROP CONSTRAINT fk_opened_parts_lot_id, DROP CONSTRAINT pk_opened_parts;
ALTER TABLE reveals DROP CONSTRAINT fk_reveals_lot_id, DROP CONSTRAINT pk_reveals;
ALTER TABLE settlements DROP CONSTRAINT fk_settlements_lot_id, DROP CONSTRAINT pk_settlements;
ALTER TABLE share_batches DROP CONSTRAINT fk_share_batches_lot_id;
DROP INDEX uq_share_batches_lot_id_part_x;
ALTER TABLE opening_records DROP CONSTRAINT fk_opening_records_lot_id;
ALTER TABLE boxes DROP CONSTRAINT fk_boxes_lot_id, DROP CONSTRAINT pk_boxes;
"""

# A default fills the rows there are without an UPDATE, which the triggers of these tables refuse.
RENAME = """
ALTER TABLE {table} ADD COLUMN subject_kind text NOT NULL DEFAULT 'lot';
ALTER TABLE {table} ALTER COLUMN subject_kind DROP DEFAULT;
ALTER TABLE {table} RENAME COLUMN lot_id TO subject_id;
"""

TIGHTEN = """
ALTER TABLE boxes ADD CONSTRAINT pk_boxes PRIMARY KEY (subject_kind, subject_id);
ALTER TABLE share_batches ADD CONSTRAINT fk_share_batches_subject_kind_subject_id
  FOREIGN KEY (subject_kind, subject_id) REFERENCES boxes (subject_kind, subject_id);
CREATE UNIQUE INDEX uq_share_batches_subject_part_x ON share_batches (subject_kind, subject_id, part, x);
ALTER TABLE settlements ADD CONSTRAINT pk_settlements PRIMARY KEY (subject_kind, subject_id, phase),
  ADD CONSTRAINT fk_settlements_subject_kind_subject_id
  FOREIGN KEY (subject_kind, subject_id) REFERENCES boxes (subject_kind, subject_id);
ALTER TABLE reveals ADD CONSTRAINT pk_reveals PRIMARY KEY (subject_kind, subject_id, phase),
  ADD CONSTRAINT fk_reveals_subject_kind_subject_id_phase FOREIGN KEY (subject_kind, subject_id, phase)
  REFERENCES settlements (subject_kind, subject_id, phase);
ALTER TABLE opened_parts ADD CONSTRAINT pk_opened_parts PRIMARY KEY (subject_kind, subject_id, env, part),
  ADD CONSTRAINT fk_opened_parts_subject_kind_subject_id_phase FOREIGN KEY (subject_kind, subject_id, phase)
  REFERENCES reveals (subject_kind, subject_id, phase) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE opening_records ADD CONSTRAINT fk_opening_records_lot_id FOREIGN KEY (lot_id) REFERENCES lots (id);
"""

TITLES = """
ALTER TABLE ceremonies ADD COLUMN title text NOT NULL DEFAULT '';
UPDATE ceremonies c SET title = p.name || ' · ' || l.name FROM lots l JOIN projects p ON p.id = l.project_id
  WHERE c.subject_kind = 'lot' AND c.subject_id = l.id;
ALTER TABLE ceremonies ALTER COLUMN title DROP DEFAULT;
"""

# Facts that are still to be acted on say their subject as the code now reads it.
EVENTS = """
UPDATE {table} SET payload = payload - 'lot_id' || jsonb_build_object('subject', 'lot:' || (payload->>'lot_id'))
  WHERE event IN ('bidding.deadline_reached', 'bidding.phase_settled') AND payload ? 'lot_id';
"""


def upgrade() -> None:
    op.execute(LOOSEN)
    for table in ("upload_tokens", "boxes", "share_batches", "settlements", "reveals", "opened_parts"):
        op.execute(RENAME.format(table=table))
    op.execute(TIGHTEN)
    op.execute(TITLES)
    for table in ("timers", "outbox"):
        op.execute(EVENTS.format(table=table))


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
