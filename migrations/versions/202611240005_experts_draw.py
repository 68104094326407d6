"""The roster of experts, sealed at rest, and the verifiable draw: parties, lists, beacons, calls, committee.

Revision ID: 0013
Revises: 0012
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# Whoever reads these tables without the platform's `personal` key learns numbers and times, never a person.
ROSTER = """
CREATE TABLE roster_changes (
  id uuid CONSTRAINT pk_roster_changes PRIMARY KEY,
  kind text NOT NULL CONSTRAINT ck_roster_changes_kind CHECK (kind IN ('import', 'absence', 'lift')),
  state text NOT NULL CONSTRAINT ck_roster_changes_state CHECK (state IN ('proposed', 'confirmed', 'rejected')),
  sealed bytea NOT NULL,
  entry_id uuid NOT NULL,
  counts jsonb NOT NULL,
  proposed_by uuid NOT NULL CONSTRAINT fk_roster_changes_proposed_by REFERENCES people (id),
  proposed_at timestamptz NOT NULL,
  decided_by uuid CONSTRAINT fk_roster_changes_decided_by REFERENCES people (id),
  decided_at timestamptz,
  CONSTRAINT ck_roster_changes_two_people CHECK (state <> 'confirmed' OR decided_by <> proposed_by)
);
CREATE TABLE experts (
  id uuid CONSTRAINT pk_experts PRIMARY KEY,
  number text COLLATE "C" NOT NULL CONSTRAINT uq_experts_number UNIQUE,
  person_tag bytea NOT NULL CONSTRAINT uq_experts_person_tag UNIQUE,
  version_id uuid NOT NULL,
  person_id uuid CONSTRAINT fk_experts_person_id REFERENCES people (id),
  membership_id uuid CONSTRAINT fk_experts_membership_id REFERENCES memberships (id),
  enrolled_at timestamptz NOT NULL
);
CREATE TABLE expert_versions (
  id uuid CONSTRAINT pk_expert_versions PRIMARY KEY,
  expert_id uuid NOT NULL CONSTRAINT fk_expert_versions_expert_id REFERENCES experts (id),
  leaf bytea NOT NULL CONSTRAINT uq_expert_versions_leaf UNIQUE,
  sealed bytea NOT NULL,
  change_id uuid NOT NULL CONSTRAINT fk_expert_versions_change_id REFERENCES roster_changes (id)
);
CREATE TABLE expert_absences (
  id uuid CONSTRAINT pk_expert_absences PRIMARY KEY,
  expert_id uuid NOT NULL CONSTRAINT fk_expert_absences_expert_id REFERENCES experts (id),
  kind text NOT NULL CONSTRAINT ck_expert_absences_kind CHECK (kind IN ('leave', 'suspended')),
  starts_at timestamptz NOT NULL,
  ends_at timestamptz,
  lifted_at timestamptz,
  change_id uuid NOT NULL CONSTRAINT fk_expert_absences_change_id REFERENCES roster_changes (id)
);
CREATE INDEX ix_expert_absences_expert_id ON expert_absences (expert_id);
CREATE TABLE roster_snapshots (
  root text CONSTRAINT pk_roster_snapshots PRIMARY KEY,
  size integer NOT NULL,
  versions uuid[] NOT NULL,
  made_at timestamptz NOT NULL
);
CREATE TABLE roster_days (
  day date CONSTRAINT pk_roster_days PRIMARY KEY,
  root text NOT NULL CONSTRAINT fk_roster_days_root REFERENCES roster_snapshots (root),
  journalled_at timestamptz NOT NULL,
  entry_id uuid NOT NULL
);
GRANT SELECT, INSERT, UPDATE ON roster_changes, experts, expert_absences TO trading_app;
GRANT SELECT, INSERT ON expert_versions, roster_snapshots, roster_days TO trading_app;
"""

DRAWS = """
CREATE TABLE draws (
  id uuid CONSTRAINT pk_draws PRIMARY KEY,
  lot_id uuid NOT NULL CONSTRAINT fk_draws_lot_id REFERENCES lots (id),
  number integer NOT NULL,
  previous_id uuid CONSTRAINT fk_draws_previous_id REFERENCES draws (id),
  continued boolean NOT NULL,
  state text NOT NULL CONSTRAINT ck_draws_state CHECK (state IN
    ('proposed', 'announced', 'calling', 'complete', 'exhausted', 'unlocked', 'cancelled')),
  plan jsonb NOT NULL,
  proposed_by uuid NOT NULL CONSTRAINT fk_draws_proposed_by REFERENCES people (id),
  proposed_at timestamptz NOT NULL,
  confirmed_by uuid CONSTRAINT fk_draws_confirmed_by REFERENCES people (id),
  announced_at timestamptz,
  announcement bytea,
  ann text CONSTRAINT uq_draws_ann UNIQUE,
  roster_root text CONSTRAINT fk_draws_roster_root REFERENCES roster_snapshots (root),
  entry_id uuid,
  filtered_entry uuid,
  settled_at timestamptz,
  settled_entry uuid,
  missing jsonb,
  seed text,
  computed_at timestamptz,
  computed_entry uuid,
  completed_at timestamptz,
  completed_entry uuid,
  recused_at timestamptz,
  unlocked_at timestamptz,
  cancelled_at timestamptz,
  cancelled_entry uuid,
  reason text,
  CONSTRAINT ck_draws_two_people CHECK (confirmed_by <> proposed_by),
  CONSTRAINT ck_draws_announced CHECK ((announcement IS NULL) = (ann IS NULL))
);
CREATE UNIQUE INDEX uq_draws_number ON draws (lot_id, number);
CREATE UNIQUE INDEX uq_draws_live ON draws (lot_id) WHERE state <> 'cancelled';
CREATE TABLE draw_lists (
  draw_id uuid NOT NULL CONSTRAINT fk_draw_lists_draw_id REFERENCES draws (id),
  position integer NOT NULL,
  specialty text NOT NULL,
  root text NOT NULL,
  codes text[] NOT NULL,
  CONSTRAINT pk_draw_lists PRIMARY KEY (draw_id, position)
);
CREATE TABLE draw_parties (
  draw_id uuid NOT NULL CONSTRAINT fk_draw_parties_draw_id REFERENCES draws (id),
  party text NOT NULL,
  position integer NOT NULL,
  membership_id uuid NOT NULL CONSTRAINT fk_draw_parties_membership_id REFERENCES memberships (id),
  commit text,
  committed_at timestamptz,
  commit_entry uuid,
  reveal text,
  revealed_at timestamptz,
  reveal_entry uuid,
  source text CONSTRAINT ck_draw_parties_source CHECK (source IN ('party', 'escrow')),
  CONSTRAINT pk_draw_parties PRIMARY KEY (draw_id, party),
  CONSTRAINT ck_draw_parties_reveal CHECK (reveal IS NULL OR commit IS NOT NULL)
);
CREATE TABLE draw_beacons (
  id uuid CONSTRAINT pk_draw_beacons PRIMARY KEY,
  draw_id uuid NOT NULL CONSTRAINT fk_draw_beacons_draw_id REFERENCES draws (id),
  position integer NOT NULL,
  value text,
  person_id uuid NOT NULL CONSTRAINT fk_draw_beacons_person_id REFERENCES people (id),
  at timestamptz NOT NULL,
  entry_id uuid NOT NULL,
  CONSTRAINT uq_draw_beacons_person UNIQUE (draw_id, position, person_id)
);
CREATE TABLE draw_calls (
  id text CONSTRAINT pk_draw_calls PRIMARY KEY,
  draw_id uuid NOT NULL CONSTRAINT fk_draw_calls_draw_id REFERENCES draws (id),
  specialty text NOT NULL,
  position integer NOT NULL,
  version_id uuid NOT NULL CONSTRAINT fk_draw_calls_version_id REFERENCES expert_versions (id),
  state text NOT NULL CONSTRAINT ck_draw_calls_state CHECK (state IN
    ('made', 'sent', 'accepted', 'declined', 'unanswered', 'recused')),
  made_at timestamptz NOT NULL,
  made_entry uuid NOT NULL,
  ends_at timestamptz,
  wrong_pins integer NOT NULL,
  record bytea,
  answered_at timestamptz,
  entry_id uuid,
  recusal text,
  recused_at timestamptz,
  recusal_entry uuid
);
CREATE UNIQUE INDEX uq_draw_calls_place ON draw_calls (draw_id, specialty, position);
CREATE TABLE committee_members (
  draw_id uuid NOT NULL CONSTRAINT fk_committee_members_draw_id REFERENCES draws (id),
  lot_id uuid NOT NULL CONSTRAINT fk_committee_members_lot_id REFERENCES lots (id),
  seat integer NOT NULL,
  specialty text NOT NULL,
  version_id uuid NOT NULL CONSTRAINT fk_committee_members_version_id REFERENCES expert_versions (id),
  person_id uuid NOT NULL CONSTRAINT fk_committee_members_person_id REFERENCES people (id),
  account_id uuid NOT NULL CONSTRAINT fk_committee_members_account_id REFERENCES accounts (id),
  membership_id uuid NOT NULL CONSTRAINT fk_committee_members_membership_id REFERENCES memberships (id),
  pseudonym text NOT NULL,
  CONSTRAINT pk_committee_members PRIMARY KEY (draw_id, seat)
);
CREATE UNIQUE INDEX uq_committee_members_lot_id ON committee_members (lot_id, membership_id);
CREATE TABLE gateway_messages (
  id text CONSTRAINT pk_gateway_messages PRIMARY KEY,
  kind text NOT NULL CONSTRAINT ck_gateway_messages_kind CHECK (kind IN ('pin', 'account')),
  state text NOT NULL CONSTRAINT ck_gateway_messages_state CHECK (state IN ('made', 'sent')),
  sealed bytea,
  made_at timestamptz NOT NULL,
  sent_at timestamptz
);
GRANT SELECT, INSERT, UPDATE ON draws, draw_parties, draw_beacons, draw_calls, gateway_messages TO trading_app;
GRANT SELECT, INSERT ON draw_lists, committee_members TO trading_app;
"""

# What was announced, committed, revealed and answered is never rewritten, not even by a mistake of our own.
FIXED = """
CREATE FUNCTION draws_stay_as_announced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.announcement IS NOT NULL AND (NEW.announcement, NEW.ann, NEW.roster_root, NEW.lot_id)
     IS DISTINCT FROM (OLD.announcement, OLD.ann, OLD.roster_root, OLD.lot_id) THEN
    RAISE EXCEPTION 'an announced draw is never changed';
  END IF;
  IF OLD.seed IS NOT NULL AND NEW.seed IS DISTINCT FROM OLD.seed THEN
    RAISE EXCEPTION 'a computed draw is never computed again';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER stay_as_announced BEFORE UPDATE ON draws
  FOR EACH ROW EXECUTE FUNCTION draws_stay_as_announced();
CREATE FUNCTION draw_parties_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.commit IS NOT NULL AND NEW.commit IS DISTINCT FROM OLD.commit)
     OR (OLD.reveal IS NOT NULL AND NEW.reveal IS DISTINCT FROM OLD.reveal)
     OR NEW.membership_id <> OLD.membership_id THEN
    RAISE EXCEPTION 'a commitment or a reveal is never changed';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER stay BEFORE UPDATE ON draw_parties FOR EACH ROW EXECUTE FUNCTION draw_parties_stay();
CREATE FUNCTION draw_calls_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.record IS NOT NULL AND NEW.record IS DISTINCT FROM OLD.record)
     OR (NEW.draw_id, NEW.specialty, NEW.position, NEW.version_id)
        IS DISTINCT FROM (OLD.draw_id, OLD.specialty, OLD.position, OLD.version_id) THEN
    RAISE EXCEPTION 'an answered call is never changed';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER stay BEFORE UPDATE ON draw_calls FOR EACH ROW EXECUTE FUNCTION draw_calls_stay();
"""


def upgrade() -> None:
    op.execute(ROSTER)
    op.execute(DRAWS)
    op.execute(FIXED)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
