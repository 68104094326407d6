"""What the bank keeps: payments received, in order, and the statements it has handed in.

A statement holds what a bank knows: time, amount, payer's name and account, sub-account, its own reference. What was
not taken stays due and goes with the next one; what was taken is never sent as something else.
"""

import csv
import io
import os
import secrets
import threading
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import msgspec

from trading.kernel.clock import parse_rfc3339

COLUMNS = ("time", "amount", "payer_name", "payer_account", "sub_account", "reference")
_BEIJING = ZoneInfo("Asia/Shanghai")


class Payment(msgspec.Struct, frozen=True):
    """Money that arrived; `time` is Beijing time, `amount` yuan with two decimals."""

    time: str
    amount: str
    payer_name: str
    payer_account: str
    sub_account: str
    reference: str


class BankRefusal(Exception):
    """Why a payment or a statement did not go through; `code` is a message key under `bank.error.`."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code, self.detail = code, detail


class Book:
    """One bank's folder."""

    def __init__(self, folder: Path, platform: str) -> None:
        self.folder = folder
        (folder / "statements").mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
        self._lock = threading.Lock()
        headers = {"accept": "application/json", "authorization": "Bank"}
        self._http = httpx.Client(base_url=platform.rstrip("/"), timeout=60, headers=headers)
        self.payments: list[Payment] = self._read("payments.json")
        self.reported = len(self._read("reported.json"))

    @property
    def connected(self) -> bool:
        """Whether the platform's token is here."""
        return (self.folder / "token").exists()

    def secret(self, name: str) -> str:
        """A random token, made once, for whoever may come in by the local API."""
        path = self.folder / name
        if not path.exists():
            self.write(path, secrets.token_hex(32).encode())
        return path.read_text()

    def connect(self, token: str) -> None:
        """Keep the token under which statements are handed in."""
        self.write(self.folder / "token", token.strip().encode())

    def pay(
        self, *, amount: str, payer_name: str, sub_account: str, payer_account: str = "", time: str | None = None
    ) -> Payment:
        """Money arrives, now by the platform's clock (which demonstrations move) unless said otherwise."""
        with self._lock:
            payment = Payment(
                time=self._beijing(time or self._now()),
                amount=amount.strip(),
                payer_name=payer_name.strip(),
                payer_account=payer_account.strip() or f"6222{secrets.randbelow(10**15):015d}",
                sub_account=sub_account.strip(),
                reference=f"TX{secrets.token_hex(8).upper()}",
            )
            self.payments.append(payment)
            self._keep("payments.json", self.payments)
            return payment

    def report(self) -> int:
        """Hand in what is not reported yet, even if that is nothing; returns how many lines."""
        with self._lock:
            if not self.connected:
                raise BankRefusal("not_connected")
            due = self.payments[self.reported :]
            file = statement(due)
            try:
                answer = self._http.post(
                    "/v1/bank/statements",
                    content=file,
                    headers={
                        "authorization": f"Bearer {(self.folder / 'token').read_text()}",
                        "content-type": "text/csv; charset=utf-8",
                    },
                )
            except httpx.TransportError as error:
                raise BankRefusal("platform_away") from error
            if not answer.is_success:
                raise BankRefusal("refused", answer.text[:2000])
            self.write(self.folder / "statements" / f"{answer.json()['digest'][:16]}.csv", file)
            self.reported = len(self.payments)
            self._keep("reported.json", self.payments)
            return len(due)

    def call(self, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        """The platform, under the bank's token."""
        token = (self.folder / "token").read_text()
        return self._http.post(path, json=body, headers={"authorization": f"Bearer {token}"})

    def _now(self) -> str:
        try:
            return str(self._http.get("/v1/time").raise_for_status().json()["now"])
        except httpx.HTTPError as error:
            raise BankRefusal("platform_away") from error

    @staticmethod
    def _beijing(instant: str) -> str:
        when: datetime = parse_rfc3339(instant).astimezone(_BEIJING)
        return f"{when:%Y-%m-%d %H:%M:%S}"

    def _read(self, name: str) -> list[Payment]:
        path = self.folder / name
        return msgspec.json.decode(path.read_bytes(), type=list[Payment]) if path.exists() else []

    def _keep(self, name: str, payments: list[Payment]) -> None:
        self.write(self.folder / name, msgspec.json.encode(payments))

    @staticmethod
    def write(path: Path, data: bytes) -> None:
        """A file of the folder, whole or as it was before."""
        unfinished = path.with_name(f".{path.name}.new")
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)


def statement(payments: list[Payment]) -> bytes:
    """The file the platform takes: a CSV in UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(msgspec.structs.astuple(payment) for payment in payments)
    return out.getvalue().encode()
