"""From the signed report to the confirmed contract, by page and API, and every wrong turn on the way."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.factories.awards import PRICES, AwardStage
from tests.factories.bidding import KEYS
from tests.integration.parties.conftest import Browser
from trading.awards.proof import ReceiptBroken, open_receipt
from trading.kernel.pdf_proof import open_sealed
from trading.projects import reads as projects
from trading.projects.calendar import BEIJING, local_day

WORDS = "第一名的类似业绩证明材料与公开查询结果不一致，请核实。"
REASONS = "评标委员会推荐的第一中标候选人，报价合理，方案可行。"


async def result(browser: Browser, stage: AwardStage) -> dict[str, Any]:
    answer = await browser.get(f"/v1/lots/{stage.lot_id}/result")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def publicise(stage: AwardStage, tenderer: Browser) -> None:
    """Begin today, for as short as the law allows: what the form proposes."""
    page = f"/lots/{stage.lot_id}/result/publicity"
    shown = await tenderer.get(page)
    days = [shown.text.split(f'name="{name}"')[1].split('value="')[1][:10] for name in ("starts_on", "ends_on")]
    done = await tenderer.submit(page, starts_on=days[0], ends_on=days[1])
    assert done.status_code == 303, done.text
    await stage.work()


async def end(stage: AwardStage, tenderer: Browser) -> None:
    ends_at = datetime.fromisoformat((await result(tenderer, stage))["publicity"]["ends_at"])
    await stage.move_to(ends_at)


async def decide(stage: AwardStage, tenderer: Browser, **fields: str) -> Any:
    page = f"/lots/{stage.lot_id}/result/award"
    return await tenderer.submit(page, **({"rank": "1", "reasons": REASONS} | fields))


async def test_the_whole_line(stage: AwardStage) -> None:
    tenderer, visitor = await stage.browser(stage.tenderer), Browser(stage.site.app)
    base = f"/lots/{stage.lot_id}/result"
    assert (await visitor.get(base)).status_code == 404  # nothing before the publicity
    assert "公示中标候选人" in (await tenderer.get("/today")).text
    today = local_day(await stage.now())
    short = await tenderer.submit(f"{base}/publicity", starts_on=str(today), ends_on=str(today + timedelta(days=1)))
    assert short.status_code == 422
    assert "第五十四条" in short.text
    late = await tenderer.submit(
        f"{base}/publicity", starts_on=str(today + timedelta(days=30)), ends_on=str(today + timedelta(days=40))
    )
    assert late.status_code == 422
    await publicise(stage, tenderer)
    again = await tenderer.submit(f"{base}/publicity", starts_on=str(today), ends_on=str(today + timedelta(days=9)))
    assert again.status_code == 409
    public = await visitor.get(base)
    assert ("第一建设有限公司" in public.text, "第四建设有限公司" in public.text) == (True, False)
    assert len((await result(visitor, stage))["bidders"]) == 3
    notices = (await visitor.get("/v1/results")).json()["items"]
    assert [item["kind"] for item in notices] == ["candidates"]
    printed = await visitor.get(f"/notices/results/{notices[0]['id']}/file")
    assert "notice.json" in open_sealed(printed.content).attached

    loser, outsider = await stage.browser(stage.bidders[1]), await stage.browser(stage.outsider)
    raised = await loser.submit(f"{base}/objections/new", text=WORDS)
    assert raised.status_code == 303, raised.text
    unsaid = await outsider.submit(f"{base}/objections/new", text=WORDS)
    assert unsaid.status_code == 422
    said = await outsider.submit(f"{base}/objections/new", text=WORDS, interest="第一名拟分包的设备供应商")
    assert said.status_code == 303, said.text
    assert WORDS not in (await visitor.get(base)).text
    assert (await result(visitor, stage))["paused"]
    mine = (await result(loser, stage))["objections"]
    assert len(mine) == 1
    receipt = (await loser.get(f"/v1{base}/objections/{mine[0]['id']}/receipt")).content
    assert open_receipt(receipt, KEYS.receipt.public_raw).subject == f"lot:{stage.lot_id}"
    with pytest.raises(ReceiptBroken):
        open_receipt(receipt.replace(b"LAO1", b"LAO2"), KEYS.receipt.public_raw)
    assert (await visitor.get(f"/v1{base}/objections/{mine[0]['id']}/receipt")).status_code == 401

    early = await decide(stage, tenderer)
    assert early.status_code == 409
    assert "公示期未满" in early.text
    await end(stage, tenderer)
    over = await loser.submit(f"{base}/objections/new", text=WORDS + "补充")
    assert over.status_code == 409
    paused = await decide(stage, tenderer)
    assert paused.status_code == 409
    assert "异议等待答复" in paused.text
    waiting = (await result(tenderer, stage))["objections"]
    assert len(waiting) == 2
    withdrawn = await outsider.submit(f"{base}/objections/{waiting[1]['id']}/withdraw")
    assert withdrawn.status_code == 303, withdrawn.text
    answered = await tenderer.submit(
        f"{base}/objections/{waiting[0]['id']}/answer",
        outcome="dismissed",
        text="经核实，业绩材料真实有效，异议不成立。",
    )
    assert answered.status_code == 303, answered.text
    assert not (await result(visitor, stage))["paused"]

    official = await stage.browser(stage.official)
    assert (await official.get(f"{base}/award")).status_code == 403  # the centre never decides
    assert "公示期满，确定中标人" in (await tenderer.get("/today")).text
    done = await decide(stage, tenderer)
    assert done.status_code == 303, done.text
    await stage.work()
    held = await result(tenderer, stage)
    assert [item["kind"] for item in held["letters"]].count("award") == 1
    assert len(held["letters"]) == 5
    winner = await stage.browser(stage.bidders[0])
    [letter] = (await result(winner, stage))["letters"]
    assert f'href="/letters/{letter["id"]}"' in (await winner.get("/today")).text
    assert (await winner.get(f"/letters/{letter['id']}")).status_code == 200
    pdf = await winner.get(f"/letters/{letter['id']}/file")
    attached = json.loads(open_sealed(pdf.content).attached["letter.json"])
    assert attached["winner"]["price_fen"] == PRICES[0]
    assert (await loser.get(f"/letters/{letter['id']}")).status_code == 404
    seen = {item["id"]: item for item in (await result(tenderer, stage))["letters"]}[letter["id"]]
    assert seen["opened_at"]
    assert seen["downloaded_at"]
    proof = await visitor.get(f"/proof/{letter['code']}")
    assert (proof.status_code, letter["digest"] in proof.text) == (200, True)
    assert (await visitor.get(f"/proof/{'0' * 32}")).status_code == 404
    entry = (await visitor.get(f"/proof/{letter['code']}/entry.json")).json()
    assert entry["payload"]["digest"] == letter["digest"]

    reported = await tenderer.submit(f"{base}/report", remarks="无其他需要说明的事项。")
    assert reported.status_code == 303, reported.text
    assert (await tenderer.submit(f"{base}/report", remarks="")).status_code == 409
    supervisor = await stage.browser(stage.supervisor)
    report = (await result(supervisor, stage))["report"]
    assert (await supervisor.get(f"/records/{report['record_id']}")).status_code == 200
    assert (await loser.get(f"/records/{report['record_id']}")).status_code == 404
    await contract(stage, tenderer, winner)
    assert [item["kind"] for item in (await visitor.get("/v1/results")).json()["items"]] == [
        "contract",
        "award",
        "candidates",
    ]
    async with stage.site.database.transaction() as session:
        steps = {step.key for step in await projects.timeline(session, f"lot:{stage.lot_id}") if step.done_at}
        state = (await projects.lot(session, stage.lot_id)).state
    assert {"candidates", "publicity_end", "award", "award_report", "contract"} <= steps
    assert state == "contracted"


async def contract(stage: AwardStage, tenderer: Browser, winner: Browser) -> None:
    base = f"/lots/{stage.lot_id}/result"
    signed_on = str(local_day(await stage.now()))
    right = f"{PRICES[0] // 100}.{PRICES[0] % 100:02d}"

    async def record(amount: str, bond: str = "0", day: str = signed_on, data: bytes = b"%PDF-1.7 contract") -> Any:
        shown = await tenderer.get(f"{base}/contract")
        token = shown.text.split('name="_csrf" value="')[1].split('"')[0]
        fields = {"_csrf": token, "amount_fen": amount, "bond_fen": bond, "signed_on": day}
        files = {"file": ("合同.pdf", data, "application/pdf")}
        return await tenderer.post(f"{base}/contract", data=fields, files=files)

    other = await record("128845000.01")
    assert (other.status_code, "第五十七条" in other.text) == (409, True)
    assert (await record(right, bond="12884500.01")).status_code == 409
    assert (await record(right, day="2020-01-01")).status_code == 409
    done = await record(right, bond="12884500.00")
    assert done.status_code == 303, done.text
    assert (await record(right)).status_code == 409  # one waits
    held = (await result(winner, stage))["contract"]
    assert f'href="{base}/contract/answer"' in (await winner.get("/today")).text
    declined = await winner.submit(
        f"{base}/contract/answer", to=f"{base}/contract/{held['id']}/answer", outcome="declined", reason="缺少附件二"
    )
    assert declined.status_code == 303, declined.text
    assert (await record(right, data=b"%PDF-1.7 contract with annex")).status_code == 303
    held = (await result(winner, stage))["contract"]
    confirmed = await winner.submit(
        f"{base}/contract/answer", to=f"{base}/contract/{held['id']}/answer", outcome="confirmed"
    )
    assert confirmed.status_code == 303, confirmed.text
    await stage.work()


async def test_another_than_the_first_needs_a_ground_of_the_law(stage: AwardStage) -> None:
    tenderer = await stage.browser(stage.tenderer)
    await publicise(stage, tenderer)
    await end(stage, tenderer)
    missing = await decide(stage, tenderer, rank="2")
    assert missing.status_code == 409
    over = {"passed_over.0.rank": "1", "passed_over.0.reason": "第一名书面放弃中标，见其来函。"}
    unlawful = await decide(stage, tenderer, rank="2", **over, **{"passed_over.0.ground": "choice"})
    assert (unlawful.status_code, "第五十五条" in unlawful.text) == (409, True)
    assert (await decide(stage, tenderer, rank="4")).status_code == 409  # ranked, but no candidate
    lawful = await decide(stage, tenderer, rank="2", **over, **{"passed_over.0.ground": "gave_up"})
    assert lawful.status_code == 303, lawful.text
    await stage.work()
    assert (await result(tenderer, stage))["award"]["winner"]["rank"] == 2


async def test_an_award_falls_on_a_ground_and_the_next_wins(stage: AwardStage) -> None:
    tenderer = await stage.browser(stage.tenderer)
    base = f"/lots/{stage.lot_id}/result"
    await publicise(stage, tenderer)
    await end(stage, tenderer)
    assert (await decide(stage, tenderer)).status_code == 303
    await stage.work()
    bad = await tenderer.submit(f"{base}/award/annul", ground="choice", reason="我们改变了主意，选择别人。")
    assert bad.status_code == 409
    done = await tenderer.submit(f"{base}/award/annul", ground="gave_up", reason="中标人来函放弃中标，见附件。")
    assert done.status_code == 303, done.text
    assert (await decide(stage, tenderer)).status_code == 409  # it has fallen for good
    assert (await decide(stage, tenderer, rank="2")).status_code == 303
    await stage.work()
    held = await result(tenderer, stage)
    assert (held["award"]["winner"]["rank"], held["award"]["number"], len(held["letters"])) == (2, 2, 10)
    kinds = [item["kind"] for item in (await tenderer.get("/v1/results")).json()["items"]]
    assert kinds == ["award", "award", "candidates"]


async def test_a_program_cannot_award_and_a_planned_day_begins_by_the_clock(stage: AwardStage) -> None:
    tenderer = await stage.browser(stage.tenderer)
    base = f"/lots/{stage.lot_id}/result"
    today = local_day(await stage.now())
    async with stage.site.database.transaction() as session:
        calendar = await projects.calendar(session)
    start = calendar.working_from(today + timedelta(days=1))
    done = await tenderer.submit(
        f"{base}/publicity", starts_on=str(start), ends_on=str(calendar.after(start, 5, "d").day)
    )
    assert done.status_code == 303, done.text
    visitor = Browser(stage.site.app)
    assert (await visitor.get(base)).status_code == 404
    await stage.move_to(datetime.combine(start, datetime.min.time(), BEIJING))
    assert (await visitor.get(base)).status_code == 200
    assert (await tenderer.get("/results")).status_code == 200
