"""Bring a database to the pinned head of the history.

Run as the owner role, never as the application. Each migration is a transaction of its own that gives up rather
than stand in the way: four seconds for a lock, five for a statement.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

FOLDER = Path(__file__).parent
OWNER_ROLE = "trading_owner"
LIMITS = "-c lock_timeout=4s -c statement_timeout=5s -c TimeZone=UTC"
LOCK_KEY = 0x7472_6164_696E_6701  # two migrations at once wait for each other


class WrongLogin(RuntimeError):
    """Migrations were started with a login that is not the owner role."""


def configuration() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(year)d%%(month).2d%%(day).2d%%(hour).2d%%(minute).2d_%%(slug)s")
    config.set_main_option("timezone", "UTC")
    return config


def pinned_head() -> str:
    return (FOLDER / "HEAD").read_text().strip()


def history() -> ScriptDirectory:
    return ScriptDirectory.from_config(configuration())


def migrate(dsn: str) -> str:
    """Upgrade to the pinned head and return it."""
    head = pinned_head()
    with _connect(dsn) as connection:
        user = connection.execute(text("SELECT current_user")).scalar_one()
        if user != OWNER_ROLE:
            raise WrongLogin(f"migrations run as {OWNER_ROLE}, not as {user}")
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK_KEY})
        connection.commit()
        try:
            config = configuration()
            config.attributes["connection"] = connection
            command.upgrade(config, head)
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": LOCK_KEY})
            connection.commit()
    return head


def current(dsn: str) -> str | None:
    """The revision a database is at; None for an empty one."""
    with _connect(dsn) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _connect(dsn: str) -> Connection:
    url = dsn.replace("postgresql://", "postgresql+psycopg://", 1)
    return create_engine(url, poolclass=NullPool, connect_args={"options": LIMITS}).connect()
