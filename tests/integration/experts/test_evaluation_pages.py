"""The evaluation by page and by API, as its members, its watchers and strangers have it."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest_asyncio
from httpx import Response

from experts.evaluation import services
from portal.embedded.cluster import DatabaseUrls
from tests.factories.evaluation_room import PAPER, Room
from tests.factories.parties import PASSWORD
from tests.factories.whole_site import WholeSite
from tests.integration.parties.conftest import Browser, totp_now
from trading.kernel.settings import ObjectsSettings

A, B, C = 40_000_000_00, 42_000_000_00, 44_000_000_00
MARKS = {0: (2000, 1200), 1: (2300, 1300), 2: (1800, 1500)}


class Hall:
    """The room, the site, and a browser for everyone in it."""

    def __init__(self, room: Room, site: WholeSite, stack: AsyncExitStack) -> None:
        self.room, self.site, self._stack = room, site, stack
        self._open: dict[int, Browser] = {}

    @property
    def at(self) -> str:
        return f"/lots/{self.room.lot_id}/evaluation"

    async def seat(self, number: int) -> Browser:
        """Members are 1 to 5, the official 6, the tenderer 7."""
        if number not in self._open:
            browser = await self._stack.enter_async_context(Browser(self.site.app))
            login = self.room.logins[number - 1]
            totp = totp_now(login.totp_secret) if login.totp_secret else ""
            answer = await browser.sign_in(login.login, totp=totp, password=PASSWORD)
            assert answer.status_code == 303, answer.text
            self._open[number] = browser
        return self._open[number]

    async def nobody(self) -> Browser:
        return await self._stack.enter_async_context(Browser(self.site.app))


@pytest_asyncio.fixture
async def hall(room: Room, urls: DatabaseUrls, object_settings: ObjectsSettings) -> AsyncIterator[Hall]:
    site = WholeSite(urls, object_settings, room.objects)
    async with AsyncExitStack() as stack:
        yield Hall(room, site, stack)
    await site.close()


def csrf(page: Response) -> str:
    found = re.search(r'name="_csrf" value="([0-9a-f]+)"', page.text)
    assert found, page.text[:2000]
    return found[1]


async def test_from_the_statement_to_the_price_table_by_page(hall: Hall) -> None:
    room, at = hall.room, hall.at
    official, first = await hall.seat(6), await hall.seat(1)
    shown = await official.get(at)
    assert shown.status_code == 200
    assert "评标委员会尚未组成" in shown.text
    assert (await first.get(at)).status_code == 404
    await room.begin()
    desk = await first.get(at)
    assert "阅读评标纪律" in desk.text
    assert "评标纪律" in (await first.get(f"{at}/discipline")).text
    answer = await first.submit(f"{at}/discipline")
    assert answer.headers["location"] == at
    async with room.database.transaction() as session:
        for member in room.members[1:]:
            await services.accept_discipline(session, member, lot_id=room.lot_id)
    assert "请逐一评审 3 份投标文件" in (await first.get(at)).text

    page = await first.get(f"{at}/sheets/review")
    assert page.text.count('type="radio"') == 6
    fields = {f"bids.{n}.env": env for n, env in enumerate(room.envs)}
    kept = await first.post(
        f"{at}/sheets/review/draft",
        data={"_csrf": csrf(page), **fields, "bids.0.verdict": "reject", "bids.0.reason": "字迹<script>"},
        headers={"hx-request": "true"},
    )
    assert kept.status_code == 200
    assert "已保存" in kept.text
    again = await first.get(f"{at}/sheets/review")
    assert "字迹&lt;script&gt;" in again.text
    whole = {"_then": "submit", **fields, **{f"bids.{n}.verdict": "pass" for n in range(3)}, "bids.2.verdict": "reject"}
    sent = await first.submit(f"{at}/sheets/review", **whole)
    assert sent.headers["location"] == f"{at}/sheets/review/submission"
    lacking = await first.get(sent.headers["location"])
    assert lacking.status_code == 422
    assert "请选择至少一种否决情形" in lacking.text
    await first.submit(
        f"{at}/sheets/review", **{**whole, "bids.2.grounds": ["unqualified"], "bids.2.reason": "资质证书过期"}
    )
    asked = await first.get(f"{at}/sheets/review/submission")
    assert "资质证书过期" in asked.text
    done = await first.submit(f"{at}/sheets/review/submission")
    assert done.headers["location"] == at
    assert "提交后" not in (await first.get(at)).text
    frozen = await first.get(f"{at}/sheets/review")
    assert "资质证书过期" in frozen.text

    for seat in range(2, 6):
        await room.hand_in(seat, "review", room.review())
    decided = await first.get(f"{at}/sheets/review")
    assert "多数意见" in decided.text
    assert "5 号评委" in decided.text
    prices = await first.get(f"{at}/prices")
    assert "41,160,000.00" in prices.text
    assert "60.00 − 2.8183 × 0.50" in prices.text
    assert (await official.get(f"{at}/prices")).status_code == 403


async def test_scores_typed_wrongly_stay_with_their_problem_and_watchers_see_counts(hall: Hall) -> None:
    room, at = hall.room, hall.at
    await room.reviewed()
    first = await hall.seat(1)
    page = await first.get(f"{at}/sheets/score")
    assert page.text.count('inputmode="decimal"') == 6
    fields: dict[str, str] = {}
    for n, env in enumerate(room.envs):
        fields[f"bids.{n}.env"] = env
        for m in range(2):
            fields[f"bids.{n}.scores.{m}.item"] = f"item-{m + 1}"
            fields[f"bids.{n}.scores.{m}.score"] = "12.5"
    wrong = await first.post(
        f"{at}/sheets/score/draft",
        data={"_csrf": csrf(page), **fields, "bids.0.scores.0.score": "十二"},
        headers={"hx-request": "true"},
    )
    assert "未保存" in wrong.text
    refused = await first.submit(f"{at}/sheets/score", **{**fields, "bids.0.scores.0.score": "十二"})
    assert refused.status_code == 422
    assert 'value="十二"' in refused.text
    await first.submit(f"{at}/sheets/score", **{**fields, "_then": "submit", "bids.0.scores.1.score": "15.01"})
    above = await first.get(f"{at}/sheets/score/submission")
    assert above.status_code == 422
    assert "不能超过满分 15.00 分" in above.text
    await first.submit(f"{at}/sheets/score", **fields, _then="submit")
    await first.submit(f"{at}/sheets/score/submission")
    for number in (6, 7):
        watching = await hall.seat(number)
        shown = await watching.get(at)
        assert "5 人中已有 1 人完成" in shown.text
        assert "专家E0" not in shown.text
        assert "评委1" not in shown.text
        for page_of_members in ("prices", "sheets/score", "sheets/review"):
            assert (await watching.get(f"{at}/{page_of_members}")).status_code == 403
        assert (await watching.get(f"{at}/report")).status_code == 404
        told = (await watching.get(f"/v1{at}")).json()
        assert (told["scored"], told["stage"], told["members"]) == (1, "scoring", 5)
    second = await hall.seat(2)
    assert "12.5" not in (await second.get(f"{at}/sheets/score")).text
    assert (await second.get(f"/v1{at}/sheets/score")).json() == {
        "body": None,
        "changed_at": None,
        "submitted": False,
        "sheets": [],
    }
    today = (await second.get("/today")).text
    assert "为投标打分" in today


async def test_by_api_from_the_sheet_to_the_signed_report(hall: Hall) -> None:
    room, at = hall.room, f"/v1{hall.at}"
    await room.begin()
    await room.accept()
    member = await hall.seat(3)
    token = (await member.get("/v1/session")).json()["csrf"]
    headers = {"x-csrf-token": token}
    desk = (await member.get(f"{at}/desk")).json()
    assert [bid["price_fen"] for bid in desk["evaluation"]["bids"]] == [A, B, C]
    assert len(desk["evaluation"]["grounds"]) == 10
    sheet = {"bids": [{"env": env, "verdict": "pass"} for env in room.envs]}
    assert (await member.put(f"{at}/sheets/review", json=sheet, headers=headers)).status_code == 200
    assert (await member.post(f"{at}/sheets/review/submission", json={}, headers=headers)).status_code == 201
    again = await member.post(f"{at}/sheets/review/submission", json={}, headers=headers)
    assert (again.status_code, again.json()["code"]) == (409, "evaluation.already_submitted")
    assert (await member.put(f"{at}/sheets/opinion", json={}, headers=headers)).status_code == 404
    early = await member.put(f"{at}/sheets/score", json={"bids": []}, headers=headers)
    assert (early.status_code, early.json()["code"]) == (409, "evaluation.stage_over")
    for seat in (1, 2, 4, 5):
        await room.hand_in(seat, "review", room.review())
    for seat in range(1, 6):
        await room.hand_in(seat, "score", room.scores(MARKS))
    report = (await member.get(f"{at}/report")).json()
    assert [stand["stance"] for stand in report["stands"]] == ["awaited"] * 5
    official = await hall.seat(6)
    refused = await official.get(f"{at}/report")
    assert (refused.status_code, refused.json()["code"]) == (404, "evaluation.no_report")
    assert (await official.get(f"{at}/document")).json() is None
    bad = {"fingerprint": "ab" * 32, "signature": "cd" * 64}
    wrong = await member.post(f"{at}/report/signatures", json=bad, headers=headers)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "evaluation.report_signature")
    shown = await member.get(f"{hall.at}/report")
    assert "等待签字" in shown.text
    for seat in range(1, 6):
        await room.sign(seat, dissent="另有意见" if seat == 5 else None)
    assert (await official.get(f"{at}/document")).json()["format"] == "trading-evaluation/1"
    page = (await official.get(f"{hall.at}/report")).text
    assert "另有意见" in page
    assert "94.36" not in page  # every member gave the same marks here
    assert "93.96" in page  # 57.96 + 23.00 + 13.00


async def test_a_bidders_file_is_streamed_to_members_alone(hall: Hall) -> None:
    room = hall.room
    await room.begin()
    await room.accept()
    member = await hall.seat(1)
    bid = (await member.get(f"/v1{hall.at}/desk")).json()["evaluation"]["bids"][0]
    url = f"{hall.at}/files/{bid['env']}/{bid['files'][0]['sha256']}"
    answer = await member.get(url)
    assert (answer.status_code, answer.content) == (200, PAPER)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("inline;")
    assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]
    assert (await (await hall.seat(6)).get(url)).status_code == 403
    assert (await (await hall.nobody()).get(url)).status_code in {303, 401}
    page = await member.get(f"{hall.at}/sheets/review?left={room.envs[0]}&right={room.envs[1]}")
    assert page.text.count("<iframe") == 2
    assert "frame-src 'self'" in page.headers["content-security-policy"]
