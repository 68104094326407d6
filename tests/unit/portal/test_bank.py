"""The demonstration bank: its page acts only on its own forms; what it hands in is a statement the platform reads."""

import csv
import datetime as dt
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from httpx import ASGITransport, AsyncClient

from portal.bank.app import API_TOKEN, create_app
from portal.bank.book import BankRefusal, Book, statement
from portal.bank.transfers import COLUMNS, Transfers
from trading.funds.statement import read_statement

PORT = 8401
AT = "2026-12-01T01:00:00.000Z"
NOW = dt.datetime(2026, 12, 1, 2, 0, tzinfo=dt.UTC)


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book(tmp_path / "bank", "http://127.0.0.1:1")


@pytest_asyncio.fixture
async def desk(book: Book) -> AsyncIterator[AsyncClient]:
    transport = ASGITransport(create_app(book, PORT))  # type: ignore[arg-type]  # two spellings of the same ASGI types
    async with AsyncClient(transport=transport, base_url=f"http://127.0.0.1:{PORT}") as client:
        yield client


def test_what_it_hands_in_is_read_and_outlives_a_restart(book: Book) -> None:
    book.pay(amount="500000.00", payer_name="甲,公司", sub_account="12 34", time=AT)
    book.pay(amount="0.01", payer_name="乙公司", sub_account="", payer_account="6222", time=AT)
    again = Book(book.folder, "http://127.0.0.1:1")
    lines = read_statement(statement(again.payments), NOW)
    assert [(line.amount_fen, line.payer_name, line.sub_account) for line in lines] == [
        (50_000_000, "甲,公司", "1234"),
        (1, "乙公司", ""),
    ]
    assert next(iter(csv.reader(statement([]).decode().splitlines())))[0] == "time"


def test_without_a_token_or_a_platform_it_says_so_and_keeps_what_is_due(book: Book) -> None:
    book.pay(amount="1.00", payer_name="甲", sub_account="", time=AT)
    with pytest.raises(BankRefusal, match="not_connected"):
        book.report()
    book.connect("tpt_x")
    with pytest.raises(BankRefusal, match="platform_away"):
        book.report()
    assert (len(book.payments), book.reported) == (1, 0)


async def test_its_page_acts_on_its_own_forms_alone(book: Book, desk: AsyncClient) -> None:
    page = await desk.get("/")
    token = re.search(r'name="_csrf" value="([0-9a-f]+)"', page.text)
    assert token
    form = {"token": "tpt_x"}
    assert (await desk.post("/", data=form)).status_code == 403
    stolen = {**form, "_csrf": token[1]}
    assert (await desk.post("/", data=stolen, headers={"origin": "http://evil.example"})).status_code == 403
    assert not book.connected
    assert (await desk.post("/", data=stolen)).status_code == 303
    assert book.connected
    away = await desk.post("/", data={"_csrf": token[1], "report": "1"}, headers={"accept-language": "en"})
    assert (away.status_code, "does not answer" in away.text) == (409, True)
    assert (await desk.get("/", headers={"host": "evil.example"})).status_code == 421


async def test_its_api_wants_the_token_of_its_folder(book: Book, desk: AsyncClient) -> None:
    payment = {"amount": "5.00", "payer_name": "甲", "sub_account": "1", "time": AT}
    assert (await desk.post("/api/payments", json=payment)).status_code == 401
    admitted = {"authorization": f"Bearer {book.secret(API_TOKEN)}"}
    paid = await desk.post("/api/payments", json=payment, headers=admitted)
    assert (paid.status_code, paid.json()["time"]) == (200, "2026-12-01 09:00:00")
    assert (await desk.post("/api/report", headers=admitted)).json()["code"] == "not_connected"


HEADER = ",".join(COLUMNS)


def order(number: str, *, operation: str = "pay", account: str = "6222", amount: str = "100.05") -> str:
    return f"{operation},{number * 32},{amount},甲公司,{account},2026-12-01,退还"


def file(*lines: str) -> bytes:
    return "\n".join([HEADER, *lines, "", ""]).encode()


def test_a_number_is_paid_once_and_every_fault_does_its_own(book: Book) -> None:
    bank = Transfers(book)
    bank.fail_next(["refused", "lost", "delayed", "missed"])
    first = bank.take(file(*(order(number) for number in "12345")))
    assert [(item["number"][0], item["outcome"]) for item in first] == [
        ("1", "refused"),
        ("3", "processing"),
        ("5", "paid"),
    ]
    asked = bank.take(file(*(order(number, operation="ask") for number in "12345")))
    assert [item["outcome"] for item in asked] == ["refused", "paid", "paid", "unknown", "paid"]
    again = Transfers(book)
    told = again.take(file(order("5"), order("4")))
    assert [(item["outcome"], item["amount_fen"]) for item in told] == [("paid", 10_005), ("paid", 10_005)]
    assert told[0]["reference"] == first[2]["reference"]
    assert [item.executed for item in again.known.values()] == [0, 1, 1, 1, 1]
    with pytest.raises(BankRefusal, match="order_differs"):
        again.take(file(order("5", amount="100.06")))
    for wrong in (b"\xff", b"a,b\n", file(order("6", operation="burn"))):
        with pytest.raises(BankRefusal, match="file_unreadable"):
            again.take(wrong)


async def test_orders_and_faults_by_its_api(book: Book, desk: AsyncClient) -> None:
    admitted = {"authorization": f"Bearer {book.secret(API_TOKEN)}"}
    assert (await desk.post("/api/faults", json={"faults": ["lost"]})).status_code == 401
    assert (await desk.post("/api/faults", json={"faults": ["lost"]}, headers=admitted)).json() == {"coming": ["lost"]}
    wrong = await desk.post("/api/faults", json={"faults": ["fire"]}, headers=admitted)
    assert (wrong.status_code, wrong.json()["code"]) == (409, "fault_unknown")
    body = {"file": file(order("7")).decode()}
    assert (await desk.post("/api/orders", json=body, headers=admitted)).json() == {"answers": []}
    assert (await desk.post("/api/orders", json=body, headers=admitted)).json()["answers"][0]["outcome"] == "paid"
    assert (await desk.post("/api/exchange", json={}, headers=admitted)).json()["code"] == "not_connected"
    assert "甲公司" in (await desk.get("/")).text
