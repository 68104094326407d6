"""Where the platform is measured: the embedded servers with their durable settings, in a home of the run's own."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from portal.children import Child
from portal.embedded.cluster import Cluster, DatabaseUrls
from portal.embedded.home import ROOT_HOME, Home
from portal.embedded.ports import free_port
from portal.embedded.postgres import EmbeddedPostgres
from portal.embedded.seaweedfs import EmbeddedSeaweedFS
from trading.kernel.settings import (
    DatabaseSettings,
    JournalSettings,
    KeysSettings,
    ObjectsSettings,
    Settings,
    WebSettings,
    to_environment,
)
from trading.kernel.signing import make_keys

TEMPLATE = "template_bench"
ORIGIN = "bench.example/journal"
SECRET = "s" * 40
PASSPHRASE = "bench"  # noqa: S105  # opens keys that live as long as the run
PATIENCE = 300.0
"""Seconds a busy machine may take to start the web server."""
DURABLE = ("fsync", "synchronous_commit", "full_page_writes")


@dataclass
class Place:
    """Servers, and databases made from one template."""

    home: Home
    postgres: EmbeddedPostgres
    store: EmbeddedSeaweedFS
    cluster: Cluster

    @contextmanager
    def database(self) -> Iterator[DatabaseUrls]:
        """A fresh one."""
        name = f"bench_{uuid.uuid4().hex[:12]}"
        try:
            yield self.cluster.fresh_database(name, template=TEMPLATE)
        finally:
            self.cluster.drop(name)

    def objects(self) -> ObjectsSettings:
        """A corner of the store."""
        return ObjectsSettings(
            endpoint=self.store.endpoint,
            access_key=self.store.access_key,
            secret_key=self.store.secret_key,
            bucket="bench",
            prefix=f"{uuid.uuid4().hex}/",
        )

    def settings(self, urls: DatabaseUrls, *, workers: int = 2) -> Settings:
        """Of a platform over a database."""
        folder = self.home.own_folder("keys")
        make_keys(folder, PASSPHRASE)
        port = free_port()
        return Settings(
            database=DatabaseSettings(app=urls.app_dsn, sequencer=urls.sequencer_dsn),
            objects=self.objects(),
            keys=KeysSettings(folder, PASSPHRASE),
            journal=JournalSettings(origin=ORIGIN, quorum=0),
            web=WebSettings(base_url=f"http://127.0.0.1:{port}", secret=SECRET, port=port, workers=workers),
        )

    @contextmanager
    def served(self, settings: Settings) -> Iterator[str]:
        """The real web server in processes of its own; its address."""
        log = self.home.own_folder("logs") / "web.log"
        child = Child("web", ["serve"], to_environment(settings), log)
        try:
            child.wait_for(f"{settings.web.base_url}/v1/time", seconds=PATIENCE)
            yield settings.web.base_url
        finally:
            child.stop()

    def program(self, name: str) -> str:
        """One of PostgreSQL's own programs."""
        return str(self.postgres.programs / name)

    def facts(self) -> dict[str, str]:
        """Which server, and that it is durable."""
        with psycopg.connect(self.postgres.admin_dsn) as connection:
            names = ("server_version", *DURABLE)
            return {name: connection.execute(f"SHOW {name}").fetchone()[0] for name in names}  # type: ignore[index]


@contextmanager
def place() -> Iterator[Place]:
    """Start the servers, take everything away at the end."""
    if os.geteuid() == 0:
        home = Home(ROOT_HOME / "bench" / str(os.getpid()), binaries=ROOT_HOME / "bin")
    else:
        home = Home(Path(tempfile.mkdtemp(prefix="tb")))
    try:
        with EmbeddedPostgres(home) as postgres, EmbeddedSeaweedFS(home) as store:
            cluster = Cluster(postgres.admin_dsn, home)
            cluster.prepare_roles()
            cluster.build_template(TEMPLATE)
            yield Place(home, postgres, store, cluster)
    finally:
        shutil.rmtree(home.root, ignore_errors=True)
        with suppress(OSError):
            home.root.parent.rmdir()
