"""Packages of closed projects, what is in them, and how often they were read again.

Revision ID: 0019
Revises: 0018
"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE archive_packages (
  id uuid CONSTRAINT pk_archive_packages PRIMARY KEY,
  project_id uuid NOT NULL CONSTRAINT fk_archive_packages_project_id REFERENCES projects (id),
  state text NOT NULL CONSTRAINT ck_archive_packages_state
    CHECK (state IN ('proposed', 'declined', 'approved', 'composed', 'sealed')),
  reason text NOT NULL,
  gaps jsonb NOT NULL,
  proposed_by uuid NOT NULL,
  proposed_name text NOT NULL,
  proposed_at timestamptz NOT NULL,
  decided_by uuid,
  decided_name text,
  decided_at timestamptz,
  decision text NOT NULL DEFAULT '',
  files integer NOT NULL DEFAULT 0 CONSTRAINT ck_archive_packages_files CHECK (files >= 0),
  bytes bigint NOT NULL DEFAULT 0,
  done bigint NOT NULL DEFAULT 0,
  inventory text COLLATE "C",
  composed_entry_id uuid,
  object_key text COLLATE "C",
  object_version text COLLATE "C",
  digest text COLLATE "C" CONSTRAINT ck_archive_packages_digest CHECK (digest ~ '^[0-9a-f]{64}$'),
  size bigint,
  retain_until timestamptz,
  sealed_at timestamptz,
  entry_id uuid,
  -- Four eyes: who proposed does not decide.
  CONSTRAINT ck_archive_packages_decided_by CHECK (decided_by IS NULL OR decided_by <> proposed_by),
  CONSTRAINT ck_archive_packages_decided_at
    CHECK ((state = 'proposed') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL)),
  CONSTRAINT ck_archive_packages_sealed CHECK ((state = 'sealed') = (sealed_at IS NOT NULL)
    AND (sealed_at IS NULL) = (digest IS NULL) AND (sealed_at IS NULL) = (object_version IS NULL)
    AND (sealed_at IS NULL) = (retain_until IS NULL) AND (sealed_at IS NULL) = (entry_id IS NULL))
);
-- One package of a project is under way or sealed; declined ones stay beside it.
CREATE UNIQUE INDEX uq_archive_packages_project_id ON archive_packages (project_id) WHERE state <> 'declined';
CREATE TABLE archive_files (
  package_id uuid NOT NULL CONSTRAINT fk_archive_files_package_id REFERENCES archive_packages (id),
  path text COLLATE "C" NOT NULL,
  size bigint NOT NULL CONSTRAINT ck_archive_files_size CHECK (size >= 0),
  sha256 text COLLATE "C" NOT NULL CONSTRAINT ck_archive_files_sha256 CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  restricted boolean NOT NULL,
  CONSTRAINT pk_archive_files PRIMARY KEY (package_id, path)
);
CREATE TABLE archive_sweeps (
  id uuid CONSTRAINT pk_archive_sweeps PRIMARY KEY,
  begun_at timestamptz NOT NULL,
  ended_at timestamptz NOT NULL,
  packages integer NOT NULL,
  files integer NOT NULL,
  bytes bigint NOT NULL,
  findings integer NOT NULL,
  entry_id uuid NOT NULL
);
CREATE TABLE archive_readings (
  sweep_id uuid NOT NULL CONSTRAINT fk_archive_readings_sweep_id REFERENCES archive_sweeps (id),
  package_id uuid NOT NULL CONSTRAINT fk_archive_readings_package_id REFERENCES archive_packages (id),
  at timestamptz NOT NULL,
  files integer NOT NULL,
  bytes bigint NOT NULL,
  findings integer NOT NULL,
  CONSTRAINT pk_archive_readings PRIMARY KEY (sweep_id, package_id)
);
CREATE INDEX ix_archive_readings_package_id ON archive_readings (package_id);
CREATE TABLE archive_findings (
  id uuid CONSTRAINT pk_archive_findings PRIMARY KEY,
  sweep_id uuid NOT NULL,
  package_id uuid NOT NULL,
  kind text NOT NULL CONSTRAINT ck_archive_findings_kind
    CHECK (kind IN ('changed', 'missing', 'added', 'unreadable', 'gone', 'replaced', 'unlocked')),
  path text COLLATE "C" NOT NULL,
  expected text NOT NULL,
  found text NOT NULL,
  entry_id uuid NOT NULL,
  CONSTRAINT fk_archive_findings_reading FOREIGN KEY (sweep_id, package_id)
    REFERENCES archive_readings (sweep_id, package_id)
);
CREATE INDEX ix_archive_findings_package_id ON archive_findings (package_id);
"""

# What was sealed, and what a reading found, is never changed or taken back.
GUARDS = """
CREATE FUNCTION archive_package_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state IN ('sealed', 'declined') THEN
    RAISE EXCEPTION 'a package that is sealed or declined does not change';
  END IF;
  IF NEW.project_id <> OLD.project_id OR NEW.proposed_by <> OLD.proposed_by OR NEW.gaps <> OLD.gaps THEN
    RAISE EXCEPTION 'what was proposed does not change';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER archive_packages_guard BEFORE UPDATE ON archive_packages
  FOR EACH ROW EXECUTE FUNCTION archive_package_guard();
GRANT SELECT, INSERT, UPDATE ON archive_packages TO trading_app;
GRANT SELECT, INSERT, DELETE ON archive_files TO trading_app;
GRANT SELECT, INSERT ON archive_sweeps, archive_readings, archive_findings TO trading_app;
CREATE FUNCTION archive_files_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT state FROM archive_packages WHERE id = OLD.package_id) NOT IN ('approved', 'composed') THEN
    RAISE EXCEPTION 'the list of a sealed package does not change';
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER archive_files_guard BEFORE DELETE ON archive_files
  FOR EACH ROW EXECUTE FUNCTION archive_files_guard();
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(GUARDS)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
