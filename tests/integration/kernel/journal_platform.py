"""A journal with everything real around it: database, store, and witnesses as processes of their own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portal.embedded.cluster import DatabaseUrls
from portal.embedded.ports import free_port
from trading.kernel.journal.sequencer import Sequencer
from trading.kernel.objects import ObjectStore
from trading.kernel.settings import (
    DatabaseSettings,
    JournalSettings,
    KeysSettings,
    ObjectsSettings,
    Settings,
    WebSettings,
)
from trading.kernel.signing import FileSigner

ROOT = Path(__file__).parents[3]
SIGNER = FileSigner(Ed25519PrivateKey.from_private_bytes(b"\x05" * 32))
ORIGIN = "example.org/journal"


class WitnessProcess:
    """`trading witness` without the command line around it."""

    def __init__(self, folder: Path, origin: str = ORIGIN, signer: FileSigner = SIGNER) -> None:
        self.folder, self.port, self.origin = folder, free_port(), origin
        self._log_key = signer.public_raw.hex()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()
        self.vkey = httpx.get(f"{self.url}/key").text.strip()

    def start(self) -> None:
        code = (
            "import sys; from pathlib import Path; from trading.kernel.journal.witness import run;"
            "run(Path(sys.argv[1]), int(sys.argv[2]), origin=sys.argv[3], log_key=sys.argv[4])"
        )
        arguments = [str(self.folder), str(self.port), self.origin, self._log_key]
        self._process = subprocess.Popen([sys.executable, "-c", code, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL)
        for _ in range(100):
            try:
                httpx.get(f"{self.url}/key")
            except httpx.ConnectError:
                time.sleep(0.05)
            else:
                return
        raise RuntimeError("the witness did not start")

    def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        assert self._process.wait(10) == 0

    def note(self) -> str:
        return httpx.get(f"{self.url}/checkpoint", params={"origin": self.origin}).text


@contextmanager
def witness(folder: Path, origin: str = ORIGIN, signer: FileSigner = SIGNER) -> Iterator[WitnessProcess]:
    process = WitnessProcess(folder, origin, signer)
    try:
        yield process
    finally:
        process.stop()


def settings(
    database: DatabaseUrls, objects: ObjectsSettings, *witnesses: WitnessProcess, origin: str = ORIGIN
) -> Settings:
    return Settings(
        database=DatabaseSettings(app=database.app_dsn, sequencer=database.sequencer_dsn),
        objects=objects,
        keys=KeysSettings(folder=Path("unused"), passphrase="unused"),
        journal=JournalSettings(
            origin=origin,
            witnesses=tuple(process.vkey for process in witnesses),
            witness_urls=tuple(process.url for process in witnesses),
            quorum=len(witnesses) // 2 + 1,
        ),
        web=WebSettings(base_url="http://localhost", secret="unused"),
    )


def sequencer(of: Settings) -> Sequencer:
    return Sequencer(of, ObjectStore(of.objects), SIGNER)
