"""The journal: entries, their tree, checkpoints, openings of commitments, blind streams.

Nothing here is ever changed: trading_app adds entries and cannot touch the tree, trading_sequencer adds to the tree
and cannot touch entries, and the triggers refuse both of them and the owner.

Revision ID: 0002
Revises: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ENTRIES = """
CREATE TABLE journal_entries (
  id uuid PRIMARY KEY,
  action text COLLATE "C" NOT NULL,
  subject text COLLATE "C" NOT NULL,
  body bytea NOT NULL CHECK (octet_length(body) <= 65535),
  leaf_hash bytea NOT NULL CHECK (leaf_hash = sha256('\\x00'::bytea || body)),
  at timestamptz NOT NULL
);
CREATE INDEX ix_journal_entries_subject ON journal_entries (subject, id);
CREATE INDEX ix_journal_entries_action ON journal_entries (action, id);

-- What the sequencer has still to take. Filled by trigger, so that no entry can be left out of the log.
CREATE TABLE journal_pending (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  entry_id uuid NOT NULL UNIQUE REFERENCES journal_entries (id)
);
CREATE FUNCTION journal_await_sequence() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO journal_pending (entry_id) SELECT id FROM added;
  RETURN NULL;
END $$;
CREATE TRIGGER journal_entries_pending AFTER INSERT ON journal_entries
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION journal_await_sequence();

CREATE TABLE journal_openings (
  entry_id uuid NOT NULL REFERENCES journal_entries (id),
  name text NOT NULL,
  salt bytea NOT NULL CHECK (octet_length(salt) = 32),
  value bytea NOT NULL,
  PRIMARY KEY (entry_id, name)
);
"""

TREE = """
CREATE TABLE journal_leaves (
  index bigint PRIMARY KEY CHECK (index >= 0),
  entry_id uuid NOT NULL UNIQUE REFERENCES journal_entries (id)
);
CREATE TABLE journal_nodes (
  level smallint NOT NULL CHECK (level BETWEEN 0 AND 62),
  index bigint NOT NULL CHECK (index >= 0),
  hash bytea NOT NULL CHECK (octet_length(hash) = 32),
  PRIMARY KEY (level, index)
);
CREATE TABLE journal_checkpoints (
  size bigint PRIMARY KEY CHECK (size > 0),
  root bytea NOT NULL CHECK (octet_length(root) = 32),
  at timestamptz NOT NULL,
  body text NOT NULL
);
CREATE TABLE journal_signatures (
  size bigint PRIMARY KEY REFERENCES journal_checkpoints (size),
  line text NOT NULL
);
CREATE TABLE journal_cosignatures (
  size bigint NOT NULL REFERENCES journal_signatures (size),
  witness text NOT NULL,
  at timestamptz NOT NULL,
  line text NOT NULL,
  PRIMARY KEY (size, witness)
);
"""

BLIND = """
CREATE TABLE blind_streams (
  id uuid PRIMARY KEY,
  subject text COLLATE "C" NOT NULL UNIQUE,
  lock_name text NOT NULL,
  timeline jsonb NOT NULL,
  sealed integer NOT NULL DEFAULT 0 CHECK (sealed >= 0),
  next_end timestamptz
);
CREATE INDEX ix_blind_streams_due ON blind_streams (next_end) WHERE next_end IS NOT NULL;
CREATE TABLE blind_entries (
  leaf bytea PRIMARY KEY CHECK (octet_length(leaf) = 32),
  stream_id uuid NOT NULL REFERENCES blind_streams (id),
  slot integer NOT NULL CHECK (slot >= 0),
  slot_end timestamptz NOT NULL,
  salt bytea NOT NULL CHECK (octet_length(salt) = 32),
  body bytea NOT NULL
);
CREATE INDEX ix_blind_entries_slot ON blind_entries (stream_id, slot);
CREATE TABLE blind_slots (
  stream_id uuid NOT NULL REFERENCES blind_streams (id),
  slot integer NOT NULL CHECK (slot >= 0),
  seed bytea NOT NULL CHECK (octet_length(seed) = 32),
  entry_id uuid NOT NULL UNIQUE REFERENCES journal_entries (id),
  PRIMARY KEY (stream_id, slot)
);
"""

FIXED = (
    "journal_entries",
    "journal_leaves",
    "journal_nodes",
    "journal_checkpoints",
    "journal_signatures",
    "journal_cosignatures",
    "blind_entries",
    "blind_slots",
)

# An opening may be destroyed (its salt is then gone for good), never altered; a waiting entry is only ever taken.
TRIGGERS = (
    *(
        f"CREATE TRIGGER {table}_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        for table in FIXED
    ),
    "CREATE TRIGGER journal_openings_fixed BEFORE UPDATE OR TRUNCATE ON journal_openings "
    "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER journal_pending_fixed BEFORE UPDATE OR TRUNCATE ON journal_pending "
    "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
)

GRANTS = """
GRANT SELECT, INSERT ON journal_entries TO trading_app, trading_sequencer;
GRANT SELECT, INSERT, DELETE ON journal_openings TO trading_app;
GRANT INSERT ON journal_openings TO trading_sequencer;
GRANT SELECT ON journal_pending, journal_leaves, journal_nodes, journal_checkpoints, journal_signatures,
  journal_cosignatures TO trading_app;
GRANT SELECT, DELETE ON journal_pending TO trading_sequencer;
GRANT SELECT, INSERT ON journal_leaves, journal_nodes, journal_checkpoints, journal_signatures,
  journal_cosignatures TO trading_sequencer;
GRANT SELECT, INSERT ON blind_streams, blind_entries, blind_slots TO trading_app;
GRANT UPDATE (timeline, sealed, next_end) ON blind_streams TO trading_app;
"""


def upgrade() -> None:
    for statements in (ENTRIES, TREE, BLIND, *TRIGGERS, GRANTS):
        op.execute(statements)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
