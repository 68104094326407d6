"""Evaluation: a lot's terms and its two new states, committees at work, their sheets under row security, reports.

Revision ID: 0014
Revises: 0013
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

LOTS = """
-- Fixed at registration: the application may write it with the row and never again. Lots of before have no terms.
ALTER TABLE lots ADD COLUMN evaluation jsonb;
ALTER TABLE lots DROP CONSTRAINT ck_lots_state;
ALTER TABLE lots ADD CONSTRAINT ck_lots_state CHECK (state IN
  ('registered', 'published', 'closed', 'opening', 'opened', 'evaluating', 'evaluated', 'failed'));
"""

EVALUATION = """
CREATE TABLE evaluations (
  lot_id uuid CONSTRAINT pk_evaluations PRIMARY KEY CONSTRAINT fk_evaluations_lot_id REFERENCES lots (id),
  members smallint NOT NULL CONSTRAINT ck_evaluations_members CHECK (members >= 5 AND members % 2 = 1),
  stage text NOT NULL CONSTRAINT ck_evaluations_stage
    CHECK (stage IN ('seated', 'reviewing', 'choosing', 'scoring', 'signing', 'done')),
  choice text CONSTRAINT ck_evaluations_choice CHECK (choice IN ('continue', 'reject_all')),
  review_open_at timestamptz,
  choice_open_at timestamptz,
  score_open_at timestamptz,
  begun_at timestamptz NOT NULL,
  entry_id uuid NOT NULL
);
CREATE TABLE evaluation_members (
  lot_id uuid NOT NULL CONSTRAINT fk_evaluation_members_lot_id REFERENCES evaluations (lot_id),
  seat smallint NOT NULL,
  membership_id uuid NOT NULL,
  person_id uuid NOT NULL,
  pseudonym text NOT NULL,
  accepted_at timestamptz,
  CONSTRAINT pk_evaluation_members PRIMARY KEY (lot_id, seat),
  CONSTRAINT uq_evaluation_members_lot_id_person_id UNIQUE (lot_id, person_id)
);
CREATE INDEX ix_evaluation_members_membership_id ON evaluation_members (membership_id);

-- Who has handed in what: no content, so that it may be counted.
CREATE TABLE evaluation_submissions (
  lot_id uuid NOT NULL,
  seat smallint NOT NULL,
  kind text NOT NULL CONSTRAINT ck_evaluation_submissions_kind CHECK (kind IN ('review', 'choice', 'score')),
  commitment text NOT NULL,
  submitted_at timestamptz NOT NULL,
  entry_id uuid NOT NULL,
  CONSTRAINT pk_evaluation_submissions PRIMARY KEY (lot_id, seat, kind),
  CONSTRAINT fk_evaluation_submissions_lot_id FOREIGN KEY (lot_id, seat)
    REFERENCES evaluation_members (lot_id, seat)
);
CREATE TRIGGER evaluation_submissions_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON evaluation_submissions
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What a member writes is that member's alone until everybody's of the kind is in: row security says so to every
-- statement of the application, whatever it asks.
CREATE TABLE evaluation_sheets (
  lot_id uuid NOT NULL,
  seat smallint NOT NULL,
  kind text NOT NULL CONSTRAINT ck_evaluation_sheets_kind CHECK (kind IN ('review', 'choice', 'score')),
  membership_id uuid NOT NULL,
  body jsonb NOT NULL,
  salt bytea NOT NULL CONSTRAINT ck_evaluation_sheets_salt CHECK (length(salt) = 32),
  changed_at timestamptz NOT NULL,
  CONSTRAINT pk_evaluation_sheets PRIMARY KEY (lot_id, seat, kind),
  CONSTRAINT fk_evaluation_sheets_lot_id FOREIGN KEY (lot_id, seat) REFERENCES evaluation_members (lot_id, seat)
);
CREATE FUNCTION evaluation_sheet_open(lot uuid, sheet text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM evaluations WHERE lot_id = lot AND CASE sheet
    WHEN 'review' THEN review_open_at WHEN 'choice' THEN choice_open_at ELSE score_open_at END IS NOT NULL)
$$;
ALTER TABLE evaluation_sheets ENABLE ROW LEVEL SECURITY;
ALTER TABLE evaluation_sheets FORCE ROW LEVEL SECURITY;
CREATE POLICY evaluation_sheets_own ON evaluation_sheets TO PUBLIC
  USING (membership_id = nullif(current_setting('trading.membership', true), '')::uuid)
  WITH CHECK (membership_id = nullif(current_setting('trading.membership', true), '')::uuid);
CREATE POLICY evaluation_sheets_open ON evaluation_sheets FOR SELECT TO PUBLIC
  USING (evaluation_sheet_open(lot_id, kind));

CREATE FUNCTION evaluation_sheet_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR EXISTS (SELECT 1 FROM evaluation_submissions s
      WHERE s.lot_id = OLD.lot_id AND s.seat = OLD.seat AND s.kind = OLD.kind) THEN
    RAISE EXCEPTION 'a submitted sheet is never changed' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER evaluation_sheets_frozen BEFORE UPDATE OR DELETE ON evaluation_sheets
  FOR EACH ROW EXECUTE FUNCTION evaluation_sheet_frozen();

-- Opening the sheets of a kind to each other before all are in is refused here too.
CREATE FUNCTION evaluation_all_in() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['review', 'choice', 'score'] LOOP
    IF (CASE wanted WHEN 'review' THEN NEW.review_open_at WHEN 'choice' THEN NEW.choice_open_at
        ELSE NEW.score_open_at END) IS NOT NULL
      AND (SELECT count(*) FROM evaluation_submissions WHERE lot_id = NEW.lot_id AND kind = wanted) < NEW.members
    THEN
      RAISE EXCEPTION 'sheets are shown when all are in' USING ERRCODE = 'restrict_violation';
    END IF;
  END LOOP;
  RETURN NEW;
END $$;
CREATE TRIGGER evaluations_all_in BEFORE INSERT OR UPDATE ON evaluations
  FOR EACH ROW EXECUTE FUNCTION evaluation_all_in();

CREATE TABLE evaluation_reports (
  lot_id uuid CONSTRAINT pk_evaluation_reports PRIMARY KEY
    CONSTRAINT fk_evaluation_reports_lot_id REFERENCES evaluations (lot_id),
  digest text NOT NULL,
  body text NOT NULL,
  made_at timestamptz NOT NULL,
  sign_by timestamptz NOT NULL,
  entry_id uuid NOT NULL
);
CREATE TABLE evaluation_signatures (
  lot_id uuid NOT NULL CONSTRAINT fk_evaluation_signatures_lot_id REFERENCES evaluation_reports (lot_id),
  seat smallint NOT NULL,
  fingerprint text,
  certificate text,
  signature text,
  dissent text,
  signed_at timestamptz NOT NULL,
  entry_id uuid NOT NULL,
  CONSTRAINT pk_evaluation_signatures PRIMARY KEY (lot_id, seat),
  -- Either a whole signature, or none: deemed to agree.
  CONSTRAINT ck_evaluation_signatures_whole CHECK ((fingerprint IS NULL) = (signature IS NULL)
    AND (fingerprint IS NULL) = (certificate IS NULL) AND (fingerprint IS NOT NULL OR dissent IS NULL))
);
CREATE TRIGGER evaluation_reports_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON evaluation_reports
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER evaluation_signatures_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON evaluation_signatures
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT, UPDATE (stage, choice, review_open_at, choice_open_at, score_open_at) ON evaluations
  TO trading_app;
GRANT SELECT, INSERT, UPDATE (accepted_at) ON evaluation_members TO trading_app;
GRANT SELECT, INSERT ON evaluation_submissions, evaluation_reports, evaluation_signatures TO trading_app;
GRANT SELECT, INSERT, UPDATE (body, changed_at) ON evaluation_sheets TO trading_app;
"""


def upgrade() -> None:
    op.execute(LOTS)
    op.execute(EVALUATION)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
