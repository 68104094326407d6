"""What the bank pays out: orders by number, each executed once for ever, with faults on request.

An order comes in the platform's file, fetched or carried here by hand. `pay` of a known number pays nothing and is
answered as before; `ask` answers what became of it. Faults befall the next new orders, one each.
"""

import csv
import io
import secrets
import threading
from typing import Any, Literal

import httpx
import msgspec

from portal.bank.book import BankRefusal, Book

Fault = Literal["refused", "lost", "delayed", "missed", "twice"]
FAULTS: tuple[Fault, ...] = ("refused", "lost", "delayed", "missed", "twice")
"""Account closed · paid but the answer is lost · not yet · the order never arrives · the answer comes twice."""
COLUMNS = ["operation", "number", "amount", "payee", "account", "value_date", "purpose"]


class Transfer(msgspec.Struct):
    """An order the bank knows; `executed` is how often money left, which is never more than once."""

    number: str
    amount: str
    payee: str
    account: str
    outcome: Literal["paid", "refused", "processing"]
    reference: str = ""
    reason: str = ""
    executed: int = 0
    silent: bool = False
    """Its first answer is lost."""


class Transfers:
    """Orders of one bank's folder, beside its book of what came in."""

    def __init__(self, book: Book) -> None:
        self.book, self._lock = book, threading.Lock()
        self._path = book.folder / "transfers.json"
        known = msgspec.json.decode(self._path.read_bytes(), type=list[Transfer]) if self._path.exists() else []
        self.known = {item.number: item for item in known}
        self.faults: list[Fault] = []

    def fail_next(self, faults: list[Fault]) -> list[Fault]:
        """These befall the next new orders, one each; returns all that wait."""
        if any(fault not in FAULTS for fault in faults):
            raise BankRefusal("fault_unknown")
        with self._lock:
            self.faults.extend(faults)
            return list(self.faults)

    def exchange(self) -> dict[str, Any]:
        """Fetch the orders, execute, answer; returns what was done."""
        with self._lock:
            file = self._call("/v1/bank/orders").content
            answers, twice = self._take(file)
            for _ in range(2 if twice else 1):
                self._call("/v1/bank/outcomes", {"outcomes": answers})
            return {"answers": answers}

    def take(self, file: bytes) -> list[dict[str, Any]]:
        """A file carried here by hand; what the bank would answer is told when it is next asked."""
        with self._lock:
            return self._take(file)[0]

    def _take(self, file: bytes) -> tuple[list[dict[str, Any]], bool]:
        answers, twice = [], False
        for row in _rows(file):
            item = self.known.get(row["number"])
            if item is None and row["operation"] == "pay":
                fault = self.faults.pop(0) if self.faults else None
                twice = twice or fault == "twice"
                if fault == "missed":
                    continue
                item = self._execute(row, fault)
            elif item is not None:
                self._known(item, row)
            if item is not None and item.silent:
                item.silent = False
                continue
            answers.append(_answer(row["number"], item))
        self._keep()
        return answers, twice

    def _execute(self, row: dict[str, str], fault: Fault | None) -> Transfer:
        item = Transfer(row["number"], row["amount"], row["payee"], row["account"], "processing")
        self.known[item.number] = item
        if fault == "refused":
            item.outcome, item.reason = "refused", "收款账户已销户"
        elif fault != "delayed":
            _pay(item)
        item.silent = fault == "lost"
        return item

    def _known(self, item: Transfer, row: dict[str, str]) -> None:
        """The same number again: nothing is paid; other contents under it are refused."""
        if (item.amount, item.payee, item.account) != (row["amount"], row["payee"], row["account"]):
            raise BankRefusal("order_differs", item.number)
        if item.outcome == "processing":
            _pay(item)

    def _call(self, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        if not self.book.connected:
            raise BankRefusal("not_connected")
        try:
            answer = self.book.call(path, body)
        except httpx.TransportError as error:
            raise BankRefusal("platform_away") from error
        if not answer.is_success:
            raise BankRefusal("refused", answer.text[:2000])
        return answer

    def _keep(self) -> None:
        self.book.write(self._path, msgspec.json.encode(list(self.known.values())))


def _pay(item: Transfer) -> None:
    item.outcome, item.reference = "paid", f"PX{secrets.token_hex(8).upper()}"
    item.executed += 1


def _answer(number: str, item: Transfer | None) -> dict[str, Any]:
    if item is None:
        return {"number": number, "outcome": "unknown"}
    yuan, _, fen = item.amount.partition(".")
    return {
        "number": number,
        "outcome": item.outcome,
        "amount_fen": int(yuan) * 100 + int(fen),
        "reference": item.reference,
        "reason": item.reason,
    }


def _rows(file: bytes) -> list[dict[str, str]]:
    """The lines of the agreed file; empty ones pad it."""
    try:
        reader = csv.DictReader(io.StringIO(file.decode("utf-8-sig").rstrip("\n") + "\n"))
        rows = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise BankRefusal("file_unreadable") from error
    if reader.fieldnames != COLUMNS or any(row["operation"] not in {"pay", "ask"} for row in rows):
        raise BankRefusal("file_unreadable")
    return rows
