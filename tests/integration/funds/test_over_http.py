"""The bank's program, a bidder's page and finance's pages, over the whole application."""

import csv
import io
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from httpx import AsyncClient

from tests.factories.funds import HEADER, payment, statement
from tests.factories.parties import make_actor
from tests.factories.whole_site import WholeSite
from tests.integration.funds.conftest import Money
from trading.kernel.money import chinese_capital
from trading.kernel.settings import ObjectsSettings

STATEMENTS = "/v1/bank/statements"


@pytest_asyncio.fixture
async def site(money: Money, object_settings: ObjectsSettings) -> AsyncIterator[WholeSite]:
    serving = WholeSite(money.box.urls, object_settings, money.box.objects)
    yield serving
    await serving.close()


async def send(client: AsyncClient, data: bytes, **headers: str) -> dict[str, object]:
    answer = await client.post(STATEMENTS, content=data, headers={"content-type": "text/csv", **headers})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_the_bank_learns_nothing_of_what_its_lines_named(money: Money, site: WholeSite) -> None:
    """None or every one of fifty lines names a sub-account: answers weigh and take the same (R7)."""
    bank = await site.as_(money.bank)
    known = [payment(money.numbers[n % 5], money.bidders[n % 5].org_name, at=money.at) for n in range(50)]
    unknown = [payment(f"{n:032d}", money.bidders[n % 5].org_name, at=money.at) for n in range(50)]
    finance, pages = await site.as_(money.finance), ("/finance", "/finance/suspense", f"/lots/{money.box.lot.id}", "/")
    seen, shown = [], []
    for lines in (unknown, known, []):
        answer = await bank.post(STATEMENTS, content=statement(lines))
        assert answer.status_code == 201, answer.text
        headers = {name: len(value) for name, value in answer.headers.items()}
        assert answer.elapsed.total_seconds() >= 0.5  # a whole grain; which one, a busy machine decides
        seen.append((set(answer.json()), len(answer.content), headers))
        shown.append([len((await finance.get(page)).text) for page in pages])
    assert seen[1:] == [seen[0], seen[0]]
    assert shown[1:] == [shown[0], shown[0]]
    assert set(seen[0][0]) == {"digest", "received_at"}
    again = await send(bank, statement(known))
    assert again == await send(bank, statement(known))


async def test_only_the_banks_own_program_is_heard(money: Money, site: WholeSite) -> None:
    data = statement([money.pay(0)])
    assert (await site.client().post(STATEMENTS, content=data)).status_code == 401
    for other in (money.finance, money.bidders[0]):
        assert (await (await site.as_(other)).post(STATEMENTS, content=data)).status_code == 403


async def test_every_bad_row_is_explained_and_none_is_taken(money: Money, site: WholeSite) -> None:
    bank = await site.as_(money.bank)
    good = money.pay(0, reference="A")
    bad = [
        "gestern,12.00,甲公司,1,2,B",
        "2026-01-05 09:00:00,-5,甲公司,1,2,C",
        "2026-01-05 09:00:00,5.001,,1,2,D",
        "2199-01-05 09:00:00,5,甲公司,1,2,",
        "2026-01-05 09:00:00,5,甲公司",
        "2026-01-05 09:00:00,6,乙公司,1,2,A",
    ]
    answer = await bank.post(STATEMENTS, content=statement([good, *bad]))
    assert answer.status_code == 422
    found = {name: problem["code"] for name, problem in answer.json()["fields"].items()}
    assert found == {
        "rows.3.time": "funds.bad_time",
        "rows.4.amount": "funds.bad_amount",
        "rows.5.amount": "funds.bad_amount",
        "rows.5.payer_name": "web.required",
        "rows.6.time": "funds.time_ahead",
        "rows.6.reference": "web.required",
        "rows.7": "funds.cells",
        "rows.8.reference": "funds.reference_twice",
    }
    own = (await (await site.as_(money.bidders[0])).get(f"/v1/lots/{money.box.lot.id}/deposit")).json()
    assert own["lines"] == []


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"time,amount\n", f"{HEADER},lot\n".encode(), b""])
async def test_a_file_that_is_no_statement_is_refused(money: Money, site: WholeSite, data: bytes) -> None:
    answer = await (await site.as_(money.bank)).post(STATEMENTS, content=data)
    assert (answer.status_code, answer.json()["code"]) == (409, "funds.unreadable")


async def test_gbk_with_chinese_columns_is_read(money: Money, site: WholeSite) -> None:
    header = "流水号,交易时间,付款户名,付款账号,子账号,金额"
    name = money.bidders[0].org_name
    grouped = " ".join(money.numbers[0][at : at + 4] for at in range(0, 32, 4))
    row = f'X1,2026-11-01T01:00:00Z,{name},6222 0000,{grouped},"800,000.00"'
    await send(await site.as_(money.bank), f"{header}\r\n{row}\r\n".encode("gbk"))
    own = (await (await site.as_(money.bidders[0])).get(f"/v1/lots/{money.box.lot.id}/deposit")).json()
    assert (own["state"], own["lines"][0]["payer_account"]) == ("matched", "62220000")


async def test_a_bidders_page_says_what_arrived_and_what_to_do(money: Money, site: WholeSite) -> None:
    async with money.box.database.transaction() as session:
        newcomer = await make_actor(session, "bidder")
    url = f"/lots/{money.box.lot.id}/deposit"
    fresh = await site.as_(newcomer)
    before = await fresh.get(url)
    assert "Draw a sub-account" in before.text
    assert (await fresh.post(url)).status_code == 303
    number = (await fresh.get(f"/v1{url}")).json()["number"]
    shown = (await fresh.get(url)).text
    assert f'data-copy="{number}"' in shown
    assert chinese_capital(80_000_000) in shown
    assert "Nothing has arrived yet" in shown
    line = payment(number, newcomer.org_name, yuan="799999.99", at=money.at)
    await send(await site.as_(money.bank), statement([line]))
    short = (await fresh.get(url)).text
    assert "Too little" in short
    assert "Order 30), art. 37" in short
    other = (await (await site.as_(money.bidders[0])).get(url)).text
    assert number not in other


async def test_finance_sees_suspense_before_and_deposits_after_closing(money: Money, site: WholeSite) -> None:
    evil = "=HYPERLINK(1)"
    await send(
        await site.as_(money.bank),
        statement([money.pay(0), payment("5", evil, at=money.at), money.pay(1, payer="-1+cmd")]),
    )
    finance = await site.as_(money.finance)
    before = await finance.get("/finance/suspense")
    assert "=HYPERLINK" in before.text
    assert money.bidders[0].org_name not in before.text
    table = list(csv.reader(io.StringIO((await finance.get("/finance/suspense.csv")).content.decode("utf-8-sig"))))
    assert table[1][3] == f"'{evil}"
    lot = f"/finance/lots/{money.box.lot.id}"
    for early in (lot, f"/v1{lot}/deposits"):
        refused = await finance.get(early)
        assert refused.status_code == 409
        assert money.bidders[0].org_name not in refused.text
    assert "Bid deposits held" not in (await finance.get("/finance")).text
    await money.close()
    await money.post()
    shown = (await finance.get(lot)).text
    assert money.bidders[0].org_name in shown
    assert "Wrong payer" in shown
    exported = (await finance.get(f"{lot}/deposits.csv")).content.decode("utf-8-sig")
    assert ",'-1+cmd," in exported
    balance = (await finance.get("/v1/finance/accounts")).json()
    assert balance["debit_fen"] == balance["credit_fen"] == 240_000_000
    held = next(item for item in balance["accounts"] if item["kind"] == "deposit")
    detail = (await finance.get(f"/v1/finance/accounts/{held['id']}")).json()
    assert [item["amount_fen"] for item in detail["entries"]] == [-80_000_000]
    for page in ("/finance", f"/finance/accounts/{held['id']}"):
        assert money.bidders[0].org_name in (await finance.get(page)).text
    for file in ("/finance/balance.csv", f"/finance/accounts/{held['id']}/entries.csv"):
        assert (await finance.get(file)).headers["content-type"].startswith("text/csv")
    suspense = next(item for item in balance["accounts"] if item["kind"] == "suspense")
    hidden = (await finance.get(f"/v1/finance/accounts/{suspense['id']}")).json()
    assert [item["payer_name"] for item in hidden["entries"]] == [None]
