"""The history of the database's shape: one line, its end pinned in ``HEAD``."""
