"""What named a lot names a subject (0012): rows, grants and triggers of an opening under way outlive the change."""

from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest
from psycopg.errors import ForeignKeyViolation, InsufficientPrivilege, UniqueViolation

from migrations import apply
from portal.embedded.cluster import Cluster, DatabaseUrls

NAME = "test_before_subjects"
LOT = UUID(int=7)
BEFORE = """
INSERT INTO upload_tokens VALUES ('hash', %(lot)s, 1, 1);
INSERT INTO boxes VALUES (%(lot)s, NULL, 'root', 3, 'slots', now(), %(lot)s);
INSERT INTO share_batches VALUES ('batch', %(lot)s, 1, 'identity', 1, 'x', now(), %(lot)s);
INSERT INTO settlements VALUES (%(lot)s, 1, 'settled', 'x', now(), %(lot)s);
INSERT INTO reveals VALUES (%(lot)s, 1, 3, now(), %(lot)s);
INSERT INTO opened_parts VALUES (%(lot)s, 1, 0, 'env', 'identity', NULL, '{}', '[]');
INSERT INTO timers (key, due_at, event, payload)
  VALUES ('k', now(), 'bidding.deadline_reached', jsonb_build_object('lot_id', %(lot)s::text, '_version', 1));
INSERT INTO outbox (id, event, payload) VALUES (%(lot)s, 'bidding.phase_settled',
  jsonb_build_object('lot_id', %(lot)s::text, 'phase', 1, '_version', 1));
"""
TABLES = ("boxes", "share_batches", "settlements", "reveals", "opened_parts")


@pytest.fixture
def moved(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[DatabaseUrls]:
    """An opening under way before the change, then the change."""
    cluster.drop(NAME)
    with monkeypatch.context() as early:
        early.setattr(apply, "pinned_head", lambda: "0011")
        urls = cluster.build(NAME)
    with psycopg.connect(cluster._admin_dsn, dbname=NAME, autocommit=True) as admin:
        admin.execute("SET session_replication_role = replica")  # the lot behind it is not what is tried here
        for statement in BEFORE.split(";\n"):
            if statement.strip():
                admin.execute(statement, {"lot": LOT})
    cluster.build(NAME)
    yield urls
    cluster.drop(NAME)


def test_an_opening_under_way_goes_on_under_its_subject(moved: DatabaseUrls) -> None:
    with psycopg.connect(moved.app_dsn, autocommit=True) as app:
        for table in (*TABLES, "upload_tokens"):
            assert app.execute(f"SELECT subject_kind, subject_id FROM {table}").fetchall() == [("lot", LOT)], table
        told = app.execute("SELECT payload FROM timers UNION ALL SELECT payload FROM outbox").fetchall()
        assert [row[0]["subject"] for row in told] == [f"lot:{LOT}"] * 2
        assert [sorted(row[0]) for row in told] == [["_version", "subject"], ["_version", "phase", "subject"]]


def test_what_guarded_it_guards_it_still(moved: DatabaseUrls) -> None:
    for login in (moved.app_dsn, moved.owner_dsn):
        with psycopg.connect(login, autocommit=True) as connection:
            for table in TABLES:
                for statement in (f"UPDATE {table} SET subject_kind = 'draw'", f"DELETE FROM {table}"):
                    with pytest.raises(InsufficientPrivilege):
                        connection.execute(statement)  # type: ignore[call-overload]
    box = "INSERT INTO boxes VALUES (%s, NULL, 'r', 0, 's', now(), %s, %s)"
    batch = "INSERT INTO share_batches VALUES ('b', %s, 1, 'p', 1, 'x', now(), %s, 'draw')"
    with psycopg.connect(moved.app_dsn, autocommit=True) as app:
        with pytest.raises(UniqueViolation):
            app.execute(box, (LOT, LOT, "lot"))
        with pytest.raises(ForeignKeyViolation):
            app.execute(batch, (LOT, LOT))
        app.execute(box, (LOT, LOT, "draw"))  # the same number, another kind
        app.execute(batch, (LOT, LOT))
