"""Deposits (投标保证金): sub-accounts, what the bank reports, matching in silence, the double-entry ledger."""
