"""Rooms (开标室、评标室), their hours, their bookings; PostgreSQL itself refuses a second use of a room.

Revision ID: 0010
Revises: 0009
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ROOMS = """
CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE rooms (
  id uuid CONSTRAINT pk_rooms PRIMARY KEY,
  name text NOT NULL,
  site text NOT NULL,
  seats integer NOT NULL CONSTRAINT ck_rooms_seats CHECK (seats BETWEEN 1 AND 10000),
  equipment text NOT NULL,
  purposes text[] NOT NULL CONSTRAINT ck_rooms_purposes
    CHECK (cardinality(purposes) > 0 AND purposes <@ ARRAY['opening', 'evaluation']),
  CONSTRAINT uq_rooms_site_name UNIQUE (site, name)
);

-- Saturday and Sunday count only where the calendar makes them working days (调休).
CREATE TABLE room_hours (
  room_id uuid NOT NULL CONSTRAINT fk_room_hours_room_id REFERENCES rooms (id),
  weekday integer NOT NULL CONSTRAINT ck_room_hours_weekday CHECK (weekday BETWEEN 1 AND 7),
  opens time NOT NULL,
  closes time NOT NULL,
  CONSTRAINT pk_room_hours PRIMARY KEY (room_id, weekday),
  CONSTRAINT ck_room_hours_closes CHECK (closes > opens)
);

-- A closed period (停用) is a booking of the room for itself, so that one constraint guards everything.
CREATE TABLE bookings (
  id uuid CONSTRAINT pk_bookings PRIMARY KEY,
  room_id uuid NOT NULL CONSTRAINT fk_bookings_room_id REFERENCES rooms (id),
  subject_kind text NOT NULL,
  subject_id uuid NOT NULL,
  purpose text NOT NULL CONSTRAINT ck_bookings_purpose CHECK (purpose IN ('opening', 'evaluation', 'closed')),
  sitting_id uuid NOT NULL,
  org_ids uuid[] NOT NULL,
  during tstzrange NOT NULL CONSTRAINT ck_bookings_during
    CHECK (NOT isempty(during) AND NOT lower_inf(during) AND NOT upper_inf(during)
           AND lower_inc(during) AND NOT upper_inc(during)),
  state text NOT NULL CONSTRAINT ck_bookings_state CHECK (state IN ('booked', 'cancelled')),
  sequence integer NOT NULL CONSTRAINT ck_bookings_sequence CHECK (sequence >= 0),
  former_rooms uuid[] NOT NULL,
  reason text,
  booked_by uuid,
  booked_at timestamptz NOT NULL,
  changed_at timestamptz NOT NULL,
  entry_id uuid NOT NULL CONSTRAINT fk_bookings_entry_id REFERENCES journal_entries (id),
  -- One room, one use at a time; only the lots of one sitting (场次) share it. A cancelled booking frees the room.
  CONSTRAINT ex_bookings_room_during
    EXCLUDE USING gist (room_id WITH =, during WITH &&, sitting_id WITH <>) WHERE (state = 'booked'),
  CONSTRAINT ck_bookings_closed CHECK ((purpose = 'closed') = (subject_kind = 'room'))
);
CREATE UNIQUE INDEX uq_bookings_standing ON bookings (subject_kind, subject_id, purpose)
  WHERE state = 'booked' AND purpose <> 'closed';
CREATE INDEX ix_bookings_subject ON bookings (subject_kind, subject_id);
CREATE INDEX ix_bookings_during ON bookings USING gist (during);

CREATE FUNCTION bookings_cancelled_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a cancelled booking stays cancelled' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER bookings_final BEFORE UPDATE ON bookings
  FOR EACH ROW WHEN (OLD.state = 'cancelled') EXECUTE FUNCTION bookings_cancelled_stay();

GRANT SELECT, INSERT, UPDATE (name, site, seats, equipment, purposes) ON rooms TO trading_app;
GRANT SELECT, INSERT, DELETE ON room_hours TO trading_app;
GRANT SELECT, INSERT, UPDATE (room_id, sitting_id, during, state, sequence, former_rooms, reason, changed_at, entry_id)
  ON bookings TO trading_app;
"""


def upgrade() -> None:
    op.execute(ROOMS)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
