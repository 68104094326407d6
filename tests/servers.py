"""Real servers for tests, shared by every worker and every test run of this checkout.

Each process that uses them holds a shared lock which the kernel drops when it dies; the last to leave stops them.
So nothing is started twice and nothing is left behind, however a run ends.
"""

import fcntl
import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal.embedded.cluster import Cluster, DatabaseUrls
from portal.embedded.home import ROOT_HOME, Home
from portal.embedded.postgres import EmbeddedPostgres
from portal.embedded.seaweedfs import EmbeddedSeaweedFS
from trading.kernel.settings import ObjectsSettings

ROOT = Path(__file__).parent.parent
BUCKET = "tests"
TEST_DATABASE = "test_"
TEMPLATE = "template_"


def checkout_home() -> Path:
    """Short, and readable by the servers' account; one for each checkout."""
    if os.geteuid() == 0:
        return ROOT_HOME / "tests" / hashlib.sha256(os.fsencode(ROOT)).hexdigest()[:10]
    return ROOT / ".trading" / "tests"


def migrations_fingerprint() -> str:
    """Another one for every change of the history, so that a stale template is never used."""
    digest = hashlib.sha256()
    for path in sorted((ROOT / "migrations").rglob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    digest.update((ROOT / "migrations" / "HEAD").read_bytes())
    return digest.hexdigest()[:12]


class SharedServers:
    def __init__(self) -> None:
        as_root = os.geteuid() == 0
        self.home = Home(checkout_home(), binaries=ROOT_HOME / "bin" if as_root else None)
        self.postgres = EmbeddedPostgres(self.home, durable=False)
        self.seaweedfs = EmbeddedSeaweedFS(self.home)
        self.template = TEMPLATE + migrations_fingerprint()
        self._given_database = os.environ.get("TRADING_TEST_DATABASE_URL")  # a second job: any PostgreSQL >= 15

    @contextmanager
    def in_use(self) -> Iterator["SharedServers"]:
        with (self.home.own_folder("locks") / "users").open("w") as users:
            with self.home.locked("door"):
                fcntl.flock(users, fcntl.LOCK_SH)
            yield self
            with self.home.locked("door"):
                fcntl.flock(users, fcntl.LOCK_UN)
                try:
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return
                self._clear()

    def cluster(self) -> Cluster:
        with self.home.locked("door"):
            if self._given_database is None:
                self.postgres.start()
            cluster = self._cluster()
            cluster.prepare_roles()
            cluster.build_template(self.template)
        return cluster

    def object_settings(self) -> ObjectsSettings:
        with self.home.locked("door"):
            self.seaweedfs.start()
        return ObjectsSettings(
            endpoint=self.seaweedfs.endpoint,
            access_key=self.seaweedfs.access_key,
            secret_key=self.seaweedfs.secret_key,
            bucket=BUCKET,
        )

    def _cluster(self) -> Cluster:
        return Cluster(self._given_database or self.postgres.admin_dsn, self.home)

    def _clear(self) -> None:
        """Keep the cluster and the current template for the next run, and nothing else."""
        if self._given_database or self.postgres.is_running:
            cluster = self._cluster()
            for name in [*cluster.names(TEST_DATABASE), *cluster.names(TEMPLATE)]:
                if name not in {self.template, "template0", "template1"}:
                    cluster.drop(name)
        self.postgres.stop()
        self.seaweedfs.stop()
        shutil.rmtree(self.seaweedfs.data, ignore_errors=True)


@contextmanager
def fresh_database(cluster: Cluster, template: str) -> Iterator[DatabaseUrls]:
    """A database of its own for whatever commits."""
    name = TEST_DATABASE + uuid.uuid4().hex[:16]
    try:
        yield cluster.fresh_database(name, template=template)
    finally:
        cluster.drop(name)
