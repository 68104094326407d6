"""Verbs between report and contract, one use case a file."""
