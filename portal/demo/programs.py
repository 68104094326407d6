"""The programs people of a demonstration run on their own machines: separate processes with folders of their own.

A bidder's folder is all a bidder has: key file, sealed bids, receipts. The platform's processes know nothing of it.
"""

import json
import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[2]
_NODE_SEALER = ROOT / "web" / "src" / "bidding" / "seal_cli.mjs"
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")
LATE = 3
PASSPHRASE = "demonstration passphrase"  # noqa: S105  # a demonstration's


class ProgramFailed(RuntimeError):
    """A person's program ended with an error."""


def run_program(
    arguments: list[str], environment: dict[str, str], *, allowed: tuple[int, ...] = (0,)
) -> tuple[int, str]:
    """Run one program to its end; returns its exit code and what it printed."""
    kept = {key: os.environ[key] for key in _KEPT if key in os.environ}
    done = subprocess.run(  # noqa: S603  # our own programs
        arguments, env={**kept, **environment}, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    if done.returncode not in allowed:
        raise ProgramFailed(f"{' '.join(arguments[:5])} … ended with {done.returncode}:\n{done.stderr or done.stdout}")
    return done.returncode, done.stdout.strip()


def trading(*arguments: str) -> list[str]:
    """`trading …` as a process of its own, whatever PATH says."""
    return [sys.executable, "-m", "portal", *arguments]


class BidderMachine:
    """What a bidder does on the bidder's own machine."""

    def __init__(self, folder: Path, base_url: str) -> None:
        self.folder, self.base_url = folder, base_url
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.key = folder / "key.pem"

    def _secret_file(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(text)
        return path

    def make_key(self, token: str) -> None:
        """`trading keys new`: the private key never leaves this folder."""
        if self.key.exists():
            return
        token_file = self._secret_file("token", token)
        passphrase = self._secret_file("passphrase", PASSPHRASE)
        arguments = ["--server", self.base_url, "--token-file", str(token_file), "--passphrase-file", str(passphrase)]
        run_program(trading("keys", "new", *arguments, "--out", str(self.key)), {})
        token_file.unlink()

    def prepare(self, name: str, *, price: dict[str, Any], technical: int) -> Path:
        """The files of a bid, one folder a part; `technical` is the size of the technical file in bytes."""
        parts = self.folder / f"{name}-parts"
        (parts / "price").mkdir(parents=True)
        (parts / "technical").mkdir()
        (parts / "price" / "price.json").write_text(
            json.dumps(price, ensure_ascii=False, sort_keys=True, separators=(",", ":")), encoding="utf-8"
        )
        with (parts / "technical" / "施工组织设计.pdf").open("wb") as file:
            file.write(b"%PDF-1.7\n")
            left = technical - 9 - 6
            while left > 0:
                file.write(secrets.token_bytes(min(left, 1 << 20)))
                left -= 1 << 20
            file.write(b"%%EOF\n")
        return parts

    def seal(
        self,
        name: str,
        parts: Path,
        announcement: bytes,
        *,
        browser: bool,
        replaces: str | None = None,
        deposit: str | None = None,
    ) -> Path:
        """Seal with Python, or with the browser's own modules under Node; `deposit` is the sub-account paid into."""
        out = self.folder / name
        announced = self.folder / "announcement.json"
        announced.write_bytes(announcement)
        arguments = ["--announcement", str(announced), "--parts", str(parts), "--identity", str(self.key)]
        arguments += ["--out", str(out)]
        if replaces:
            arguments += ["--replaces", str(self.folder / replaces / "recovery.json")]
        if deposit:
            arguments += ["--deposit-reference", deposit]
        if browser:
            node = shutil.which("node", path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")
            if node is None:
                raise ProgramFailed("Node is needed for the browser's modules; `make` installs it")
            run_program([node, str(_NODE_SEALER), *arguments], {"TRADING_PASSPHRASE": PASSPHRASE})
            if not (out / "announcement.json").exists():
                (out / "announcement.json").write_bytes(announcement)
        else:
            run_program(trading("seal", *arguments), {"TRADING_PASSPHRASE": PASSPHRASE})
        shutil.rmtree(parts)
        return out

    def submit(self, name: str, token: str) -> bool:
        """`trading submit`; True when received, False when refused as late."""
        environment = {"TRADING_UPLOAD_TOKEN": token, "TRADING_URL": self.base_url}
        code, _ = run_program(trading("submit", str(self.folder / name)), environment, allowed=(0, LATE))
        return code == 0

    def withdraw(self, name: str) -> None:
        """`trading withdraw`."""
        environment = {"TRADING_RECOVERY_PASSPHRASE": PASSPHRASE, "TRADING_URL": self.base_url}
        run_program(trading("withdraw", str(self.folder / name), "--yes"), environment)

    def prove(self, name: str) -> None:
        """`trading receipt`: fetch the proof and check it."""
        run_program(trading("receipt", str(self.folder / name)), {"TRADING_URL": self.base_url})


class LocalProgram:
    """Somebody's own program (a trustee's, the bank's), driven by its local API as the person would by its page."""

    def __init__(self, address: str, folder: Path) -> None:
        self.address = address
        key = (folder / "api-token").read_text().strip()
        self.http = httpx.Client(base_url=address, timeout=120, headers={"authorization": f"Bearer {key}"})

    def call(self, method: str, path: str, body: object | None = None) -> Any:
        """One call; an error is shown whole."""
        answer = self.http.request(method, path, json=body)
        if answer.status_code >= 400:
            raise ProgramFailed(f"{self.address}{path}: {answer.status_code} {answer.text[:500]}")
        return answer.json() if answer.content else None
