"""Mechanism without domain words: time, journal, transactions, objects, identity."""
