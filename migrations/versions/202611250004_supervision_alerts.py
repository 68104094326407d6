"""Alerts of supervision (监察预警), what was done about each, and how far the journal has been read.

Revision ID: 0020
Revises: 0019
"""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE alerts (
  id uuid CONSTRAINT pk_alerts PRIMARY KEY,
  rule text COLLATE "C" NOT NULL,
  severity text COLLATE "C" NOT NULL CONSTRAINT ck_alerts_severity CHECK (severity IN ('notice', 'yellow', 'red')),
  lot_id uuid NOT NULL CONSTRAINT fk_alerts_lot_id REFERENCES lots (id),
  subject text COLLATE "C" NOT NULL,
  cause text COLLATE "C" NOT NULL,
  parameter jsonb NOT NULL,
  facts jsonb NOT NULL,
  evidence uuid[] NOT NULL,
  party text COLLATE "C" NOT NULL CONSTRAINT ck_alerts_party CHECK (party IN ('tenderer', 'official', 'finance')),
  party_org_id uuid CONSTRAINT fk_alerts_party_org_id REFERENCES organisations (id),
  due_at timestamptz,
  happened_at timestamptz,
  raised_at timestamptz NOT NULL,
  entry_id uuid NOT NULL,
  state text COLLATE "C" NOT NULL CONSTRAINT ck_alerts_state
    CHECK (state IN ('raised', 'assigned', 'asked', 'answered', 'closed')),
  assignee_id uuid CONSTRAINT fk_alerts_assignee_id REFERENCES people (id),
  reply_by timestamptz,
  CONSTRAINT uq_alerts_rule UNIQUE (rule, subject, cause),
  CONSTRAINT ck_alerts_party_org_id CHECK ((party = 'tenderer') = (party_org_id IS NOT NULL)),
  CONSTRAINT ck_alerts_assignee_id CHECK (state = 'raised' OR assignee_id IS NOT NULL),
  CONSTRAINT ck_alerts_reply_by CHECK (state <> 'asked' OR reply_by IS NOT NULL)
);
CREATE INDEX ix_alerts_lot_id ON alerts (lot_id);
CREATE INDEX ix_alerts_state ON alerts (state, raised_at);
CREATE TABLE alert_acts (
  alert_id uuid NOT NULL CONSTRAINT fk_alert_acts_alert_id REFERENCES alerts (id),
  number smallint NOT NULL CONSTRAINT ck_alert_acts_number CHECK (number >= 1),
  kind text COLLATE "C" NOT NULL CONSTRAINT ck_alert_acts_kind
    CHECK (kind IN ('assigned', 'asked', 'answered', 'closed')),
  person_id uuid NOT NULL CONSTRAINT fk_alert_acts_person_id REFERENCES people (id),
  person_name text NOT NULL,
  org_name text NOT NULL,
  words text NOT NULL,
  detail jsonb NOT NULL,
  at timestamptz NOT NULL,
  entry_id uuid NOT NULL,
  CONSTRAINT pk_alert_acts PRIMARY KEY (alert_id, number)
);
CREATE TABLE supervision_progress (
  id smallint CONSTRAINT pk_supervision_progress PRIMARY KEY CONSTRAINT ck_supervision_progress_id CHECK (id = 1),
  leaf bigint NOT NULL
);
INSERT INTO supervision_progress VALUES (1, -1);
"""

RIGHTS = """
GRANT SELECT, INSERT ON alerts, alert_acts TO trading_app;
GRANT UPDATE (state, assignee_id, party, party_org_id, reply_by) ON alerts TO trading_app;
GRANT SELECT, UPDATE ON supervision_progress TO trading_app;
CREATE TRIGGER alert_acts_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON alert_acts
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    for statement in (TABLES, RIGHTS):
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
