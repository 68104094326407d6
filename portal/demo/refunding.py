"""Deposits on their way back (保证金退还), over HTTP: two finance people, a bank with its faults, every account even.

One takes the money back before the deadline and nobody knows. Without a live bid it is due from the opening, that of
the bidders with the contract; the bank loses an answer, misses an order and answers twice: everybody is paid once.
"""

from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.sealing.keyfile import read_key_file
from portal.demo.client import Refusal
from portal.demo.line import Line, Tender
from portal.demo.programs import PASSPHRASE
from trading.funds.proof.refunds import request_message

PREPARES, APPROVES = "finance", "finance2"
TAKES_BACK = "bidder-e"
FAULTS = ("lost", "missed", "twice", "delayed")
MOST_ROUNDS = 6


def take_back(line: Line, tender: Tender) -> None:
    """撤回保证金: one who pays, does not bid, and has the money back before the deadline without anyone knowing."""
    client, base = line.person(TAKES_BACK), f"/v1/lots/{tender.lot_id}/deposit"
    file = read_key_file(line.machine(TAKES_BACK).key.read_bytes(), PASSPHRASE)
    assert isinstance(file.key, Ed25519PrivateKey)
    signed = {
        "fingerprint": file.certificates[0].fingerprint(hashes.SHA256()).hex(),
        "signature": file.key.sign(request_message(client.get(f"{base}/request")["digest"])).hex(),
    }
    client.post(f"{base}/request", signed)
    exchange(line)
    [item] = client.get(f"{base}/refunds")["items"]
    if (item["cause"], item["state"]) != ("withdrawn", "paid") or refunds_before(line):
        raise AssertionError(item)


def refunds_before(line: Line) -> list[dict[str, Any]]:
    """What finance sees of all this before closing: nothing."""
    found: list[dict[str, Any]] = line.person(PREPARES).get("/v1/finance/refunds")["items"]
    return found


def refunds(line: Line, tender: Tender) -> list[dict[str, Any]]:
    """What becomes of every payment of the lot, as finance sees it."""
    found: list[dict[str, Any]] = line.person(PREPARES).get(f"/v1/finance/lots/{tender.lot_id}/refunds")["items"]
    return found


def prepare(line: Line, tender: Tender) -> dict[str, Any]:
    """制单: everything that is due, dated today."""
    due = [item["id"] for item in refunds(line, tender) if item["state"] in {"due", "refused"}]
    made: dict[str, Any] = line.person(PREPARES).post(f"/v1/finance/lots/{tender.lot_id}/batches", {"refunds": due})
    return made


def approve(line: Line, batch: dict[str, Any]) -> None:
    """复核: refused to whoever prepared, done by the other."""
    path, body = f"/v1/finance/batches/{batch['id']}/approve", {"digest": batch["digest"]}
    try:
        line.person(PREPARES).post(path, body)
    except Refusal as refusal:
        if refusal.code != "funds.four_eyes":
            raise
    else:
        raise AssertionError("a preparer approved his own file")
    line.person(APPROVES).post(path, body)


def bank_fails(line: Line, *faults: str) -> None:
    """What goes wrong with the bank's next new orders."""
    line.bank().call("POST", "/api/faults", {"faults": list(faults)})


def exchange(line: Line) -> None:
    """The bank fetches its orders, executes them and answers."""
    line.bank().call("POST", "/api/exchange", {})


def pay_all(line: Line, tender: Tender) -> None:
    """Until nothing is unclear: what is not answered is asked, what never arrived goes out again under its number."""
    for _ in range(MOST_ROUNDS):
        exchange(line)
        if all(item["state"] in {"paid", "withheld"} for item in refunds(line, tender)):
            return
    raise AssertionError({item["org_name"]: item["state"] for item in refunds(line, tender)})


def check_paid(line: Line, tender: Tender) -> None:
    """Everybody has interest and his money once, in time; debits equal credits and nobody's money lies here."""
    found = refunds(line, tender)
    for item in found:
        [payment] = item["payments"]
        ended, due = (datetime.fromisoformat(value) for value in (payment["ended_at"], item["due_at"]))
        if ended >= due or (item["cause"] == "contract" and payment["interest_fen"] <= 0):
            raise AssertionError(item)
    causes = {item["cause"] for item in found}
    if causes != {"contract", "returned", "withdrawn"}:
        raise AssertionError(causes)
    books = line.person(PREPARES).get("/v1/finance/accounts")
    left = [item for item in books["accounts"] if item["kind"] in {"deposit", "return", "transit"}]
    if books["debit_fen"] != books["credit_fen"] or any(item["debit_fen"] != item["credit_fen"] for item in left):
        raise AssertionError("the books are not even")


def run_refunds(line: Line, tender: Tender) -> None:
    """From the confirmed contract to the last payment."""
    line.say("one finance person prepares the payment file, another approves it (制单、复核)")
    approve(line, prepare(line, tender))
    line.say("the bank loses an answer, misses an order and answers twice; what is unclear is asked (退款、对账)")
    bank_fails(line, *FAULTS)
    pay_all(line, tender)
    check_paid(line, tender)
