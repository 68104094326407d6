"""Invitations: a link that opens one account, once, for a while.

Revision ID: 0009
Revises: 0008
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INVITATIONS = """
CREATE TABLE invitations (
  id uuid CONSTRAINT pk_invitations PRIMARY KEY,
  token_hash bytea NOT NULL CONSTRAINT uq_invitations_token_hash UNIQUE,
  org_id uuid NOT NULL CONSTRAINT fk_invitations_org_id REFERENCES organisations (id),
  person text NOT NULL,
  roles text[] NOT NULL CONSTRAINT ck_invitations_roles CHECK (cardinality(roles) > 0 AND roles <@ ARRAY[
    'tenderer', 'agency', 'bidder', 'official', 'trustee', 'notary', 'witness', 'expert', 'supervisor', 'finance',
    'clerk', 'bank', 'admin']::text[]),
  totp_secret text,
  invited_by uuid NOT NULL CONSTRAINT fk_invitations_invited_by REFERENCES memberships (id),
  account_id uuid NOT NULL CONSTRAINT fk_invitations_account_id REFERENCES accounts (id),
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  accepted_at timestamptz,
  joined_person_id uuid CONSTRAINT fk_invitations_joined_person_id REFERENCES people (id),
  revoked_at timestamptz,
  CONSTRAINT ck_invitations_expires_at CHECK (expires_at > created_at),
  CONSTRAINT ck_invitations_ends_once CHECK (accepted_at IS NULL OR revoked_at IS NULL),
  CONSTRAINT ck_invitations_joined CHECK ((accepted_at IS NULL) = (joined_person_id IS NULL)),
  CONSTRAINT ck_invitations_secret_gone CHECK (totp_secret IS NULL OR (accepted_at IS NULL AND revoked_at IS NULL))
);
CREATE INDEX ix_invitations_org_id ON invitations (org_id);
GRANT SELECT, INSERT, UPDATE (totp_secret, accepted_at, joined_person_id, revoked_at) ON invitations TO trading_app;
"""


def upgrade() -> None:
    op.execute(INVITATIONS)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
