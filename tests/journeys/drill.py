"""Backup and restore of a deployment, command for command as docs/operations.md says."""

from pathlib import Path

import psycopg
from psycopg import sql

from tests.journeys.deployment import Deployment

_AS = ("--username", "postgres")


def back_up(deployment: Deployment, folder: Path) -> None:
    """The database first, the objects second."""
    deployment.in_postgres("pg_dump", *_AS, "--format=custom", f"--file={folder / 'trading.dump'}", "trading")
    deployment.run_once("worker-1", "objects", "save", str(folder / "objects"))


def restore(deployment: Deployment, folder: Path, name: str) -> None:
    """Into a database made as roles.sh does it on a new machine, and a bucket; the deployment is pointed there."""
    with psycopg.connect(deployment.postgres.admin_dsn, autocommit=True) as connection:
        database = sql.Identifier(name)
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER trading_owner").format(database))
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
        grant = sql.SQL("GRANT CONNECT ON DATABASE {} TO trading_app, trading_sequencer")
        connection.execute(grant.format(database))
    dump = str(folder / "trading.dump")
    deployment.in_postgres("pg_restore", *_AS, "--exit-on-error", "--single-transaction", f"--dbname={name}", dump)
    deployment.database, deployment.bucket = name, name
    deployment.run_once("worker-1", "objects", "load", str(folder / "objects"))
