"""Projects, lots, milestones, participations under row security, procedure profiles, the working-day calendar.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op
from chinese_calendar import constants

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SEED_FROM = 2024
CHINESE = {holiday.value: holiday.chinese for holiday in constants.Holiday}

CALENDAR = """
CREATE TABLE calendar_years (
  year integer CONSTRAINT pk_calendar_years PRIMARY KEY
    CONSTRAINT ck_calendar_years_year CHECK (year BETWEEN 2000 AND 2199),
  source text NOT NULL
);
CREATE TABLE calendar_days (
  day date CONSTRAINT pk_calendar_days PRIMARY KEY,
  working boolean NOT NULL,
  name text NOT NULL
);
GRANT SELECT, INSERT ON calendar_years TO trading_app;
GRANT SELECT, INSERT, UPDATE (working, name), DELETE ON calendar_days TO trading_app;
"""

PROJECTS = """
-- The exact profile a project was registered under: running projects keep the old law.
CREATE TABLE profile_versions (
  digest text COLLATE "C" CONSTRAINT pk_profile_versions PRIMARY KEY,
  name text NOT NULL,
  version integer NOT NULL,
  body jsonb NOT NULL,
  first_used_at timestamptz NOT NULL
);
CREATE TRIGGER profile_versions_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON profile_versions
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE registration_serials (
  day date CONSTRAINT pk_registration_serials PRIMARY KEY,
  last integer NOT NULL CONSTRAINT ck_registration_serials_last CHECK (last BETWEEN 1 AND 999999)
);

-- Drafts are nobody's record: not journalled, thrown away by their owner, gone when the project is registered.
CREATE TABLE project_drafts (
  id uuid CONSTRAINT pk_project_drafts PRIMARY KEY,
  org_id uuid NOT NULL CONSTRAINT fk_project_drafts_org_id REFERENCES organisations (id),
  created_by uuid NOT NULL,
  body jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  changed_at timestamptz NOT NULL
);
CREATE INDEX ix_project_drafts_org_id ON project_drafts (org_id);

CREATE TABLE projects (
  id uuid CONSTRAINT pk_projects PRIMARY KEY,
  code text COLLATE "C" NOT NULL,
  unified_code text COLLATE "C" NOT NULL CONSTRAINT uq_projects_unified_code UNIQUE
    CONSTRAINT ck_projects_unified_code CHECK (unified_code ~ '^[0-9A-Z]{35}[0-9A-Z*]$'),
  receipt_no text COLLATE "C" NOT NULL CONSTRAINT uq_projects_receipt_no UNIQUE,
  name text NOT NULL,
  tenderer_org_id uuid NOT NULL CONSTRAINT fk_projects_tenderer_org_id REFERENCES organisations (id),
  tenderer_name text NOT NULL,
  agency_org_id uuid CONSTRAINT fk_projects_agency_org_id REFERENCES organisations (id),
  agency_name text,
  profile text NOT NULL,
  profile_digest text COLLATE "C" NOT NULL
    CONSTRAINT fk_projects_profile_digest REFERENCES profile_versions (digest),
  region text COLLATE "C" NOT NULL,
  category text COLLATE "C" NOT NULL,
  funding text NOT NULL,
  estimate_fen bigint NOT NULL CONSTRAINT ck_projects_estimate_fen CHECK (estimate_fen > 0),
  notice_on date NOT NULL,
  registered_at timestamptz NOT NULL,
  registered_by uuid NOT NULL,
  entry_id uuid NOT NULL CONSTRAINT fk_projects_entry_id REFERENCES journal_entries (id)
);
CREATE INDEX ix_projects_tenderer_org_id ON projects (tenderer_org_id);
CREATE INDEX ix_projects_agency_org_id ON projects (agency_org_id);

CREATE TABLE lots (
  id uuid CONSTRAINT pk_lots PRIMARY KEY,
  project_id uuid NOT NULL CONSTRAINT fk_lots_project_id REFERENCES projects (id),
  number text COLLATE "C" NOT NULL,
  name text NOT NULL,
  scope text NOT NULL,
  estimate_fen bigint NOT NULL CONSTRAINT ck_lots_estimate_fen CHECK (estimate_fen > 0),
  ceiling_fen bigint CONSTRAINT ck_lots_ceiling_fen CHECK (ceiling_fen > 0),
  deposit_fen bigint NOT NULL CONSTRAINT ck_lots_deposit_fen CHECK (deposit_fen >= 0),
  duration_days integer NOT NULL CONSTRAINT ck_lots_duration_days CHECK (duration_days > 0),
  quality text NOT NULL,
  validity_days integer NOT NULL CONSTRAINT ck_lots_validity_days CHECK (validity_days > 0),
  issue_from date NOT NULL,
  issue_to date NOT NULL CONSTRAINT ck_lots_issue_to CHECK (issue_to >= issue_from),
  deadline_at timestamptz NOT NULL,
  state text NOT NULL CONSTRAINT ck_lots_state
    CHECK (state IN ('registered', 'published', 'closed', 'opening', 'opened', 'failed')),
  participants_public_at timestamptz,
  -- Who takes part is nobody's business before the deadline, whatever a statement may set (招标投标法 22, 52).
  CONSTRAINT ck_lots_participants_public_at CHECK (participants_public_at >= deadline_at),
  CONSTRAINT uq_lots_project_id_number UNIQUE (project_id, number)
);
CREATE INDEX ix_lots_state_deadline_at ON lots (state, deadline_at);

CREATE TABLE milestones (
  subject_kind text NOT NULL,
  subject_id uuid NOT NULL,
  key text NOT NULL,
  position integer NOT NULL,
  role text NOT NULL,
  due_at timestamptz,
  done_at timestamptz,
  entry_id uuid CONSTRAINT fk_milestones_entry_id REFERENCES journal_entries (id),
  CONSTRAINT pk_milestones PRIMARY KEY (subject_kind, subject_id, key),
  CONSTRAINT ck_milestones_done CHECK ((done_at IS NULL) = (entry_id IS NULL))
);

GRANT SELECT, INSERT ON profile_versions TO trading_app;
GRANT SELECT, INSERT, UPDATE (last) ON registration_serials TO trading_app;
GRANT SELECT, INSERT, UPDATE (body, changed_at), DELETE ON project_drafts TO trading_app;
GRANT SELECT, INSERT, UPDATE (notice_on) ON projects TO trading_app;
GRANT SELECT, INSERT, UPDATE (state, issue_from, issue_to, deadline_at, participants_public_at) ON lots TO trading_app;
GRANT SELECT, INSERT, UPDATE (due_at, done_at, entry_id) ON milestones TO trading_app;
"""

PARTICIPATIONS = """
-- What joins an organisation to a lot before opening. No time, no person: nothing to count or to order by.
CREATE TABLE participations (
  lot_id uuid NOT NULL CONSTRAINT fk_participations_lot_id REFERENCES lots (id),
  org_id uuid NOT NULL CONSTRAINT fk_participations_org_id REFERENCES organisations (id),
  kind text COLLATE "C" NOT NULL,
  CONSTRAINT pk_participations PRIMARY KEY (lot_id, org_id, kind)
);
CREATE TRIGGER participations_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON participations
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE participations ENABLE ROW LEVEL SECURITY;
ALTER TABLE participations FORCE ROW LEVEL SECURITY;
CREATE POLICY participations_own ON participations FOR SELECT TO PUBLIC
  USING (org_id = nullif(current_setting('trading.org', true), '')::uuid);
CREATE POLICY participations_public ON participations FOR SELECT TO PUBLIC
  USING (EXISTS (SELECT 1 FROM lots WHERE lots.id = lot_id AND lots.participants_public_at <= platform_now()));
CREATE POLICY participations_join ON participations FOR INSERT TO PUBLIC
  WITH CHECK (org_id = nullif(current_setting('trading.org', true), '')::uuid);
GRANT SELECT, INSERT ON participations TO trading_app;
"""


def seed_calendar() -> None:
    """The years the library knows; a later one is entered by a person from the State Council's notice."""
    last = max(constants.holidays).year
    years = sa.table("calendar_years", sa.column("year"), sa.column("source"))
    days = sa.table("calendar_days", sa.column("day"), sa.column("working"), sa.column("name"))
    op.bulk_insert(years, [{"year": year, "source": "chinesecalendar"} for year in range(SEED_FROM, last + 1)])
    op.bulk_insert(
        days,
        [
            {"day": day, "working": working, "name": CHINESE[name]}
            for table, working in ((constants.holidays, False), (constants.workdays, True))
            for day, name in table.items()
            if day.year >= SEED_FROM
        ],
    )


def upgrade() -> None:
    for statements in (CALENDAR, PROJECTS, PARTICIPATIONS):
        op.execute(statements)
    seed_calendar()


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
