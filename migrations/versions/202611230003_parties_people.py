"""Organisations, people, accounts, memberships, sessions, tokens, certificates.

Revision ID: 0003
Revises: 0002
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

PEOPLE = """
CREATE TABLE organisations (
  id uuid CONSTRAINT pk_organisations PRIMARY KEY,
  uscc text COLLATE "C" NOT NULL CONSTRAINT uq_organisations_uscc UNIQUE,
  name text NOT NULL,
  kind text NOT NULL CONSTRAINT ck_organisations_kind
    CHECK (kind IN ('enterprise', 'institution', 'agency', 'centre', 'authority', 'notary')),
  created_at timestamptz NOT NULL
);
CREATE TABLE people (
  id uuid CONSTRAINT pk_people PRIMARY KEY,
  name text NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE TABLE accounts (
  id uuid CONSTRAINT pk_accounts PRIMARY KEY,
  person_id uuid NOT NULL CONSTRAINT fk_accounts_person_id REFERENCES people (id),
  login text COLLATE "C" NOT NULL CONSTRAINT uq_accounts_login UNIQUE,
  password_hash text NOT NULL,
  totp_secret text,
  totp_step integer,
  staff boolean NOT NULL,
  created_at timestamptz NOT NULL,
  disabled_at timestamptz,
  CONSTRAINT ck_accounts_staff_second_factor CHECK (NOT staff OR totp_secret IS NOT NULL)
);
CREATE INDEX ix_accounts_person_id ON accounts (person_id);
CREATE TABLE memberships (
  id uuid CONSTRAINT pk_memberships PRIMARY KEY,
  person_id uuid NOT NULL CONSTRAINT fk_memberships_person_id REFERENCES people (id),
  org_id uuid NOT NULL CONSTRAINT fk_memberships_org_id REFERENCES organisations (id),
  roles text[] NOT NULL CONSTRAINT ck_memberships_roles CHECK (cardinality(roles) > 0 AND roles <@ ARRAY[
    'tenderer', 'agency', 'bidder', 'official', 'trustee', 'notary', 'witness', 'expert', 'supervisor', 'finance',
    'clerk', 'admin']::text[]),
  created_at timestamptz NOT NULL,
  ended_at timestamptz
);
CREATE UNIQUE INDEX uq_memberships_standing ON memberships (person_id, org_id) WHERE ended_at IS NULL;
CREATE INDEX ix_memberships_org_id ON memberships (org_id);
"""

CREDENTIALS = """
CREATE TABLE sessions (
  id uuid CONSTRAINT pk_sessions PRIMARY KEY,
  token_hash bytea NOT NULL CONSTRAINT uq_sessions_token_hash UNIQUE,
  account_id uuid NOT NULL CONSTRAINT fk_sessions_account_id REFERENCES accounts (id),
  membership_id uuid CONSTRAINT fk_sessions_membership_id REFERENCES memberships (id),
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL,
  step_up_at timestamptz NOT NULL
);
CREATE INDEX ix_sessions_account_id ON sessions (account_id);
CREATE TABLE sign_in_attempts (
  id uuid CONSTRAINT pk_sign_in_attempts PRIMARY KEY,
  login_hash bytea NOT NULL,
  address_hash bytea NOT NULL,
  at timestamptz NOT NULL
);
CREATE INDEX ix_sign_in_attempts_login_hash_at ON sign_in_attempts (login_hash, at);
CREATE INDEX ix_sign_in_attempts_address_hash_at ON sign_in_attempts (address_hash, at);
CREATE INDEX ix_sign_in_attempts_at ON sign_in_attempts (at);
CREATE TABLE api_tokens (
  id uuid CONSTRAINT pk_api_tokens PRIMARY KEY,
  token_hash bytea NOT NULL CONSTRAINT uq_api_tokens_token_hash UNIQUE,
  account_id uuid NOT NULL CONSTRAINT fk_api_tokens_account_id REFERENCES accounts (id),
  membership_id uuid NOT NULL CONSTRAINT fk_api_tokens_membership_id REFERENCES memberships (id),
  scopes text[] NOT NULL CONSTRAINT ck_api_tokens_scopes CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY[
    'tenderer', 'agency', 'bidder', 'official', 'trustee', 'notary', 'witness', 'expert', 'supervisor', 'finance',
    'clerk', 'certificates']::text[]),
  name text NOT NULL,
  created_at timestamptz NOT NULL,
  ended_at timestamptz
);
CREATE INDEX ix_api_tokens_account_id ON api_tokens (account_id);
CREATE TABLE certificate_authorities (
  kid text COLLATE "C" CONSTRAINT pk_certificate_authorities PRIMARY KEY,
  pem text NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE TABLE certificates (
  id uuid CONSTRAINT pk_certificates PRIMARY KEY,
  org_id uuid NOT NULL CONSTRAINT fk_certificates_org_id REFERENCES organisations (id),
  person_id uuid NOT NULL CONSTRAINT fk_certificates_person_id REFERENCES people (id),
  serial text COLLATE "C" NOT NULL CONSTRAINT uq_certificates_serial UNIQUE,
  fingerprint text COLLATE "C" NOT NULL CONSTRAINT uq_certificates_fingerprint UNIQUE,
  public_key bytea NOT NULL CONSTRAINT uq_certificates_public_key UNIQUE,
  pem text NOT NULL,
  not_before timestamptz NOT NULL,
  not_after timestamptz NOT NULL,
  revoked_at timestamptz
);
CREATE INDEX ix_certificates_org_id ON certificates (org_id);
CREATE INDEX ix_certificates_person_id ON certificates (person_id);
"""

# Who somebody was is never rewritten: of what is kept, only the columns that end or renew a right may change.
GRANTS = """
GRANT SELECT, INSERT ON organisations, people, certificate_authorities TO trading_app;
GRANT SELECT, INSERT, UPDATE (password_hash, totp_secret, totp_step, staff, disabled_at) ON accounts TO trading_app;
GRANT SELECT, INSERT, UPDATE (ended_at) ON memberships, api_tokens TO trading_app;
GRANT SELECT, INSERT, UPDATE (revoked_at) ON certificates TO trading_app;
GRANT SELECT, INSERT, UPDATE (seen_at), DELETE ON sessions TO trading_app;
GRANT SELECT, INSERT, DELETE ON sign_in_attempts TO trading_app;
"""


def upgrade() -> None:
    for statements in (PEOPLE, CREDENTIALS, GRANTS):
        op.execute(statements)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
