"""A whole platform on one machine: embedded servers, database, keys, witness, web, worker, relay, trustees.

`trading up` and the demonstrations both stand on it. Trustees and witness are processes with folders and ports of
their own and no database or store address.
"""

import json
import socket
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import httpx
import msgspec

from portal.children import Child
from portal.demo import clock
from portal.embedded.cluster import Cluster
from portal.embedded.home import Home
from portal.embedded.ports import free_port, is_free
from portal.embedded.postgres import EmbeddedPostgres
from portal.embedded.seaweedfs import EmbeddedSeaweedFS
from trading.kernel.settings import (
    DatabaseSettings,
    GatewaySettings,
    JournalSettings,
    KeysSettings,
    ObjectsSettings,
    Settings,
    WebSettings,
    to_environment,
)
from trading.kernel.signing import PlatformKeys, make_keys

PLATFORM_TOKEN = "platform-token"  # noqa: S105  # the file in the gateway's folder that the platform is given
TRUSTEE_SEATS = ("tenderer", "supervisor", "notary")
DATABASE = "trading"
Say = Callable[[str], None]


def preferred_port(wanted: int) -> int:
    """The wanted port, or any free one where it is taken."""
    return wanted if is_free(wanted) else free_port()


class EmbeddedPlatform:
    """Everything of one demonstration platform below one home."""

    def __init__(
        self,
        home: Home,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        say: Say = print,
        workers: int = 1,
        slot_seconds: int = 300,
    ) -> None:
        self.home, self.host, self.say, self.workers, self.slot_seconds = home, host, say, workers, slot_seconds
        self._claim = ExitStack()
        self._claim.enter_context(home.claimed())
        self.port = preferred_port(port) if port else free_port()
        self.base_url = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{self.port}"  # noqa: S104  # compared
        self.postgres = EmbeddedPostgres(home)
        self.store = EmbeddedSeaweedFS(home)
        self.children: list[Child] = []
        self.trustees: dict[str, str] = {}
        self.gateway = ""
        self.bank = ""
        self._ports = self._remembered_ports()

    def _remembered_ports(self) -> dict[str, int]:
        """Trustees and witness keep their addresses from start to start: people bookmark them."""
        path = self.home.own_folder("platform") / "ports.json"
        ports: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
        for name in ("witness", "gateway", "bank", *(f"trustee-{seat}" for seat in TRUSTEE_SEATS)):
            ports.setdefault(name, free_port())
        path.write_text(json.dumps(ports))
        return ports

    @property
    def origin(self) -> str:
        """The journal's name; made once with the home."""
        path = self.home.own_folder("platform") / "origin"
        if not path.exists():
            path.write_text(f"demo/{socket.gethostname()}/{self.home.secret('origin')[:12]}")
        return path.read_text()

    def start(self) -> Settings:
        """Everything up, in the order of need."""
        self.say("PostgreSQL …")
        self.postgres.start()
        self.say("SeaweedFS …")
        self.store.start()
        cluster = Cluster(self.postgres.admin_dsn, self.home)
        cluster.prepare_roles()
        urls = cluster.build(DATABASE)
        clock.install(urls.owner_dsn)
        keys_folder = self.home.own_folder("keys")
        passphrase = self.home.secret("keys-passphrase")
        make_keys(keys_folder, passphrase)
        log_key = PlatformKeys.load(keys_folder, passphrase).journal.public_raw.hex()
        self.say("witness …")
        witness_url = self._start_witness(log_key)
        witness = httpx.get(f"{witness_url}/key", timeout=5).text.strip()
        self.settings = Settings(
            database=DatabaseSettings(app=urls.app_dsn, sequencer=urls.sequencer_dsn),
            objects=ObjectsSettings(
                endpoint=self.store.endpoint, access_key=self.store.access_key, secret_key=self.store.secret_key
            ),
            keys=KeysSettings(folder=keys_folder, passphrase=passphrase),
            journal=JournalSettings(
                origin=self.origin, witnesses=(witness,), witness_urls=(witness_url,), slot_seconds=self.slot_seconds
            ),
            web=WebSettings(
                base_url=self.base_url,
                secret=self.home.secret("web"),
                host=self.host,
                port=self.port,
                workers=self.workers,
                demo=True,
            ),
        )
        self.settings = msgspec.structs.replace(self.settings, gateway=self._start_gateway())
        environment = to_environment(self.settings)
        self.say("web, worker, relay, gateway …")
        web = self._spawn("web", ["serve"], environment)
        self._spawn("worker", ["worker"], environment)
        self._spawn("relay", ["relay"], environment)
        web.wait_for(f"{self.base_url}/v1/time")
        self._start_bank()
        self.say("trustees …")
        for seat in TRUSTEE_SEATS:
            self._start_trustee(seat, witness_url)
        return self.settings

    def _spawn(self, name: str, arguments: list[str], environment: dict[str, str]) -> Child:
        child = Child(name, arguments, environment, self.home.own_folder("logs") / f"{name}.log")
        self.children.append(child)
        return child

    def _start_witness(self, log_key: str) -> str:
        port = self._ports["witness"]
        arguments = ["witness", "--folder", str(self.home.own_folder("witness")), "--port", str(port)]
        child = self._spawn("witness", [*arguments, "--origin", self.origin, "--log-key", log_key], {})
        child.wait_for(f"http://127.0.0.1:{port}/key")
        return f"http://127.0.0.1:{port}"

    def _start_gateway(self) -> GatewaySettings:
        port, folder = self._ports["gateway"], self.home.own_folder("gateway")
        arguments = ["gateway", "--folder", str(folder), "--port", str(port), "--platform", self.base_url]
        child = self._spawn("gateway", arguments, {})
        self.gateway = f"http://127.0.0.1:{port}"
        child.wait_for(f"{self.gateway}/key")
        key = httpx.get(f"{self.gateway}/key", timeout=5).text.strip()
        return GatewaySettings(url=self.gateway, token=(folder / PLATFORM_TOKEN).read_text(), key=key)

    def _start_bank(self) -> None:
        port = self._ports["bank"]
        arguments = ["bank", "--folder", str(self.home.own_folder("bank")), "--port", str(port)]
        child = self._spawn("bank", [*arguments, "--platform", self.base_url], {})
        self.bank = f"http://127.0.0.1:{port}"
        child.wait_for(f"{self.bank}/")

    def _start_trustee(self, seat: str, witness_url: str) -> None:
        name = f"trustee-{seat}"
        port = self._ports[name]
        folder = self.home.own_folder(name)
        arguments = ["trustee", "--folder", str(folder), "--port", str(port), "--platform", self.base_url]
        child = self._spawn(name, [*arguments, "--witness", witness_url], {})
        child.wait_for(f"http://127.0.0.1:{port}/")
        self.trustees[seat] = f"http://127.0.0.1:{port}"

    def dead(self) -> list[Child]:
        """Children that ended by themselves."""
        return [child for child in self.children if not child.running]

    def stop(self) -> None:
        """Everything down, last started first; data stays."""
        with ExitStack() as last_first:  # one that cannot be stopped keeps no other from it
            last_first.callback(self._claim.close)
            last_first.callback(self.postgres.stop)
            last_first.callback(self.store.stop)
            for child in self.children:
                last_first.callback(child.stop)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def folder(self, name: str) -> Path:
        """A private folder below the home."""
        return self.home.own_folder(name)
