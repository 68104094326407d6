"""Roles, lawful time, outbox, inbox, timers, live events, the task queue.

Revision ID: 0001
Revises:
"""

from alembic import op
from dramatiq_postgres.schema import generate_init_sql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ROLES = """
DO $$
DECLARE role_name text;
BEGIN
  FOREACH role_name IN ARRAY ARRAY['trading_owner', 'trading_app', 'trading_sequencer'] LOOP
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = role_name) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
    END IF;
  END LOOP;
END $$;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO trading_app, trading_sequencer;
"""

TIME = """
CREATE FUNCTION platform_offset_ms() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT 0::bigint';
CREATE FUNCTION platform_now() RETURNS timestamptz LANGUAGE sql VOLATILE
  AS $$ SELECT clock_timestamp() + platform_offset_ms() * interval '1 millisecond' $$;
GRANT EXECUTE ON FUNCTION platform_offset_ms(), platform_now() TO trading_app, trading_sequencer;

-- What this database is, written once: the journal origin keeps demonstration and real data apart.
CREATE TABLE platform_facts (name text PRIMARY KEY, value text NOT NULL);
GRANT SELECT, INSERT ON platform_facts TO trading_app;
GRANT SELECT ON platform_facts TO trading_sequencer;

-- Rows that must never change: attach to a table BEFORE UPDATE OR DELETE OR TRUNCATE.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
"""

MESSAGES = """
CREATE TABLE outbox (
  id uuid PRIMARY KEY,
  event text NOT NULL,
  payload jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  sent_at timestamptz
);
CREATE INDEX ix_outbox_waiting ON outbox (id) WHERE sent_at IS NULL;
CREATE TABLE inbox (
  consumer text NOT NULL,
  message_id uuid NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (consumer, message_id)
);
CREATE TABLE timers (
  key text PRIMARY KEY,
  due_at timestamptz NOT NULL,
  event text NOT NULL,
  payload jsonb NOT NULL,
  fired_at timestamptz,
  late boolean
);
CREATE INDEX ix_timers_due ON timers (due_at) WHERE fired_at IS NULL;
CREATE TABLE live_events (
  stream text NOT NULL,
  seq bigint NOT NULL,
  kind text NOT NULL,
  data jsonb NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (stream, seq)
);
GRANT SELECT, INSERT, UPDATE ON outbox TO trading_app;
GRANT SELECT, INSERT ON inbox, live_events TO trading_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON timers TO trading_app;
"""

QUEUE_GRANTS = """
GRANT USAGE ON SCHEMA dramatiq TO trading_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA dramatiq TO trading_app;
"""


def upgrade() -> None:
    for statements in (ROLES, TIME, MESSAGES, generate_init_sql(), QUEUE_GRANTS):
        op.execute(statements)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
