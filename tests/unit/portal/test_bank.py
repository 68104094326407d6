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
