"""R37: whoever logs in, rows of the journal are added and never changed."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from portal.embedded.cluster import DatabaseUrls

TABLES = [
    "journal_entries",
    "journal_leaves",
    "journal_nodes",
    "journal_checkpoints",
    "journal_signatures",
    "journal_cosignatures",
    "blind_entries",
    "blind_slots",
]


def column(table: str) -> str:
    return {"journal_entries": "id", "blind_entries": "leaf", "blind_slots": "slot"}.get(
        table, {"journal_leaves": "index", "journal_nodes": "index"}.get(table, "size")
    )


@pytest.mark.parametrize("login", ["app_dsn", "sequencer_dsn", "owner_dsn"])
def test_r37_journal_rows_are_never_changed(database: DatabaseUrls, login: str):
    with psycopg.connect(getattr(database, login), autocommit=True) as connection:
        for table in TABLES:
            name = column(table)
            for statement in (
                f"UPDATE {table} SET {name} = {name}",
                f"DELETE FROM {table}",
                f"TRUNCATE {table} CASCADE",
            ):
                with pytest.raises(errors.InsufficientPrivilege):
                    connection.execute(statement)


def test_r37_the_application_cannot_reach_the_tree(database: DatabaseUrls):
    with psycopg.connect(database.app_dsn, autocommit=True) as connection:
        for statement in (
            "INSERT INTO journal_nodes VALUES (0, 0, sha256(''))",
            "INSERT INTO journal_leaves VALUES (0, gen_random_uuid())",
            "INSERT INTO journal_checkpoints VALUES (1, sha256(''), now(), '')",
            "INSERT INTO journal_pending (entry_id) VALUES (gen_random_uuid())",
            "DELETE FROM journal_pending",
            "UPDATE journal_openings SET name = name",
            "UPDATE blind_streams SET subject = subject",
            "DELETE FROM blind_streams",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(statement)


def test_r37_the_sequencer_cannot_reach_the_blind_streams(database: DatabaseUrls):
    with psycopg.connect(database.sequencer_dsn, autocommit=True) as connection:
        for statement in ("SELECT * FROM blind_entries", "SELECT * FROM journal_openings"):
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(statement)


def test_a_leaf_that_is_not_its_entrys_is_refused(database: DatabaseUrls):
    with psycopg.connect(database.app_dsn, autocommit=True) as connection, pytest.raises(errors.CheckViolation):
        connection.execute(
            "INSERT INTO journal_entries VALUES (gen_random_uuid(), 'a:b:c', 'x:1', 'body', sha256('other'), now())"
        )
