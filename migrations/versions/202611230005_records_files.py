"""Records: every document filed as it is born.

Revision ID: 0005
Revises: 0004
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

RECORDS = """
CREATE TABLE records (
  id uuid CONSTRAINT pk_records PRIMARY KEY,
  subject_kind text NOT NULL,
  subject_id uuid NOT NULL,
  kind text NOT NULL,
  name text NOT NULL,
  media_type text NOT NULL,
  digest text COLLATE "C" NOT NULL CONSTRAINT ck_records_digest CHECK (digest ~ '^[0-9a-f]{64}$'),
  size bigint NOT NULL CONSTRAINT ck_records_size CHECK (size >= 0),
  readers uuid[] NOT NULL,
  public_at timestamptz,
  filed_at timestamptz NOT NULL,
  entry_id uuid NOT NULL CONSTRAINT fk_records_entry_id REFERENCES journal_entries (id),
  CONSTRAINT uq_records_subject_kind_subject_id_kind_digest UNIQUE (subject_kind, subject_id, kind, digest)
);

-- A filed document stays as it is; only the moment from which the public may read it is set, once.
CREATE FUNCTION records_publish_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.public_at IS NOT NULL THEN
    RAISE EXCEPTION 'a published record stays published' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER records_publish_once BEFORE UPDATE ON records FOR EACH ROW EXECUTE FUNCTION records_publish_once();
CREATE TRIGGER records_fixed BEFORE DELETE OR TRUNCATE ON records FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT, INSERT, UPDATE (public_at) ON records TO trading_app;
"""


def upgrade() -> None:
    op.execute(RECORDS)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
