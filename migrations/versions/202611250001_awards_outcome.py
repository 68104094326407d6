"""Candidates, their publicity, objections to the result, award, letters, report, contract; proof pages of records.

Revision ID: 0017
Revises: 0016
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

BEFORE = """
ALTER TABLE lots DROP CONSTRAINT ck_lots_state;
ALTER TABLE lots ADD CONSTRAINT ck_lots_state CHECK (state IN
  ('registered', 'published', 'closed', 'opening', 'opened', 'evaluating', 'evaluated', 'publicised', 'awarded',
   'contracted', 'failed'));
-- The unguessable name under which anyone who holds a document may see its proof.
ALTER TABLE records ADD COLUMN proof_code text COLLATE "C" CONSTRAINT uq_records_proof_code UNIQUE
  CONSTRAINT ck_records_proof_code CHECK (proof_code ~ '^[0-9a-f]{32}$');
"""

TABLES = """
CREATE TABLE award_outcomes (
  lot_id uuid CONSTRAINT pk_award_outcomes PRIMARY KEY CONSTRAINT fk_award_outcomes_lot_id REFERENCES lots (id),
  report_digest text COLLATE "C" NOT NULL CONSTRAINT ck_award_outcomes_report_digest
    CHECK (report_digest ~ '^[0-9a-f]{64}$'),
  report_entry_id uuid NOT NULL,
  received_at timestamptz NOT NULL,
  entry_id uuid NOT NULL
);
CREATE TABLE award_bidders (
  lot_id uuid NOT NULL CONSTRAINT fk_award_bidders_lot_id REFERENCES award_outcomes (lot_id),
  env text COLLATE "C" NOT NULL,
  org_id uuid CONSTRAINT fk_award_bidders_org_id REFERENCES organisations (id),
  organisation text NOT NULL,
  uscc text COLLATE "C" NOT NULL,
  rank smallint CONSTRAINT ck_award_bidders_rank CHECK (rank >= 1),
  price_fen bigint,
  total_hundredths integer,
  is_candidate boolean NOT NULL,
  CONSTRAINT pk_award_bidders PRIMARY KEY (lot_id, env),
  CONSTRAINT uq_award_bidders_lot_id_rank UNIQUE (lot_id, rank),
  CONSTRAINT ck_award_bidders_candidate
    CHECK (NOT is_candidate OR (rank IS NOT NULL AND price_fen IS NOT NULL AND total_hundredths IS NOT NULL))
);
CREATE INDEX ix_award_bidders_org_id ON award_bidders (org_id);
CREATE TABLE award_publicities (
  lot_id uuid CONSTRAINT pk_award_publicities PRIMARY KEY
    CONSTRAINT fk_award_publicities_lot_id REFERENCES award_outcomes (lot_id),
  starts_on date NOT NULL,
  ends_on date NOT NULL,
  ends_at timestamptz NOT NULL,
  provisional boolean NOT NULL,
  late boolean NOT NULL,
  planned_at timestamptz NOT NULL,
  entry_id uuid NOT NULL,
  began_at timestamptz,
  ended_at timestamptz,
  CONSTRAINT ck_award_publicities_ends_on CHECK (ends_on > starts_on),
  CONSTRAINT ck_award_publicities_ended_at CHECK (ended_at IS NULL OR (began_at IS NOT NULL AND ended_at >= ends_at))
);
CREATE TABLE award_objections (
  id uuid CONSTRAINT pk_award_objections PRIMARY KEY,
  lot_id uuid NOT NULL CONSTRAINT fk_award_objections_lot_id REFERENCES award_publicities (lot_id),
  org_id uuid NOT NULL CONSTRAINT fk_award_objections_org_id REFERENCES organisations (id),
  organisation text NOT NULL,
  uscc text COLLATE "C" NOT NULL,
  standing text NOT NULL CONSTRAINT ck_award_objections_standing CHECK (standing IN ('bidder', 'interested')),
  interest text NOT NULL,
  text text NOT NULL,
  digest text COLLATE "C" NOT NULL,
  receipt bytea NOT NULL,
  raised_at timestamptz NOT NULL,
  reply_by timestamptz NOT NULL,
  entry_id uuid NOT NULL,
  CONSTRAINT ck_award_objections_interest CHECK (standing = 'bidder' OR interest <> '')
);
CREATE INDEX ix_award_objections_lot_id ON award_objections (lot_id, raised_at);
CREATE TABLE award_objection_ends (
  objection_id uuid CONSTRAINT pk_award_objection_ends PRIMARY KEY
    CONSTRAINT fk_award_objection_ends_objection_id REFERENCES award_objections (id),
  outcome text NOT NULL CONSTRAINT ck_award_objection_ends_outcome
    CHECK (outcome IN ('upheld', 'dismissed', 'withdrawn')),
  text text NOT NULL,
  late boolean NOT NULL,
  ended_at timestamptz NOT NULL,
  entry_id uuid NOT NULL,
  CONSTRAINT ck_award_objection_ends_text CHECK ((outcome = 'withdrawn') = (text = ''))
);
CREATE TABLE award_decisions (
  id uuid CONSTRAINT pk_award_decisions PRIMARY KEY,
  lot_id uuid NOT NULL CONSTRAINT fk_award_decisions_lot_id REFERENCES award_publicities (lot_id),
  number smallint NOT NULL,
  env text COLLATE "C" NOT NULL,
  passed_over jsonb NOT NULL,
  reasons text NOT NULL,
  decided_by uuid NOT NULL,
  decided_at timestamptz NOT NULL,
  report_by timestamptz NOT NULL,
  entry_id uuid NOT NULL,
  CONSTRAINT uq_award_decisions_lot_id_number UNIQUE (lot_id, number),
  CONSTRAINT fk_award_decisions_env FOREIGN KEY (lot_id, env) REFERENCES award_bidders (lot_id, env)
);
CREATE TABLE award_annulments (
  decision_id uuid CONSTRAINT pk_award_annulments PRIMARY KEY
    CONSTRAINT fk_award_annulments_decision_id REFERENCES award_decisions (id),
  ground text COLLATE "C" NOT NULL,
  reason text NOT NULL,
  annulled_at timestamptz NOT NULL,
  entry_id uuid NOT NULL
);
CREATE TABLE award_letters (
  id uuid CONSTRAINT pk_award_letters PRIMARY KEY,
  decision_id uuid NOT NULL CONSTRAINT fk_award_letters_decision_id REFERENCES award_decisions (id),
  env text COLLATE "C" NOT NULL,
  org_id uuid CONSTRAINT fk_award_letters_org_id REFERENCES organisations (id),
  kind text NOT NULL CONSTRAINT ck_award_letters_kind CHECK (kind IN ('award', 'result')),
  record_id uuid NOT NULL CONSTRAINT fk_award_letters_record_id REFERENCES records (id),
  code text COLLATE "C" NOT NULL,
  digest text COLLATE "C" NOT NULL,
  issued_at timestamptz NOT NULL,
  contract_by timestamptz,
  entry_id uuid NOT NULL,
  CONSTRAINT uq_award_letters_decision_id_env UNIQUE (decision_id, env),
  CONSTRAINT ck_award_letters_contract_by CHECK ((kind = 'award') = (contract_by IS NOT NULL))
);
CREATE INDEX ix_award_letters_org_id ON award_letters (org_id);
CREATE TABLE award_letter_receipts (
  letter_id uuid NOT NULL CONSTRAINT fk_award_letter_receipts_letter_id REFERENCES award_letters (id),
  how text NOT NULL CONSTRAINT ck_award_letter_receipts_how CHECK (how IN ('opened', 'downloaded')),
  person_id uuid NOT NULL,
  at timestamptz NOT NULL,
  entry_id uuid NOT NULL,
  CONSTRAINT pk_award_letter_receipts PRIMARY KEY (letter_id, how)
);
CREATE TABLE award_reports (
  decision_id uuid CONSTRAINT pk_award_reports PRIMARY KEY
    CONSTRAINT fk_award_reports_decision_id REFERENCES award_decisions (id),
  record_id uuid NOT NULL CONSTRAINT fk_award_reports_record_id REFERENCES records (id),
  digest text COLLATE "C" NOT NULL,
  late boolean NOT NULL,
  submitted_at timestamptz NOT NULL,
  entry_id uuid NOT NULL
);
CREATE TABLE award_contracts (
  id uuid CONSTRAINT pk_award_contracts PRIMARY KEY,
  decision_id uuid NOT NULL CONSTRAINT fk_award_contracts_decision_id REFERENCES award_decisions (id),
  number smallint NOT NULL,
  record_id uuid NOT NULL CONSTRAINT fk_award_contracts_record_id REFERENCES records (id),
  digest text COLLATE "C" NOT NULL,
  amount_fen bigint NOT NULL CONSTRAINT ck_award_contracts_amount_fen CHECK (amount_fen > 0),
  bond_fen bigint NOT NULL CONSTRAINT ck_award_contracts_bond_fen CHECK (bond_fen >= 0),
  signed_on date NOT NULL,
  late boolean NOT NULL,
  recorded_by uuid NOT NULL,
  recorded_at timestamptz NOT NULL,
  entry_id uuid NOT NULL,
  CONSTRAINT uq_award_contracts_decision_id_number UNIQUE (decision_id, number)
);
CREATE TABLE award_contract_answers (
  contract_id uuid CONSTRAINT pk_award_contract_answers PRIMARY KEY
    CONSTRAINT fk_award_contract_answers_contract_id REFERENCES award_contracts (id),
  outcome text NOT NULL CONSTRAINT ck_award_contract_answers_outcome CHECK (outcome IN ('confirmed', 'declined')),
  reason text NOT NULL,
  answered_by uuid NOT NULL,
  answered_at timestamptz NOT NULL,
  entry_id uuid NOT NULL,
  CONSTRAINT ck_award_contract_answers_reason CHECK (outcome = 'confirmed' OR reason <> '')
);
CREATE TABLE result_notices (
  id uuid CONSTRAINT pk_result_notices PRIMARY KEY,
  lot_id uuid NOT NULL CONSTRAINT fk_result_notices_lot_id REFERENCES lots (id),
  kind text NOT NULL CONSTRAINT ck_result_notices_kind CHECK (kind IN ('candidates', 'award', 'contract')),
  subject_id uuid NOT NULL,
  title text NOT NULL,
  body jsonb NOT NULL,
  digest text COLLATE "C" NOT NULL,
  code text COLLATE "C" NOT NULL,
  published_at timestamptz NOT NULL,
  entry_id uuid NOT NULL,
  pdf_record_id uuid CONSTRAINT fk_result_notices_pdf_record_id REFERENCES records (id),
  pdf_digest text COLLATE "C",
  CONSTRAINT uq_result_notices_kind_subject_id UNIQUE (kind, subject_id)
);
CREATE INDEX ix_result_notices_published_at_id ON result_notices (published_at, id);
CREATE INDEX ix_result_notices_lot_id ON result_notices (lot_id);
"""

KEPT = (
    "award_outcomes",
    "award_bidders",
    "award_objections",
    "award_objection_ends",
    "award_decisions",
    "award_annulments",
    "award_letters",
    "award_letter_receipts",
    "award_reports",
    "award_contracts",
    "award_contract_answers",
)
CHANGED = {
    "award_publicities": "began_at, ended_at",
    "result_notices": "pdf_record_id, pdf_digest",
}


def upgrade() -> None:
    op.execute(BEFORE)
    op.execute(TABLES)
    for table in KEPT:
        op.execute(f"GRANT SELECT, INSERT ON {table} TO trading_app")
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    for table, columns in CHANGED.items():
        op.execute(f"GRANT SELECT, INSERT, UPDATE ({columns}) ON {table} TO trading_app")


def downgrade() -> None:
    raise NotImplementedError("migrations go forward; restore a backup to go back")
