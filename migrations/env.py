"""Alembic's entry: runs the history on the connection that ``migrations.apply`` opened as the owner role."""

from alembic import context
from sqlalchemy import Connection


def run(connection: Connection) -> None:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is None:
    raise SystemExit("use `trading migrate`; alembic's own command has no address of a database")
run(given)
