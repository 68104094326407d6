"""Refunds by page and API over the whole application: who sees what, what is asked before money goes, and the bank."""

import csv
import io
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest_asyncio
from httpx import Response

from tests.factories.parties import make_member
from tests.factories.whole_site import WholeSite
from tests.integration.funds.conftest import Desk
from tests.integration.parties.conftest import Browser, totp_now
from trading.kernel.ids import new_id
from trading.kernel.settings import ObjectsSettings
from trading.parties import reads as parties
from trading.projects import reads as projects


@pytest_asyncio.fixture
async def site(desk: Desk, object_settings: ObjectsSettings) -> AsyncIterator[WholeSite]:
    serving = WholeSite(desk.box.urls, object_settings, desk.box.objects)
    yield serving
    await serving.close()


async def signed_in(desk: Desk, site: WholeSite, role: str) -> Browser:
    """A person at a browser; of the lot's tenderer, or of an organisation of their own."""
    async with desk.session() as session:
        lot = await projects.lot(session, desk.lot_id)
        org = await parties.organisation(session, lot.tenderer_org_id) if role == "tenderer" else None
        member = await make_member(session, role, org=org)
    one = Browser(site.app)
    one.headers["accept-language"] = "en"
    totp = totp_now(member.totp_secret) if member.totp_secret else ""
    assert (await one.sign_in(member.login, totp=totp)).status_code == 303
    return one


async def test_a_file_from_the_due_list_to_the_last_answer(desk: Desk, site: WholeSite) -> None:
    await desk.paid_and_failed(2)
    one, two = await signed_in(desk, site, "finance"), await signed_in(desk, site, "finance")
    bank = await site.as_(desk.money.bank)
    assert "To the refunds" in (await one.get("/today")).text
    listed = await one.get("/finance/refunds")
    ids = re.findall(r'name="refunds" value="([0-9a-f-]+)"', listed.text)
    assert (listed.status_code, len(ids)) == (200, 2)
    where = f"/finance/lots/{desk.lot_id}/batches"
    later = (await desk.today()).isoformat()
    assert (await one.submit("/finance/refunds", to=where, value_on=later)).status_code == 422
    await not_there(desk, site, ids)
    await sent_back(desk, site, one, ids)
    made = await one.submit("/finance/refunds", to=where, refunds=ids)
    assert made.status_code == 303, made.text
    page = made.headers["location"]
    # The preparer is told why there is no button; the other sees it, and a confirmation with the digest.
    assert "/approve" not in (await one.get(page)).text
    assert "cannot approve it" in (await one.get(page)).text
    assert "Look and approve" in (await two.get("/today")).text
    asked = (await two.get(f"{page}/approve")).text
    digest = re.search(r'name="digest" value="([0-9a-f]{64})"', asked)
    assert digest is not None
    yes = f"{page}/approve"
    refused = await one.submit(page, to=yes, digest=digest[1])
    assert (refused.status_code, "Let another finance person decide" in refused.text) == (409, True)
    assert (await two.submit(yes, digest="0" * 64)).status_code == 409
    other_yes = await by_api(two, f"/v1{yes}", {"digest": "0" * 64})
    assert other_yes.json()["code"] == "funds.batch_stale"
    approved = await by_api(two, f"/v1{yes}", {"digest": digest[1]})
    assert (approved.status_code, approved.json()["state"]) == (200, "approved")
    decided = await two.submit("/me", to=yes, digest=digest[1])
    assert (decided.status_code, "is decided" in decided.text) == (409, True)
    file = await two.get(f"{page}/file")
    assert [row["operation"] for row in csv.DictReader(io.StringIO(file.text))] == ["pay", "pay"]
    orders = await bank.post("/v1/bank/orders")
    rows = desk.orders(orders.content)
    assert (orders.status_code, len(orders.content) % 4096, len(rows)) == (200, 0, 2)
    program = await site.as_(desk.one)
    unsure = (await program.get("/v1/finance/refunds")).json()["items"][0]["id"]
    assert (await one.submit(f"/finance/refunds/{unsure}", to=f"/finance/refunds/{unsure}/ask")).status_code == 303
    assert (await program.post(f"/v1/finance/refunds/{unsure}/ask", json={})).json()["state"] == "unknown"
    nonsense = {"outcomes": [{"number": "x", "outcome": "paid"}]}
    assert (await bank.post("/v1/bank/outcomes", json=nonsense)).status_code == 422
    answers = [desk.paid(rows[0]), desk.paid(rows[1], outcome="refused", reason="账户已销户")]
    told = await bank.post("/v1/bank/outcomes", json={"outcomes": answers})
    assert (told.status_code, told.json()) == (200, {"received": 2})
    lied = await bank.post("/v1/bank/outcomes", json={"outcomes": [{**answers[0], "amount_fen": 1}]})
    assert (lied.status_code, lied.json()["code"]) == (409, "funds.outcome_differs")
    shown = await one.get(page)
    assert ("Paid back" in shown.text, "账户已销户" in shown.text) == (True, True)
    left = (await one.get("/v1/finance/refunds")).json()["items"]
    assert [item["state"] for item in left] == ["refused"]
    # Another account: proposed by one, confirmed by the other, and it waits.
    where = f"/finance/refunds/{left[0]['id']}"
    assert "Propose the account" in (await one.get(where)).text
    typed = {"account": "6222 1", "reason": "银行退回"}
    assert (await one.submit(where, to=f"{where}/accounts", **typed)).status_code == 303
    confirm = re.search(rf'action="({where}/accounts/[0-9a-f-]+/confirm)"', (await two.get(where)).text)
    assert confirm is not None
    assert confirm[1] not in (await one.get(where)).text
    strange = await by_api(two, f"/v1{where}/accounts/{new_id()}/confirm", {})
    assert (strange.status_code, strange.json()["code"]) == (404, "funds.payout_unknown")
    assert (await two.submit(where, to=confirm[1])).status_code == 303
    assert "Usable from" in (await two.get(where)).text
    again = await program.post(f"/v1{where}/accounts", json=typed)
    assert again.status_code == 201, again.text
    sure = await by_api(two, f"/v1{where}/accounts/{again.json()['id']}/confirm", {})
    assert (sure.status_code, sure.json()["usable_at"] is not None) == (200, True)
    table = (await one.get("/finance/refunds.csv")).content.decode("utf-8-sig")
    assert len(list(csv.reader(io.StringIO(table)))) == 2
    for each in (one, two):
        await each.aclose()
    await own_pages(desk, site)


async def by_api(one: Browser, path: str, body: dict[str, str]) -> Response:
    """An order of a person's own program, under the session that proved itself."""
    csrf = (await one.get("/v1/session")).json()["csrf"]
    return await one.post(path, json=body, headers={"x-csrf-token": csrf, "accept": "application/json"})


async def sent_back(desk: Desk, site: WholeSite, one: Browser, ids: list[str]) -> None:
    """Prepared by a program, sent back by page; prepared again, sent back by program: the refunds wait as before."""
    program, batches = await site.as_(desk.two), f"/v1/finance/lots/{desk.lot_id}/batches"
    for by_page in (True, False):
        made = await program.post(batches, json={"refunds": ids})
        assert (made.status_code, made.json()["state"]) == (201, "prepared")
        where = f"/finance/batches/{made.json()['id']}"
        if by_page:
            assert (await one.submit(where, to=f"{where}/decline", reason="收款人需要核对")).status_code == 303
        else:
            declined = await program.post(f"/v1{where}/decline", json={"reason": "收款人需要核对"})
            assert (declined.status_code, declined.json()["state"]) == (200, "declined")


async def not_there(desk: Desk, site: WholeSite, ids: list[str]) -> None:
    """Nothing chosen, a day too far, files and refunds that nobody made."""
    program = await site.as_(desk.one)
    batches, nothing = f"/v1/finance/lots/{desk.lot_id}/batches", new_id()
    far = (await desk.today() + timedelta(days=6)).isoformat()
    asked: tuple[tuple[str, dict[str, object], int, str], ...] = (
        (batches, {"refunds": []}, 422, "funds.batch_empty"),
        (batches, {"refunds": ids, "value_on": far}, 422, "funds.value_date"),
        (batches, {"refunds": [str(nothing)]}, 409, "funds.not_due"),
        (f"/v1/finance/batches/{nothing}/decline", {"reason": "没有"}, 404, "funds.batch_unknown"),
        (f"/v1/finance/refunds/{nothing}/ask", {}, 404, "funds.refund_unknown"),
    )
    for path, body, status, code in asked:
        answer = await program.post(path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), path


async def own_pages(desk: Desk, site: WholeSite) -> None:
    """The depositor sees the refund and its interest; another bidder sees none of it; the ledger names the steps."""
    mine, other = await site.as_(desk.money.bidders[0]), await site.as_(desk.money.bidders[4])
    page = f"/lots/{desk.lot_id}/deposit"
    assert "Tender failed" in (await mine.get(page)).text
    assert len((await mine.get(f"/v1{page}/refunds")).json()["items"]) == 1
    assert (await other.get(f"/v1{page}/refunds")).json()["items"] == []
    assert "Tender failed" not in (await other.get(page)).text
    assert len((await mine.get(f"{page}/refunds.csv")).text.splitlines()) == 2
    ledger = (await (await site.as_(desk.one)).get("/finance")).text
    assert ("Refunds in transit" in ledger, "Interest on deposits" in ledger) == (True, True)
    for account in re.findall(r"/finance/accounts/[0-9a-f-]+", ledger):
        assert (await (await site.as_(desk.one)).get(account)).status_code == 200


async def test_taking_it_back_and_keeping_it(desk: Desk, site: WholeSite) -> None:
    """A page to sign before the deadline; after it one for the tenderer, with the grounds of law."""
    money = desk.money
    await money.send(money.pay(0), money.pay(1))
    mine, empty = await site.as_(money.bidders[0]), await site.as_(money.bidders[4])
    page = f"/lots/{desk.lot_id}/deposit"
    assert f"{page}/request" in (await mine.get(page)).text
    asked = (await mine.get(f"{page}/request")).text
    assert "none can be paid again" in asked
    assert (await empty.get(f"{page}/request")).status_code == 409
    blank = await empty.post(f"/v1{page}/request", json={"fingerprint": "0" * 64, "signature": "0" * 128})
    assert (blank.status_code, blank.json()["code"]) == (409, "funds.nothing_to_refund")
    key, fingerprint = await desk.certify(money.bidders[0])
    assert 'id="sign-record"' in (await mine.get(f"{page}/request")).text
    signature = key.sign(b"something else").hex()
    signed = await mine.post(f"/v1{page}/request", json={"fingerprint": fingerprint, "signature": signature})
    assert (signed.status_code, signed.json()["code"]) == (422, "funds.request_signature")
    await desk.request(0, fingerprint, key)
    assert "Signed at" in (await mine.get(f"{page}/request")).text
    assert "Taken back" in (await mine.get(page)).text
    await desk.closed()
    owner, where = await signed_in(desk, site, "tenderer"), f"/lots/{desk.lot_id}/withholding"
    shown = (await owner.get(where)).text
    assert ("does not sign the contract" in shown, money.bidders[0].org_name in shown) == (True, False)
    form = {"org_id": str(money.bidders[1].org_id), "ground": "not_signed"}
    assert (await owner.submit(where, **form)).status_code == 422
    whim = await by_api(owner, f"/v1/lots/{desk.lot_id}/withholdings", {**form, "ground": "whim", "reason": "随意"})
    assert (whim.status_code, whim.json()["code"]) == (422, "funds.ground_unknown")
    kept = await owner.submit(where, **form, reason="中标后逾期未签订合同")
    assert kept.status_code == 303, kept.text
    assert "No deposit to decide on" in (await owner.get(where)).text
    twice = await by_api(owner, f"/v1/lots/{desk.lot_id}/withholdings", {**form, "reason": "再次"})
    assert (twice.status_code, twice.json()["code"]) == (409, "funds.disposed")
    await owner.aclose()
    assert (await (await site.as_(desk.one)).get(f"/v1/finance/lots/{desk.lot_id}/refunds")).status_code == 200
