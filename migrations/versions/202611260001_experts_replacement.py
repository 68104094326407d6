"""A committee member replaced: declared by one, confirmed by another; the member's sheets are void, hidden, not counted.

Revision ID: 0022
Revises: 0021
"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

ABSENCES = """
ALTER TABLE draw_calls DROP CONSTRAINT ck_draw_calls_state;
ALTER TABLE draw_calls ADD CONSTRAINT ck_draw_calls_state CHECK (state IN
  ('made', 'sent', 'accepted', 'declined', 'unanswered', 'recused', 'absent'));
CREATE TABLE member_absences (
  id uuid CONSTRAINT pk_member_absences PRIMARY KEY,
  draw_id uuid NOT NULL,
  seat integer NOT NULL,
  code text NOT NULL CONSTRAINT ck_member_absences_code CHECK (code IN ('absent', 'health', 'recusal')),
  reason text NOT NULL,
  declared_by uuid NOT NULL CONSTRAINT fk_member_absences_declared_by REFERENCES people (id),
  declared_at timestamptz NOT NULL,
  declared_entry uuid NOT NULL,
  state text NOT NULL CONSTRAINT ck_member_absences_state CHECK (state IN ('declared', 'confirmed', 'rejected')),
  decided_by uuid CONSTRAINT fk_member_absences_decided_by REFERENCES people (id),
  decided_at timestamptz,
  entry_id uuid,
  CONSTRAINT fk_member_absences_draw_id FOREIGN KEY (draw_id, seat) REFERENCES committee_members (draw_id, seat),
  CONSTRAINT ck_member_absences_decided CHECK ((state = 'declared') = (decided_by IS NULL)
    AND (state = 'declared') = (decided_at IS NULL) AND (state = 'declared') = (entry_id IS NULL)),
  -- Who declares it does not confirm it.
  CONSTRAINT ck_member_absences_two CHECK (state <> 'confirmed' OR decided_by <> declared_by)
);
-- A seat is empty once; a declaration that was rejected does not count.
CREATE UNIQUE INDEX uq_member_absences_seat ON member_absences (draw_id, seat) WHERE state <> 'rejected';
GRANT SELECT, INSERT, UPDATE (state, decided_by, decided_at, entry_id) ON member_absences TO trading_app;
"""

EVALUATION = """
ALTER TABLE evaluation_members ADD COLUMN replaced_at timestamptz, ADD COLUMN replaced_entry uuid;
ALTER TABLE evaluations ADD COLUMN round smallint NOT NULL DEFAULT 1, ADD COLUMN valid jsonb;
GRANT UPDATE (replaced_at, replaced_entry) ON evaluation_members TO trading_app;
GRANT UPDATE (round, valid) ON evaluations TO trading_app;

-- What follows from the reviews is written again when a replaced member's review changes what they decide.
ALTER TABLE evaluation_submissions ADD COLUMN round smallint NOT NULL DEFAULT 1;
ALTER TABLE evaluation_submissions DROP CONSTRAINT pk_evaluation_submissions;
ALTER TABLE evaluation_submissions ADD CONSTRAINT pk_evaluation_submissions PRIMARY KEY (lot_id, seat, kind, round);
ALTER TABLE evaluation_sheets ADD COLUMN round smallint NOT NULL DEFAULT 1;
ALTER TABLE evaluation_sheets DROP CONSTRAINT pk_evaluation_sheets;
ALTER TABLE evaluation_sheets ADD CONSTRAINT pk_evaluation_sheets PRIMARY KEY (lot_id, seat, kind, round);

-- Sheets that count: of members who sit, reviews of whatever round, the rest of the present one.
CREATE FUNCTION evaluation_counts(lot uuid, place smallint, sheet text, nth smallint) RETURNS boolean
  LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM evaluation_members m JOIN evaluations e ON e.lot_id = m.lot_id
    WHERE m.lot_id = lot AND m.seat = place AND m.replaced_at IS NULL AND (sheet = 'review' OR nth = e.round))
$$;
DROP POLICY evaluation_sheets_open ON evaluation_sheets;
CREATE POLICY evaluation_sheets_open ON evaluation_sheets FOR SELECT TO PUBLIC
  USING (evaluation_sheet_open(lot_id, kind) AND evaluation_counts(lot_id, seat, kind, round));

CREATE OR REPLACE FUNCTION evaluation_sheet_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR EXISTS (SELECT 1 FROM evaluation_submissions s
      WHERE s.lot_id = OLD.lot_id AND s.seat = OLD.seat AND s.kind = OLD.kind AND s.round = OLD.round) THEN
    RAISE EXCEPTION 'a submitted sheet is never changed' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION evaluation_all_in() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['review', 'choice', 'score'] LOOP
    IF (CASE wanted WHEN 'review' THEN NEW.review_open_at WHEN 'choice' THEN NEW.choice_open_at
        ELSE NEW.score_open_at END) IS NOT NULL
      AND (SELECT count(*) FROM evaluation_submissions s
        JOIN evaluation_members m ON m.lot_id = s.lot_id AND m.seat = s.seat AND m.replaced_at IS NULL
        WHERE s.lot_id = NEW.lot_id AND s.kind = wanted AND (wanted = 'review' OR s.round = NEW.round)) < NEW.members
    THEN
      RAISE EXCEPTION 'sheets are shown when all are in' USING ERRCODE = 'restrict_violation';
    END IF;
  END LOOP;
  RETURN NEW;
END $$;

-- Who has left the committee does not come back.
CREATE FUNCTION evaluation_member_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.replaced_at IS NOT NULL AND (NEW.replaced_at IS DISTINCT FROM OLD.replaced_at
      OR NEW.replaced_entry IS DISTINCT FROM OLD.replaced_entry) THEN
    RAISE EXCEPTION 'a replaced member stays replaced' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER evaluation_members_gone BEFORE UPDATE ON evaluation_members
  FOR EACH ROW EXECUTE FUNCTION evaluation_member_gone();
"""


def upgrade() -> None:
    op.execute(ABSENCES)
    op.execute(EVALUATION)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
