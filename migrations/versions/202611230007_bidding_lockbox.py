"""The lock-box before opening: ceremonies, announcements, uploads, envelopes, late refusals.

Revision ID: 0007
Revises: 0006
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

CEREMONIES = """
CREATE TABLE ceremonies (
  id uuid CONSTRAINT pk_ceremonies PRIMARY KEY,
  subject_kind text NOT NULL,
  subject_id uuid NOT NULL,
  state text NOT NULL
    CONSTRAINT ck_ceremonies_state CHECK (state IN ('gathering', 'signing', 'published', 'cancelled')),
  draft jsonb NOT NULL,
  body bytea,
  started_at timestamptz NOT NULL,
  started_by uuid NOT NULL,
  ended_at timestamptz,
  reason text
);
CREATE UNIQUE INDEX uq_ceremonies_live ON ceremonies (subject_kind, subject_id) WHERE state <> 'cancelled';
CREATE TABLE ceremony_seats (
  ceremony_id uuid NOT NULL CONSTRAINT fk_ceremony_seats_ceremony_id REFERENCES ceremonies (id),
  x smallint NOT NULL,
  seat text NOT NULL,
  membership_id uuid NOT NULL CONSTRAINT fk_ceremony_seats_membership_id REFERENCES memberships (id),
  person_id uuid NOT NULL CONSTRAINT fk_ceremony_seats_person_id REFERENCES people (id),
  org_id uuid NOT NULL CONSTRAINT fk_ceremony_seats_org_id REFERENCES organisations (id),
  organisation text NOT NULL,
  holder text NOT NULL,
  offer bytea,
  challenges jsonb,
  keyed_at timestamptz,
  signature text,
  signed_at timestamptz,
  CONSTRAINT pk_ceremony_seats PRIMARY KEY (ceremony_id, x)
);
CREATE INDEX ix_ceremony_seats_membership_id ON ceremony_seats (membership_id);
CREATE TABLE announcements (
  ann text CONSTRAINT pk_announcements PRIMARY KEY CONSTRAINT ck_announcements_ann CHECK (ann ~ '^[0-9a-f]{64}$'),
  subject_kind text NOT NULL,
  subject_id uuid NOT NULL,
  version integer NOT NULL,
  ceremony_id uuid NOT NULL CONSTRAINT fk_announcements_ceremony_id REFERENCES ceremonies (id),
  file bytea NOT NULL,
  reduced boolean NOT NULL,
  published_at timestamptz NOT NULL,
  entry_id uuid NOT NULL
);
CREATE UNIQUE INDEX uq_announcements_version ON announcements (subject_kind, subject_id, version);
GRANT SELECT, INSERT, UPDATE ON ceremonies, ceremony_seats TO trading_app;
GRANT SELECT, INSERT ON announcements TO trading_app;
"""

# Kept by the token's hash and from its first use on: nothing here was written in the transaction, or at the time, in
# which an organisation drew the token, so neither a column nor a transaction number joins the two.
UPLOADS = """
CREATE TABLE upload_tokens (
  token_hash text CONSTRAINT pk_upload_tokens PRIMARY KEY,
  lot_id uuid NOT NULL,
  bytes_used bigint NOT NULL,
  attempts integer NOT NULL
);
CREATE TABLE uploads (
  id text CONSTRAINT pk_uploads PRIMARY KEY,
  token_hash text NOT NULL CONSTRAINT fk_uploads_token_hash REFERENCES upload_tokens (token_hash),
  ann text NOT NULL CONSTRAINT fk_uploads_ann REFERENCES announcements (ann),
  env text NOT NULL,
  part text NOT NULL,
  size bigint NOT NULL,
  block_size integer NOT NULL
);
CREATE UNIQUE INDEX uq_uploads_token_hash_env_part ON uploads (token_hash, env, part);
CREATE TABLE upload_blocks (
  upload_id text NOT NULL CONSTRAINT fk_upload_blocks_upload_id REFERENCES uploads (id),
  n integer NOT NULL,
  leaves bytea NOT NULL,
  object_key text NOT NULL,
  CONSTRAINT pk_upload_blocks PRIMARY KEY (upload_id, n)
);
GRANT SELECT, INSERT, UPDATE ON upload_tokens TO trading_app;
GRANT SELECT, INSERT ON uploads, upload_blocks TO trading_app;
"""

ENVELOPES = """
CREATE TABLE envelopes (
  digest text CONSTRAINT pk_envelopes PRIMARY KEY,
  kind text NOT NULL CONSTRAINT ck_envelopes_kind CHECK (kind IN ('commit', 'withdraw')),
  subject_kind text NOT NULL,
  subject_id uuid NOT NULL,
  ann text NOT NULL CONSTRAINT fk_envelopes_ann REFERENCES announcements (ann),
  env text NOT NULL,
  key text NOT NULL,
  prev text CONSTRAINT fk_envelopes_prev REFERENCES envelopes (digest),
  file bytea NOT NULL,
  uploads jsonb NOT NULL,
  received_at timestamptz NOT NULL,
  slot integer NOT NULL,
  entry text NOT NULL,
  receipt bytea NOT NULL,
  CONSTRAINT ck_envelopes_withdraws CHECK (kind = 'commit' OR prev IS NOT NULL)
);
CREATE UNIQUE INDEX uq_envelopes_env ON envelopes (env) WHERE kind = 'commit';
CREATE UNIQUE INDEX uq_envelopes_prev ON envelopes (prev) WHERE prev IS NOT NULL;
CREATE UNIQUE INDEX uq_envelopes_chain ON envelopes (key) WHERE prev IS NULL;
CREATE UNIQUE INDEX uq_envelopes_entry ON envelopes (entry);
CREATE INDEX ix_envelopes_subject ON envelopes (subject_kind, subject_id);
CREATE TABLE submission_refusals (
  digest text CONSTRAINT pk_submission_refusals PRIMARY KEY,
  subject_kind text NOT NULL,
  subject_id uuid NOT NULL,
  holder text NOT NULL,
  refused_at timestamptz NOT NULL,
  refusal bytea NOT NULL,
  entry_id uuid NOT NULL
);
CREATE INDEX ix_submission_refusals_holder ON submission_refusals (holder);
GRANT SELECT, INSERT ON envelopes, submission_refusals TO trading_app;
"""

KEPT = ("announcements", "uploads", "upload_blocks", "envelopes", "submission_refusals")


def upgrade() -> None:
    for statements in (CEREMONIES, UPLOADS, ENVELOPES):
        op.execute(statements)
    for table in KEPT:
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
