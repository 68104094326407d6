"""Migrations run as the owner, give up rather than block, and leave the tables that the code declares."""

import psycopg
import pytest
from sqlalchemy import Dialect, create_engine, inspect
from sqlalchemy.pool import NullPool
from sqlalchemy.types import NullType, TypeEngine

from migrations.apply import WrongLogin, current, migrate, pinned_head
from portal.embedded.cluster import Cluster, DatabaseUrls
from tests.architecture.source import import_models
from trading.kernel.db import Base


def test_the_application_may_not_migrate(database: DatabaseUrls) -> None:
    with pytest.raises(WrongLogin, match="not as trading_app"):
        migrate(database.app_dsn)


def test_migrating_again_changes_nothing(database: DatabaseUrls) -> None:
    assert migrate(database.owner_dsn) == current(database.owner_dsn) == pinned_head()


def test_a_migration_gives_up_waiting_for_a_lock(database: DatabaseUrls) -> None:
    with psycopg.connect(database.owner_dsn) as holder:
        holder.execute("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(Exception, match=r"lock timeout|statement timeout"):
            migrate(database.owner_dsn)


def test_an_empty_database_becomes_whole(cluster: Cluster) -> None:
    name = "test_empty"
    cluster.drop(name)
    try:
        urls = cluster.build(name)
        assert current(urls.owner_dsn) == pinned_head()
    finally:
        cluster.drop(name)


def test_the_code_and_the_database_agree(database: DatabaseUrls) -> None:
    """Every table and column that the code declares is there as declared; the database may know more than the code."""
    import_models()
    engine = create_engine(database.owner_url, poolclass=NullPool)
    with engine.connect() as connection:
        known = inspect(connection)
        present = {
            (table, column["name"]): (shape(column["type"], connection.dialect), column["nullable"])
            for table in known.get_table_names()
            for column in known.get_columns(table)
        }
        declared = {
            (table.name, column.name): (shape(column.type, connection.dialect), column.nullable)
            for table in Base.metadata.tables.values()
            for column in table.columns
            if not isinstance(column.type, NullType)  # it takes the type of a column in a table only SQL knows
        }
    assert declared
    assert {
        where: (shape, present.get(where)) for where, shape in declared.items() if present.get(where) != shape
    } == {}


def shape(kind: TypeEngine[object], dialect: Dialect) -> str:
    """As PostgreSQL writes it; a type that only SQL knows is compared by its presence."""
    return "" if isinstance(kind, NullType) else kind.compile(dialect)


def test_nothing_is_granted_to_everyone(database: DatabaseUrls) -> None:
    with psycopg.connect(database.owner_dsn) as owner:
        rows = owner.execute(
            "SELECT table_schema || '.' || table_name FROM information_schema.role_table_grants "
            "WHERE grantee = 'PUBLIC' AND table_schema NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
    assert rows == []
