"""The embedded servers keep what they acknowledged, listen only where they should, and survive a crash."""

import http.client
import io
import os
import signal
import socket
import ssl
import stat
import subprocess
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import psycopg
import pytest
from minio import Minio

from portal.embedded import seaweedfs
from portal.embedded.cluster import Cluster
from portal.embedded.home import Home
from portal.embedded.ports import GRPC_OFFSET, answers
from portal.embedded.postgres import EmbeddedPostgres
from portal.embedded.process import ServerProcess
from portal.embedded.seaweedfs import EmbeddedSeaweedFS
from tests.servers import SharedServers


@pytest.fixture(scope="module")
def home(servers: SharedServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home of its own beside the shared one, on the same copied binaries."""
    place = servers.home.root / f"own-{os.getpid()}"
    own = Home(place, binaries=servers.home.binaries)
    yield own
    EmbeddedPostgres(own).stop()
    EmbeddedSeaweedFS(own).stop()
    subprocess.run(["rm", "-rf", str(place)], check=True)


def crash(process: ServerProcess) -> None:
    pid = process.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    if process._child is not None:
        process._child.wait(10)


def test_postgres_keeps_its_data_over_stop_and_crash(home: Home) -> None:
    with EmbeddedPostgres(home) as first, psycopg.connect(first.admin_dsn, autocommit=True) as admin:
        admin.execute("CREATE TABLE kept (n int)")
        admin.execute("INSERT INTO kept VALUES (1)")
    assert not first.is_running

    second = EmbeddedPostgres(home)
    second.start()
    with psycopg.connect(second.admin_dsn, autocommit=True) as admin:
        admin.execute("INSERT INTO kept VALUES (2)")
    crash(second._process)
    (home.root / "postgres.pid").write_text(f"{os.getpid()}\n")  # the number now belongs to someone else
    lock = home.root / "postgres" / "postmaster.pid"
    lock.write_text("\n".join([str(os.getpid()), *lock.read_text().splitlines()[1:]]))

    third = EmbeddedPostgres(home)
    assert not third.is_running
    with third, psycopg.connect(third.admin_dsn) as admin:
        assert admin.execute("SELECT array_agg(n ORDER BY n) FROM kept").fetchone() == ([1, 2],)


def test_a_running_server_is_adopted_not_started_again(home: Home) -> None:
    with EmbeddedPostgres(home) as starter:
        adopter = EmbeddedPostgres(home)
        adopter.start()
        assert adopter._process.pid == starter._process.pid
        adopter.stop()
        assert not starter.is_running


def test_postgres_is_bytewise_scram_and_on_no_port(home: Home) -> None:
    with EmbeddedPostgres(home) as server:
        assert stat.S_IMODE(server.socket.stat().st_mode) == 0o700
        with psycopg.connect(server.admin_dsn) as admin:
            shown = {
                name: admin.execute(f"SHOW {name}").fetchone()
                for name in ("listen_addresses", "server_encoding", "password_encryption", "data_checksums")
            }
            locale = admin.execute("SELECT datlocale FROM pg_database WHERE datname = 'template0'").fetchone()
        assert shown == {
            "listen_addresses": ("",),
            "server_encoding": ("UTF8",),
            "password_encryption": ("scram-sha-256",),
            "data_checksums": ("on",),
        }
        assert locale == ("C.UTF-8",)
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(f"postgresql://postgres:wrong@/postgres?host={server.socket}")


def test_the_three_roles_are_weak_and_can_connect(home: Home) -> None:
    with EmbeddedPostgres(home) as server:
        cluster = Cluster(server.admin_dsn, home)
        cluster.prepare_roles()
        cluster.prepare_roles()
        urls = cluster.build("trading")
        assert cluster.build("trading") == urls
        for dsn in (urls.owner_dsn, urls.app_dsn, urls.sequencer_dsn):
            with psycopg.connect(dsn) as connection:
                row = connection.execute(
                    "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication "
                    "FROM pg_roles WHERE rolname = current_user"
                ).fetchone()
            assert row == (False,)
        with psycopg.connect(urls.app_dsn) as app, pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("CREATE TABLE mine (n int)")


def store(server: EmbeddedSeaweedFS, secret: str | None = None) -> Minio:
    return Minio(
        server.endpoint,
        access_key=server.access_key,
        secret_key=secret or server.secret_key,
        secure=False,
        region="us-east-1",
    )


def test_objects_survive_stop_and_crash_and_a_change_of_ports(home: Home) -> None:
    bodies = {f"o/{n}": os.urandom(50_000 + n) for n in range(20)}
    server = EmbeddedSeaweedFS(home)
    server.start()
    client = store(server)
    client.make_bucket(bucket_name="kept", object_lock=True)
    for name, body in bodies.items():
        client.put_object(bucket_name="kept", object_name=name, data=io.BytesIO(body), length=len(body))
    crash(server._process)
    with EmbeddedSeaweedFS(home):
        pass  # a clean stop in between
    (home.root / "seaweedfs.ports").unlink()
    with EmbeddedSeaweedFS(home) as moved:
        client = store(moved)
        found = {name: client.get_object(bucket_name="kept", object_name=name).read() for name in bodies}
    assert found == bodies


def test_only_the_s3_key_opens_the_store(home: Home) -> None:
    with EmbeddedSeaweedFS(home) as server:
        with pytest.raises(Exception, match=r"signature|Access"):
            store(server, secret="wrong").list_buckets()
        listening = _listening(server)
        assert listening
        assert {address for address, _ in listening} == {"127.0.0.1"}
        ports = server._ports()
        assert {port for _, port in listening} == {p + d for p in ports.values() for d in (0, GRPC_OFFSET)}
        assert _status("DELETE", ports["volume"], "/1,01637037d6") == HTTPStatus.UNAUTHORIZED
        for method in ("GET", "POST", "DELETE"):  # the filer would otherwise let a locked version go
            assert _status(method, ports["filer"], "/buckets/readiness/probe") == HTTPStatus.NOT_FOUND
        for port in ports.values():  # whoever holds no certificate of the store is not spoken to
            with pytest.raises(ssl.SSLError, match="CERTIFICATE_REQUIRED"):
                _begin_http2(port + GRPC_OFFSET)
    assert not answers(ports["s3"])


def test_a_port_taken_meanwhile_is_given_up(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    server = EmbeddedSeaweedFS(home)
    with server:
        before = server.endpoint
    monkeypatch.setattr(seaweedfs, "is_free", lambda _port: True)  # as if looked at a moment too early
    with socket.create_server(("127.0.0.1", server._ports()["s3"])), server:
        assert server.endpoint != before
        store(server).list_buckets()


def _listening(server: EmbeddedSeaweedFS) -> set[tuple[str, int]]:
    """Read from the kernel: every TCP socket in state LISTEN that the server's process holds."""
    pid = server._process.pid
    sockets = {
        str(link.readlink()).removeprefix("socket:[").removesuffix("]")
        for link in Path(f"/proc/{pid}/fd").iterdir()
        if link.is_symlink()
    }
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in sockets:
                address, port = fields[1].split(":")
                packed = bytes.fromhex(address)[::-1]
                found.add((".".join(map(str, packed)), int(port, 16)))
    return found


def _status(method: str, port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path)
    status = connection.getresponse().status
    connection.close()
    return status


def _begin_http2(port: int) -> bytes:
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    trusting.set_alpn_protocols(["h2"])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plain, trusting.wrap_socket(plain) as secure:
        secure.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + b"\x04" + bytes(5))
        return secure.recv(100)
