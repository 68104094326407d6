"""Refunds: what becomes of every payment, requests before closing, batches of two people, payments and their ends.

One line of a bank has one refund or is kept, never both, and never twice. A payment may be tried again only after the
bank has refused the one before, or it was dropped before it was sent: that is a foreign key, so no concurrency gets
round it. What stands in these tables before closing is the depositor's and its bank's alone.

Revision ID: 0018
Revises: 0017
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

REQUESTS = """
CREATE TABLE refund_requests (
  lot_id uuid NOT NULL CONSTRAINT fk_refund_requests_lot_id REFERENCES lots (id),
  org_id uuid NOT NULL CONSTRAINT fk_refund_requests_org_id REFERENCES organisations (id),
  statement bytea NOT NULL,
  fingerprint text COLLATE "C" NOT NULL,
  certificate text NOT NULL,
  signature text COLLATE "C" NOT NULL,
  salt bytea NOT NULL CONSTRAINT ck_refund_requests_salt CHECK (octet_length(salt) = 32),
  leaf bytea NOT NULL,
  requested_at timestamptz NOT NULL,
  CONSTRAINT pk_refund_requests PRIMARY KEY (lot_id, org_id)
);
"""

REFUNDS = """
CREATE TABLE refunds (
  id uuid CONSTRAINT pk_refunds PRIMARY KEY,
  line_id uuid NOT NULL CONSTRAINT uq_refunds_line_id UNIQUE
    CONSTRAINT fk_refunds_line_id REFERENCES bank_lines (id),
  lot_id uuid NOT NULL CONSTRAINT fk_refunds_lot_id REFERENCES lots (id),
  org_id uuid NOT NULL CONSTRAINT fk_refunds_org_id REFERENCES organisations (id),
  bank_org_id uuid NOT NULL,
  cause text NOT NULL CONSTRAINT ck_refunds_cause
    CHECK (cause IN ('withdrawn', 'no_bid', 'returned', 'contract', 'ended', 'withheld')),
  principal_fen bigint NOT NULL CONSTRAINT ck_refunds_principal_fen CHECK (principal_fen > 0),
  paid_on date NOT NULL,
  basis_at timestamptz NOT NULL,
  due_at timestamptz,
  ground text COLLATE "C",
  reason text NOT NULL DEFAULT '',
  decided_by uuid,
  payable boolean NOT NULL GENERATED ALWAYS AS (cause <> 'withheld') STORED,
  CONSTRAINT uq_refunds_id_payable UNIQUE (id, payable),
  CONSTRAINT ck_refunds_withheld CHECK (
    (cause = 'withheld') = (ground IS NOT NULL AND decided_by IS NOT NULL AND reason <> '')),
  CONSTRAINT ck_refunds_due_at CHECK ((cause = 'withheld') = (due_at IS NULL))
);
CREATE INDEX ix_refunds_lot_id ON refunds (lot_id);
-- Which entry of the journal shows a refund to all; one asked for before closing has none until then.
CREATE TABLE refund_disclosures (
  refund_id uuid CONSTRAINT pk_refund_disclosures PRIMARY KEY
    CONSTRAINT fk_refund_disclosures_refund_id REFERENCES refunds (id),
  entry_id uuid NOT NULL CONSTRAINT fk_refund_disclosures_entry_id REFERENCES journal_entries (id)
);
"""

BATCHES = """
CREATE TABLE refund_batches (
  id uuid CONSTRAINT pk_refund_batches PRIMARY KEY,
  lot_id uuid NOT NULL CONSTRAINT fk_refund_batches_lot_id REFERENCES lots (id),
  prepared_by uuid NOT NULL,
  prepared_name text NOT NULL,
  prepared_at timestamptz NOT NULL,
  value_on date NOT NULL,
  count integer NOT NULL CONSTRAINT ck_refund_batches_count CHECK (count > 0),
  total_fen bigint NOT NULL CONSTRAINT ck_refund_batches_total_fen CHECK (total_fen > 0),
  salt bytea NOT NULL CONSTRAINT ck_refund_batches_salt CHECK (octet_length(salt) = 32),
  digest text COLLATE "C" NOT NULL,
  CONSTRAINT uq_refund_batches_id_prepared_by UNIQUE (id, prepared_by)
);
CREATE TABLE refund_batch_decisions (
  batch_id uuid CONSTRAINT pk_refund_batch_decisions PRIMARY KEY,
  prepared_by uuid NOT NULL,
  decided_by uuid NOT NULL,
  decided_name text NOT NULL,
  approved boolean NOT NULL,
  reason text NOT NULL,
  decided_at timestamptz NOT NULL,
  CONSTRAINT fk_refund_batch_decisions_batch_id FOREIGN KEY (batch_id, prepared_by)
    REFERENCES refund_batches (id, prepared_by),
  CONSTRAINT ck_refund_batch_decisions_four_eyes CHECK (NOT approved OR decided_by <> prepared_by),
  CONSTRAINT ck_refund_batch_decisions_reason CHECK (approved OR reason <> '')
);
"""

PAYMENTS = """
CREATE TABLE refund_payments (
  id uuid CONSTRAINT pk_refund_payments PRIMARY KEY,
  refund_id uuid NOT NULL,
  payable boolean NOT NULL DEFAULT true CONSTRAINT ck_refund_payments_payable CHECK (payable),
  attempt smallint NOT NULL CONSTRAINT ck_refund_payments_attempt CHECK (attempt >= 1),
  previous smallint,
  again boolean NOT NULL DEFAULT true CONSTRAINT ck_refund_payments_again CHECK (again),
  lot_id uuid NOT NULL CONSTRAINT fk_refund_payments_lot_id REFERENCES lots (id),
  org_id uuid NOT NULL,
  bank_org_id uuid NOT NULL,
  batch_id uuid CONSTRAINT fk_refund_payments_batch_id REFERENCES refund_batches (id),
  number text COLLATE "C" NOT NULL CONSTRAINT uq_refund_payments_number UNIQUE
    CONSTRAINT ck_refund_payments_number CHECK (number ~ '^[0-9a-f]{32}$'),
  value_on date NOT NULL,
  principal_fen bigint NOT NULL,
  interest_fen bigint NOT NULL CONSTRAINT ck_refund_payments_interest_fen CHECK (interest_fen >= 0),
  payee text NOT NULL,
  account text NOT NULL,
  made_at timestamptz NOT NULL,
  CONSTRAINT fk_refund_payments_refund_id FOREIGN KEY (refund_id, payable) REFERENCES refunds (id, payable),
  CONSTRAINT uq_refund_payments_refund_id_attempt UNIQUE (refund_id, attempt),
  CONSTRAINT uq_refund_payments_id_refund_id_attempt UNIQUE (id, refund_id, attempt),
  CONSTRAINT ck_refund_payments_previous CHECK (previous IS NOT DISTINCT FROM nullif(attempt - 1, 0))
);
CREATE INDEX ix_refund_payments_batch_id ON refund_payments (batch_id);
CREATE TABLE refund_payment_ends (
  payment_id uuid CONSTRAINT pk_refund_payment_ends PRIMARY KEY,
  refund_id uuid NOT NULL,
  attempt smallint NOT NULL,
  lot_id uuid NOT NULL,
  org_id uuid NOT NULL,
  bank_org_id uuid NOT NULL,
  outcome text NOT NULL CONSTRAINT ck_refund_payment_ends_outcome CHECK (outcome IN ('paid', 'refused', 'dropped')),
  again boolean NOT NULL GENERATED ALWAYS AS (outcome <> 'paid') STORED,
  reference text COLLATE "C" NOT NULL,
  reason text NOT NULL,
  at timestamptz NOT NULL,
  CONSTRAINT fk_refund_payment_ends_payment_id FOREIGN KEY (payment_id, refund_id, attempt)
    REFERENCES refund_payments (id, refund_id, attempt),
  CONSTRAINT uq_refund_payment_ends_refund_id_attempt_again UNIQUE (refund_id, attempt, again)
);
CREATE UNIQUE INDEX uq_refund_payment_ends_paid ON refund_payment_ends (refund_id) WHERE outcome = 'paid';
-- The next attempt hangs on the end of the one before: none while it may still be paid, none after it was.
ALTER TABLE refund_payments ADD CONSTRAINT fk_refund_payments_previous
  FOREIGN KEY (refund_id, previous, again) REFERENCES refund_payment_ends (refund_id, attempt, again);
CREATE TABLE refund_payment_steps (
  id uuid CONSTRAINT pk_refund_payment_steps PRIMARY KEY,
  payment_id uuid NOT NULL CONSTRAINT fk_refund_payment_steps_payment_id REFERENCES refund_payments (id),
  lot_id uuid NOT NULL,
  org_id uuid NOT NULL,
  bank_org_id uuid NOT NULL,
  kind text NOT NULL CONSTRAINT ck_refund_payment_steps_kind CHECK (kind IN ('sent', 'asked', 'processing', 'unknown')),
  at timestamptz NOT NULL
);
CREATE INDEX ix_refund_payment_steps_payment_id ON refund_payment_steps (payment_id, at, id);
"""

ACCOUNTS = """
CREATE TABLE payout_accounts (
  id uuid CONSTRAINT pk_payout_accounts PRIMARY KEY,
  refund_id uuid NOT NULL CONSTRAINT fk_payout_accounts_refund_id REFERENCES refunds (id),
  account text NOT NULL CONSTRAINT ck_payout_accounts_account CHECK (account <> ''),
  reason text NOT NULL CONSTRAINT ck_payout_accounts_reason CHECK (reason <> ''),
  proposed_by uuid NOT NULL,
  proposed_name text NOT NULL,
  proposed_at timestamptz NOT NULL,
  CONSTRAINT uq_payout_accounts_id_proposed_by UNIQUE (id, proposed_by)
);
CREATE INDEX ix_payout_accounts_refund_id ON payout_accounts (refund_id);
CREATE TABLE payout_confirmations (
  payout_id uuid CONSTRAINT pk_payout_confirmations PRIMARY KEY,
  proposed_by uuid NOT NULL,
  confirmed_by uuid NOT NULL,
  confirmed_name text NOT NULL,
  confirmed_at timestamptz NOT NULL,
  usable_at timestamptz NOT NULL,
  CONSTRAINT fk_payout_confirmations_payout_id FOREIGN KEY (payout_id, proposed_by)
    REFERENCES payout_accounts (id, proposed_by),
  CONSTRAINT ck_payout_confirmations_four_eyes CHECK (confirmed_by <> proposed_by),
  CONSTRAINT ck_payout_confirmations_usable_at CHECK (usable_at > confirmed_at)
);
"""

LEDGER = """
ALTER TABLE ledger_accounts DROP CONSTRAINT ck_ledger_accounts_kind, DROP CONSTRAINT ck_ledger_accounts_holder;
ALTER TABLE ledger_accounts
  ADD CONSTRAINT ck_ledger_accounts_kind
    CHECK (kind IN ('bank', 'suspense', 'deposit', 'return', 'transit', 'interest', 'withheld')),
  ADD CONSTRAINT ck_ledger_accounts_holder CHECK (
    (kind IN ('deposit', 'return', 'withheld') AND lot_id IS NOT NULL AND org_id IS NOT NULL)
    OR (kind = 'suspense' AND lot_id IS NULL AND org_id IS NULL)
    OR (kind IN ('bank', 'transit', 'interest') AND lot_id IS NULL AND org_id IS NOT NULL));
-- A posting rests on a bank's line, on a step of a payment, or on a deposit kept; on each once.
ALTER TABLE ledger_postings ALTER COLUMN line_id DROP NOT NULL,
  ADD COLUMN payment_id uuid CONSTRAINT fk_ledger_postings_payment_id REFERENCES refund_payments (id),
  ADD COLUMN step text CONSTRAINT ck_ledger_postings_step CHECK (step IN ('sent', 'paid', 'refused')),
  ADD COLUMN withheld_id uuid CONSTRAINT uq_ledger_postings_withheld_id UNIQUE
    CONSTRAINT fk_ledger_postings_withheld_id REFERENCES refunds (id),
  ADD CONSTRAINT uq_ledger_postings_payment_id_step UNIQUE (payment_id, step),
  ADD CONSTRAINT ck_ledger_postings_cause CHECK (num_nonnulls(line_id, payment_id, withheld_id) = 1),
  ADD CONSTRAINT ck_ledger_postings_payment CHECK ((payment_id IS NULL) = (step IS NULL));
-- What was sent ends once in the books: paid or come back.
CREATE UNIQUE INDEX uq_ledger_postings_payment_end ON ledger_postings (payment_id) WHERE step IN ('paid', 'refused');
"""

SECRET = ("refund_requests", "refunds", "refund_payments", "refund_payment_ends", "refund_payment_steps")
"""Each row is of a lot and an organisation: theirs alone, and its bank's, until the box is closed."""
KEPT = (
    *SECRET,
    "refund_disclosures",
    "refund_batches",
    "refund_batch_decisions",
    "payout_accounts",
    "payout_confirmations",
)
_OWN = "org_id = nullif(current_setting('trading.org', true), '')::uuid"
_BANK = "bank_org_id = nullif(current_setting('trading.bank', true), '')::uuid"
_PUBLIC = "EXISTS (SELECT 1 FROM lots WHERE lots.id = lot_id AND lots.participants_public_at <= platform_now())"


def upgrade() -> None:
    for statements in (REQUESTS, REFUNDS, BATCHES, PAYMENTS, ACCOUNTS, LEDGER):
        op.execute(statements)
    for table in KEPT:
        op.execute(f"GRANT SELECT, INSERT ON {table} TO trading_app")
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    for table in SECRET:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY {table}_own ON {table} FOR ALL TO PUBLIC USING ({_OWN}) WITH CHECK ({_OWN})")
        op.execute(f"CREATE POLICY {table}_public ON {table} FOR ALL TO PUBLIC USING ({_PUBLIC}) WITH CHECK ({_PUBLIC})")
        if table != "refund_requests":
            op.execute(f"CREATE POLICY {table}_bank ON {table} FOR ALL TO PUBLIC USING ({_BANK}) WITH CHECK ({_BANK})")
    # A bank sees again the lines that it reported itself.
    op.execute(f"CREATE POLICY bank_lines_bank ON bank_lines FOR SELECT TO PUBLIC USING ({_BANK})")


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
