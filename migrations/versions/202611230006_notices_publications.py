"""Notices: drafted by one person, published by another, never changed afterwards.

Revision ID: 0006
Revises: 0005
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NOTICES = """
CREATE TABLE notices (
  id uuid CONSTRAINT pk_notices PRIMARY KEY,
  subject_kind text NOT NULL,
  subject_id uuid NOT NULL,
  kind text NOT NULL,
  title text NOT NULL,
  body jsonb NOT NULL,
  state text NOT NULL CONSTRAINT ck_notices_state CHECK (state IN ('draft', 'published')),
  region text COLLATE "C" NOT NULL,
  open_until timestamptz,
  drafted_by uuid NOT NULL,
  drafted_at timestamptz NOT NULL,
  published_by uuid,
  published_at timestamptz,
  digest text COLLATE "C",
  pdf_digest text COLLATE "C",
  pdf_record_id uuid CONSTRAINT fk_notices_pdf_record_id REFERENCES records (id),
  entry_id uuid CONSTRAINT fk_notices_entry_id REFERENCES journal_entries (id),
  CONSTRAINT ck_notices_published CHECK (
    (state = 'published') = (published_by IS NOT NULL AND published_at IS NOT NULL AND digest IS NOT NULL
      AND entry_id IS NOT NULL)),
  CONSTRAINT ck_notices_four_eyes CHECK (published_by <> drafted_by)
);
CREATE UNIQUE INDEX uq_notices_standing ON notices (subject_kind, subject_id, kind);
CREATE INDEX ix_notices_published_at_id ON notices (published_at, id) WHERE state = 'published';

-- Words once published stand. What may still come is the PDF made of them, once, and a later end of bidding.
CREATE FUNCTION notices_keep_published() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE added text[] := ARRAY['pdf_digest', 'pdf_record_id', 'open_until'];
BEGIN
  IF OLD.state = 'published' AND (OLD.pdf_digest IS DISTINCT FROM NEW.pdf_digest AND OLD.pdf_digest IS NOT NULL
      OR to_jsonb(NEW) - added <> to_jsonb(OLD) - added) THEN
    RAISE EXCEPTION 'a published notice is never changed' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER notices_keep_published BEFORE UPDATE ON notices FOR EACH ROW EXECUTE FUNCTION notices_keep_published();
CREATE TRIGGER notices_fixed BEFORE DELETE OR TRUNCATE ON notices FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT, INSERT, UPDATE (title, body, state, open_until, published_by, published_at, digest, pdf_digest,
  pdf_record_id, entry_id, drafted_by, drafted_at) ON notices TO trading_app;
"""


def upgrade() -> None:
    op.execute(NOTICES)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
