"""Roles and databases in a PostgreSQL cluster that we may administer.

Three logins, so that a fault in the web cannot rewrite history: ``trading_owner`` makes tables and nothing
else, ``trading_app`` serves people, ``trading_sequencer`` orders the journal. A database is built once from the
migrations and then copied, which takes a tenth of a second instead of many.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import conninfo, sql

from migrations.apply import migrate
from portal.embedded.home import Home

OWNER, APP, SEQUENCER = "trading_owner", "trading_app", "trading_sequencer"
ROLES = (OWNER, APP, SEQUENCER)


@dataclass(frozen=True)
class DatabaseUrls:
    """One database as each login reaches it, as libpq URLs."""

    name: str
    owner_dsn: str
    app_dsn: str
    sequencer_dsn: str

    @property
    def owner_url(self) -> str:
        return _for_sqlalchemy(self.owner_dsn)

    @property
    def app_url(self) -> str:
        return _for_sqlalchemy(self.app_dsn)

    @property
    def sequencer_url(self) -> str:
        return _for_sqlalchemy(self.sequencer_dsn)


class Cluster:
    """A cluster by its administrator's address; the passwords of the three roles are kept in the home."""

    def __init__(self, admin_dsn: str, home: Home) -> None:
        self._admin_dsn = admin_dsn
        self._admin = conninfo.conninfo_to_dict(admin_dsn)
        self._passwords = {role: home.secret(role) for role in ROLES}

    def prepare_roles(self) -> None:
        """Make the three roles, or give them the passwords this home keeps."""
        with self._connect() as admin:
            admin.execute("SELECT pg_advisory_xact_lock(hashtext('trading roles'))")
            for role, password in self._passwords.items():
                known = admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
                verifier = admin.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
                admin.execute(
                    sql.SQL(
                        "{verb} ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOREPLICATION "
                        "PASSWORD {password}"
                    ).format(
                        verb=sql.SQL("ALTER" if known else "CREATE"),
                        role=sql.Identifier(role),
                        password=verifier.decode(),
                    )
                )

    def exists(self, name: str) -> bool:
        with self._connect() as admin:
            return admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None

    def names(self, prefix: str) -> list[str]:
        with self._connect() as admin:
            rows = admin.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix])
            return [name for (name,) in rows]

    def build(self, name: str) -> DatabaseUrls:
        """The named database, migrated to the pinned head; made first where it is missing."""
        if not self.exists(name):
            self._create(name, None)
        urls = self.urls(name)
        migrate(urls.owner_dsn)
        return urls

    def build_template(self, name: str) -> None:
        """As ``build``, but the name appears only when the database is whole."""
        if self.exists(name):
            return
        unfinished = f"{name}_new"
        self.drop(unfinished)
        self.build(unfinished)
        with self._connect(autocommit=True) as admin:
            admin.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(unfinished), sql.Identifier(name))
            )

    def fresh_database(self, name: str, *, template: str) -> DatabaseUrls:
        self._create(name, template)
        return self.urls(name)

    def drop(self, name: str) -> None:
        with self._connect(autocommit=True) as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def urls(self, name: str) -> DatabaseUrls:
        return DatabaseUrls(name, *(self._dsn(role, name) for role in ROLES))

    def _create(self, name: str, template: str | None) -> None:
        """Rights to connect are not part of what a template passes on, so each database gets them anew."""
        database = sql.Identifier(name)
        create = sql.SQL("CREATE DATABASE {} OWNER {}").format(database, sql.Identifier(OWNER))
        if template is not None:
            create += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
        with self._connect(autocommit=True) as admin:
            admin.execute(create)
            admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
            admin.execute(
                sql.SQL("GRANT CONNECT ON DATABASE {} TO {}, {}").format(
                    database, sql.Identifier(APP), sql.Identifier(SEQUENCER)
                )
            )

    def _connect(self, *, autocommit: bool = False) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(self._admin_dsn, autocommit=autocommit)

    def _dsn(self, role: str, name: str) -> str:
        host = str(self._admin.get("host", ""))
        port = str(self._admin.get("port", ""))
        query = f"?host={quote(host, safe='')}" + (f"&port={port}" if port else "")
        return f"postgresql://{role}:{self._passwords[role]}@/{quote(name)}{query}"


def _for_sqlalchemy(dsn: str) -> str:
    return dsn.replace("postgresql://", "postgresql+psycopg://", 1)
