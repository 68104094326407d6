"""Deposits: sub-accounts, the bank's lines under row security, the matching function, the ledger.

What joins an organisation to a lot before closing is seen by that organisation alone. Lines enter through one
SECURITY DEFINER function that tells its caller nothing of what they named; suspense shows only where a transaction
says it looks at it. The ledger holds what is posted after closing; its rows are never changed.

Revision ID: 0011
Revises: 0010
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# A bank is a party of its own: its program may hand in statements and nothing else.
BANK_ROLE = """
ALTER TABLE memberships DROP CONSTRAINT ck_memberships_roles, ADD CONSTRAINT ck_memberships_roles
  CHECK (cardinality(roles) > 0 AND roles <@ ARRAY[
    'tenderer', 'agency', 'bidder', 'official', 'trustee', 'notary', 'witness', 'expert', 'supervisor', 'finance',
    'clerk', 'bank', 'admin']::text[]);
ALTER TABLE api_tokens DROP CONSTRAINT ck_api_tokens_scopes, ADD CONSTRAINT ck_api_tokens_scopes
  CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY[
    'tenderer', 'agency', 'bidder', 'official', 'trustee', 'notary', 'witness', 'expert', 'supervisor', 'finance',
    'clerk', 'bank', 'certificates']::text[]);
"""

SUB_ACCOUNTS = """
-- Drawn by a bidder for one lot. No time, no person, no order: the number is random.
CREATE TABLE deposit_accounts (
  lot_id uuid NOT NULL CONSTRAINT fk_deposit_accounts_lot_id REFERENCES lots (id),
  org_id uuid NOT NULL CONSTRAINT fk_deposit_accounts_org_id REFERENCES organisations (id),
  number text COLLATE "C" NOT NULL CONSTRAINT uq_deposit_accounts_number UNIQUE
    CONSTRAINT ck_deposit_accounts_number CHECK (number ~ '^[0-9]{32}$'),
  CONSTRAINT pk_deposit_accounts PRIMARY KEY (lot_id, org_id)
);
CREATE TRIGGER deposit_accounts_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON deposit_accounts
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE deposit_accounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE deposit_accounts FORCE ROW LEVEL SECURITY;
CREATE POLICY deposit_accounts_own ON deposit_accounts FOR SELECT TO PUBLIC
  USING (org_id = nullif(current_setting('trading.org', true), '')::uuid);
CREATE POLICY deposit_accounts_public ON deposit_accounts FOR SELECT TO PUBLIC
  USING (EXISTS (SELECT 1 FROM lots WHERE lots.id = lot_id AND lots.participants_public_at <= platform_now()));
CREATE POLICY deposit_accounts_draw ON deposit_accounts FOR INSERT TO PUBLIC
  WITH CHECK (org_id = nullif(current_setting('trading.org', true), '')::uuid);
CREATE POLICY deposit_accounts_matching ON deposit_accounts FOR SELECT TO CURRENT_USER
  USING (current_setting('trading.matching', true) = 'on');
GRANT SELECT, INSERT ON deposit_accounts TO trading_app;
"""

LINES = """
-- The digest is of the file: even an empty one could be recognised by it, so only the functions below read it.
CREATE TABLE bank_statements (
  id uuid CONSTRAINT pk_bank_statements PRIMARY KEY,
  bank_org_id uuid NOT NULL CONSTRAINT fk_bank_statements_bank_org_id REFERENCES organisations (id),
  digest bytea NOT NULL CONSTRAINT ck_bank_statements_digest CHECK (octet_length(digest) = 32),
  received_at timestamptz NOT NULL,
  entry_id uuid NOT NULL CONSTRAINT fk_bank_statements_entry_id REFERENCES journal_entries (id),
  CONSTRAINT uq_bank_statements_bank_org_id_digest UNIQUE (bank_org_id, digest)
);
CREATE TABLE bank_lines (
  id uuid CONSTRAINT pk_bank_lines PRIMARY KEY,
  statement_id uuid NOT NULL CONSTRAINT fk_bank_lines_statement_id REFERENCES bank_statements (id),
  bank_org_id uuid NOT NULL,
  reference text COLLATE "C" NOT NULL,
  facts bytea NOT NULL,
  salt bytea NOT NULL CONSTRAINT ck_bank_lines_salt CHECK (octet_length(salt) = 32),
  paid_at timestamptz NOT NULL,
  amount_fen bigint NOT NULL CONSTRAINT ck_bank_lines_amount_fen CHECK (amount_fen > 0),
  payer_name text NOT NULL,
  payer_account text NOT NULL,
  sub_account text COLLATE "C" NOT NULL,
  lot_id uuid CONSTRAINT fk_bank_lines_lot_id REFERENCES lots (id),
  org_id uuid CONSTRAINT fk_bank_lines_org_id REFERENCES organisations (id),
  outcome text NOT NULL CONSTRAINT ck_bank_lines_outcome
    CHECK (outcome IN ('suspense', 'matched', 'late', 'short', 'wrong_payer', 'duplicate')),
  leaf bytea,
  CONSTRAINT uq_bank_lines_bank_org_id_reference UNIQUE (bank_org_id, reference),
  CONSTRAINT ck_bank_lines_holder CHECK ((outcome = 'suspense') = (lot_id IS NULL) AND (lot_id IS NULL) = (org_id IS NULL))
);
CREATE UNIQUE INDEX uq_bank_lines_matched ON bank_lines (lot_id, org_id) WHERE outcome = 'matched';
CREATE INDEX ix_bank_lines_lot_id_org_id ON bank_lines (lot_id, org_id);
CREATE INDEX ix_bank_lines_suspense ON bank_lines (paid_at, id) WHERE lot_id IS NULL;
CREATE TRIGGER bank_statements_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON bank_statements
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bank_lines_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON bank_lines
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE bank_lines ENABLE ROW LEVEL SECURITY;
ALTER TABLE bank_lines FORCE ROW LEVEL SECURITY;
CREATE POLICY bank_lines_own ON bank_lines FOR SELECT TO PUBLIC
  USING (org_id = nullif(current_setting('trading.org', true), '')::uuid);
CREATE POLICY bank_lines_public ON bank_lines FOR SELECT TO PUBLIC
  USING (EXISTS (SELECT 1 FROM lots WHERE lots.id = lot_id AND lots.participants_public_at <= platform_now()));
CREATE POLICY bank_lines_suspense ON bank_lines FOR SELECT TO PUBLIC
  USING (lot_id IS NULL AND current_setting('trading.suspense', true) = 'on');
CREATE POLICY bank_lines_matching ON bank_lines FOR ALL TO CURRENT_USER
  USING (current_setting('trading.matching', true) = 'on') WITH CHECK (current_setting('trading.matching', true) = 'on');
GRANT SELECT (id, bank_org_id, received_at, entry_id) ON bank_statements TO trading_app;
GRANT SELECT ON bank_lines TO trading_app;
"""

MATCHING = """
CREATE FUNCTION payer_plain(name text) RETURNS text LANGUAGE sql IMMUTABLE
  AS $$ SELECT regexp_replace(normalize(name, NFKC), '\\s', '', 'g') $$;

CREATE FUNCTION statement_known(bank uuid, file_digest bytea) RETURNS timestamptz LANGUAGE sql STABLE
  SECURITY DEFINER SET search_path = public, pg_temp
  AS $$ SELECT received_at FROM bank_statements WHERE bank_org_id = bank AND digest = file_digest $$;

-- The machine that matches. `lines` are the parsed rows of one file, `slots` says for each lot that runs where an entry
-- of now stands. A reference used before with other contents is refused by its row; whether a line named a sub-account
-- is answered to nobody. A lot without a slot is closing or closed: its line waits to be posted and writes no entry.
CREATE FUNCTION take_statement(
  statement uuid, bank uuid, file_digest bytea, entry uuid, at timestamptz, lines jsonb, slots jsonb
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  line record;
  held record;
  slot jsonb;
  found_outcome text;
  body bytea;
  entry_leaf bytea;
BEGIN
  PERFORM set_config('trading.matching', 'on', true);  -- means nothing to any role but this function's
  FOR line IN
    SELECT l.row FROM jsonb_to_recordset(lines) AS l ("row" int, reference text, facts text)
    JOIN bank_lines b ON b.bank_org_id = bank AND b.reference = l.reference
    WHERE b.facts <> convert_to(l.facts, 'UTF8') ORDER BY 1 LIMIT 1
  LOOP
    RAISE EXCEPTION USING ERRCODE = 'FD001', MESSAGE = line.row::text;
  END LOOP;
  INSERT INTO bank_statements VALUES (statement, bank, file_digest, at, entry);
  FOR line IN
    SELECT * FROM jsonb_to_recordset(lines) AS l (
      "row" int, id uuid, reference text, facts text, salt text, blind_salt text, paid_at timestamptz,
      amount_fen bigint, payer_name text, payer_account text, sub_account text)
    WHERE NOT EXISTS (SELECT 1 FROM bank_lines b WHERE b.bank_org_id = bank AND b.reference = l.reference)
    ORDER BY l.paid_at, l."row"
  LOOP
    SELECT a.lot_id, a.org_id, o.name, t.deposit_fen, t.deadline_at INTO held
      FROM deposit_accounts a JOIN organisations o ON o.id = a.org_id JOIN lots t ON t.id = a.lot_id
      WHERE a.number = line.sub_account;
    found_outcome := CASE
      WHEN held.lot_id IS NULL THEN 'suspense'
      WHEN EXISTS (SELECT 1 FROM bank_lines b WHERE b.lot_id = held.lot_id AND b.org_id = held.org_id
        AND b.outcome = 'matched') THEN 'duplicate'
      WHEN line.paid_at > held.deadline_at THEN 'late'
      WHEN payer_plain(line.payer_name) <> payer_plain(held.name) THEN 'wrong_payer'
      WHEN line.amount_fen < held.deposit_fen THEN 'short'
      ELSE 'matched' END;
    body := convert_to(
      '{"action":"lot:deposit:received","commitment":"'
      || encode(sha256(decode(line.salt, 'hex') || convert_to(line.facts, 'UTF8')), 'hex')
      || '","outcome":"' || found_outcome || '","subject":"lot:' || coalesce(held.lot_id::text, '')
      || '","v":"LBD-DEP1"}', 'UTF8');
    entry_leaf := sha256('\\x00'::bytea || decode(line.blind_salt, 'hex') || body);
    slot := slots -> held.lot_id::text;
    IF slot IS NOT NULL THEN
      INSERT INTO blind_entries (leaf, stream_id, slot, slot_end, salt, body) VALUES (
        entry_leaf, (slot ->> 'stream')::uuid, (slot ->> 'slot')::int, (slot ->> 'end')::timestamptz,
        decode(line.blind_salt, 'hex'), body);
    END IF;
    INSERT INTO bank_lines VALUES (
      line.id, statement, bank, line.reference, convert_to(line.facts, 'UTF8'), decode(line.salt, 'hex'), line.paid_at,
      line.amount_fen, line.payer_name, line.payer_account, line.sub_account, held.lot_id, held.org_id, found_outcome,
      CASE WHEN slot IS NOT NULL THEN entry_leaf END);
  END LOOP;
  PERFORM set_config('trading.matching', '', true);
END $$;
REVOKE ALL ON FUNCTION statement_known(uuid, bytea),
  take_statement(uuid, uuid, bytea, uuid, timestamptz, jsonb, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION statement_known(uuid, bytea),
  take_statement(uuid, uuid, bytea, uuid, timestamptz, jsonb, jsonb) TO trading_app;
"""

LEDGER = """
CREATE TABLE ledger_accounts (
  id uuid CONSTRAINT pk_ledger_accounts PRIMARY KEY,
  kind text NOT NULL CONSTRAINT ck_ledger_accounts_kind CHECK (kind IN ('bank', 'suspense', 'deposit', 'return')),
  lot_id uuid CONSTRAINT fk_ledger_accounts_lot_id REFERENCES lots (id),
  org_id uuid CONSTRAINT fk_ledger_accounts_org_id REFERENCES organisations (id),
  CONSTRAINT uq_ledger_accounts_kind_lot_id_org_id UNIQUE NULLS NOT DISTINCT (kind, lot_id, org_id),
  CONSTRAINT ck_ledger_accounts_holder CHECK (
    (kind IN ('deposit', 'return') AND lot_id IS NOT NULL AND org_id IS NOT NULL)
    OR (kind = 'suspense' AND lot_id IS NULL AND org_id IS NULL)
    OR (kind = 'bank' AND lot_id IS NULL AND org_id IS NOT NULL))
);
CREATE TABLE ledger_postings (
  id uuid CONSTRAINT pk_ledger_postings PRIMARY KEY,
  line_id uuid NOT NULL CONSTRAINT uq_ledger_postings_line_id UNIQUE
    CONSTRAINT fk_ledger_postings_line_id REFERENCES bank_lines (id),
  at timestamptz NOT NULL,
  entry_id uuid NOT NULL CONSTRAINT fk_ledger_postings_entry_id REFERENCES journal_entries (id)
);
-- 借 positive, 贷 negative.
CREATE TABLE ledger_entries (
  posting_id uuid NOT NULL CONSTRAINT fk_ledger_entries_posting_id REFERENCES ledger_postings (id),
  account_id uuid NOT NULL CONSTRAINT fk_ledger_entries_account_id REFERENCES ledger_accounts (id),
  amount_fen bigint NOT NULL CONSTRAINT ck_ledger_entries_amount_fen CHECK (amount_fen <> 0),
  CONSTRAINT pk_ledger_entries PRIMARY KEY (posting_id, account_id)
);
CREATE INDEX ix_ledger_entries_account_id ON ledger_entries (account_id) INCLUDE (amount_fen);

CREATE FUNCTION ledger_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE posting uuid;
BEGIN
  posting := CASE TG_TABLE_NAME WHEN 'ledger_postings' THEN to_jsonb(NEW) ->> 'id' ELSE to_jsonb(NEW) ->> 'posting_id' END;
  IF NOT coalesce((SELECT sum(amount_fen) = 0 FROM ledger_entries WHERE posting_id = posting), false) THEN
    RAISE EXCEPTION 'posting % does not balance', posting USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_postings_balanced AFTER INSERT ON ledger_postings
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_balanced();
CREATE CONSTRAINT TRIGGER ledger_entries_balanced AFTER INSERT ON ledger_entries
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_balanced();
CREATE TRIGGER ledger_accounts_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_accounts
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_postings_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_postings
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_entries_fixed BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entries
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT, INSERT ON ledger_accounts, ledger_postings, ledger_entries TO trading_app;
"""


def upgrade() -> None:
    for statements in (BANK_ROLE, SUB_ACCOUNTS, LINES, MATCHING, LEDGER):
        op.execute(statements)


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
