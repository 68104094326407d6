"""Releases of open data: exact text, added only.

Revision ID: 0021
Revises: 0020
"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE ocds_releases (
  id text COLLATE "C" CONSTRAINT pk_ocds_releases PRIMARY KEY,
  project_id uuid NOT NULL CONSTRAINT fk_ocds_releases_project_id REFERENCES projects (id),
  ocid text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  tag text COLLATE "C" NOT NULL CONSTRAINT ck_ocds_releases_tag
    CHECK (tag IN ('tender', 'tenderUpdate', 'award', 'awardCancellation', 'contract')),
  released_at timestamptz NOT NULL,
  body bytea NOT NULL,
  digest text COLLATE "C" NOT NULL CONSTRAINT ck_ocds_releases_digest CHECK (digest ~ '^[0-9a-f]{64}$'),
  entry_id uuid NOT NULL CONSTRAINT fk_ocds_releases_entry_id REFERENCES journal_entries (id),
  CONSTRAINT uq_ocds_releases_project_id_key UNIQUE (project_id, key)
);
CREATE INDEX ix_ocds_releases_released_at_id ON ocds_releases (released_at, id);
GRANT SELECT, INSERT ON ocds_releases TO trading_app;
CREATE TRIGGER ocds_releases_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON ocds_releases
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""


def upgrade() -> None:
    op.execute(TABLE)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
