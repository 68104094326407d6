"""Objections at the opening and its end, by API: every step, and every refusal (招标投标法实施条例 44)."""

from httpx import Response
from sqlalchemy import text

from bidding.opening.objecting import MOST
from bidding.proof.objection import verify_objection, words_digest
from tests.integration.bidding.hall import Hall, hall
from trading.kernel.journal.reads import entries_of

__all__ = ["hall"]


def refused(answer: Response, status: int, code: str) -> None:
    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code), answer.text
    assert body["detail"]
    assert body["next"]


async def journal(hall: Hall) -> list[tuple[str, dict[str, object]]]:
    async with hall.box.database.transaction() as session:
        found = await entries_of(session, hall.box.lot.subject, limit=500)
    return [(item.entry.action, dict(item.entry.payload)) for item in found]


async def test_an_objection_gets_a_signed_receipt_is_public_at_once_and_answered(hall: Hall) -> None:
    await hall.close()
    told = await hall.object_(text="请核对本单位工期。")
    receipt = verify_objection(told["receipt"].encode(), hall.box.lot.world.announcement)
    objection = told["objection"]["id"]
    assert (receipt.objection, receipt.digest) == (objection, words_digest("请核对本单位工期。"))
    assert receipt.raised_at == told["objection"]["raised_at"]
    own = await hall["a"].get(f"{hall.api}/objections/{objection}/receipt")
    assert own.text == told["receipt"]
    (shown,) = (await hall["nobody"].get(f"{hall.api}/objections")).json()
    assert (shown["outcome"], shown["organisation"], shown["answer"]) == ("open", hall.bidders[0].org_name, None)
    answered = await hall.answer(objection)
    assert (answered.status_code, answered.json()["outcome"]) == (200, "dismissed")
    (view,) = (await hall["nobody"].get(f"{hall.api}/opening")).json()["objections"]
    assert (view["answer"], view["text"]) == ("经核对一致。", "请核对本单位工期。")
    actions = dict(await journal(hall))
    assert actions["lot:objection:raised"]["digest"] == receipt.digest
    assert actions["lot:objection:answered"] == {
        "objection": objection,
        "outcome": "dismissed",
        "digest": words_digest("经核对一致。"),
    }
    async with hall.box.database.transaction() as session:
        rows = await session.execute(
            text("SELECT data ->> 'state' FROM live_events WHERE kind = 'objection' ORDER BY seq")
        )
        assert rows.scalars().all() == ["open", "dismissed"]


async def test_the_same_words_again_are_the_same_objection_until_it_has_ended(hall: Hall) -> None:
    await hall.close()
    told = await hall.object_()
    again = await hall["a"].post(f"{hall.api}/objections", json={"text": "请核对本单位工期。"})
    assert (again.status_code, again.json()) == (200, told)
    assert (await hall.object_("b"))["objection"]["id"] != told["objection"]["id"]
    await hall.answer(told["objection"]["id"])
    assert (await hall.object_())["objection"]["id"] != told["objection"]["id"]


async def test_before_closing_there_is_nothing_to_object_to(hall: Hall) -> None:
    refused(await hall["nobody"].get(f"{hall.api}/objections"), 409, "opening.box_not_closed")
    for who in ("a", "stranger"):  # whoever has bid and who has not are told the same
        answer = await hall[who].post(f"{hall.api}/objections", json={"text": "请核对本单位工期。"})
        refused(answer, 409, "opening.box_not_closed")
    refused(await hall.end(), 409, "opening.box_not_closed")
    assert ("lot:opening:refused", {"attempt": "end"}) in await journal(hall)


async def test_who_may_object(hall: Hall) -> None:
    await hall.close()
    to, words = f"{hall.api}/objections", {"text": "请核对本单位工期。"}
    refused(await hall["stranger"].post(to, json=words), 403, "opening.not_taking_part")
    for who in ("official", "tenderer"):
        refused(await hall[who].post(to, json=words), 403, "kernel.forbidden")
    assert (await hall["nobody"].post(to, json=words)).status_code in {401, 403}
    for bad in ("短", "长" * 2001, ""):
        assert (await hall["a"].post(to, json={"text": bad})).status_code == 422
    assert (await hall["a"].post(to, json={"text": "有空字符\x00的异议"})).status_code == 422
    for number in range(MOST):
        await hall.object_("b", f"第 {number} 项异议。")
    refused(await hall["b"].post(to, json=words), 409, "opening.too_many_objections")
    await hall.object_("c")


async def test_who_may_answer_and_once(hall: Hall) -> None:
    await hall.close()
    objection = (await hall.object_())["objection"]["id"]
    refused(await hall.answer(objection, "other"), 403, "kernel.forbidden")
    refused(await hall.answer(objection, "b"), 403, "kernel.forbidden")
    nothing = "00000000-0000-7000-8000-000000000000"
    refused(await hall.answer(nothing), 404, "opening.no_objection")
    assert (await hall.answer(objection, "tenderer")).status_code == 200
    refused(await hall.answer(objection), 409, "opening.objection_ended")


async def test_its_own_bidder_takes_it_back_before_it_is_answered(hall: Hall) -> None:
    await hall.close()
    objection = (await hall.object_())["objection"]["id"]
    to = f"{hall.api}/objections/{objection}"
    refused(await hall["b"].post(f"{to}/withdraw"), 403, "opening.not_your_objection")
    refused(await hall["b"].get(f"{to}/receipt"), 404, "opening.no_objection")
    gone = await hall["a"].post(f"{to}/withdraw")
    assert (gone.status_code, gone.json()["outcome"], gone.json()["answer"]) == (200, "withdrawn", None)
    refused(await hall["a"].post(f"{to}/withdraw"), 409, "opening.objection_ended")
    refused(await hall.answer(objection), 409, "opening.objection_ended")
    assert ("lot:objection:withdrawn", {"objection": objection}) in await journal(hall)


async def test_the_opening_ends_when_all_is_revealed_answered_and_the_time_is_over(hall: Hall) -> None:
    await hall.close()
    objection = (await hall.object_())["objection"]["id"]
    refused(await hall.end(), 409, "opening.table_incomplete")
    await hall.reveal()
    refused(await hall.end(), 409, "opening.objections_open")
    await hall.answer(objection)
    refused(await hall.end(), 409, "opening.window_open")
    assert (await hall["nobody"].get(f"{hall.api}/record")).json()["code"] == "opening.no_record"
    await hall.pass_window()
    for who in ("a", "tenderer"):
        refused(await hall[who].post(f"{hall.api}/opening/end"), 403, "kernel.forbidden")
    ended = await hall.end()
    assert ended.status_code == 200, ended.text
    record = (await hall["nobody"].get(f"{hall.api}/record")).json()
    assert record["digest"] == ended.json()["record"]
    assert (await hall["nobody"].get(f"{hall.api}/opening")).json()["state"] == "opened"
    refused(await hall.end(), 409, "opening.opening_over")
    late = await hall["a"].post(f"{hall.api}/objections", json={"text": "事后提出的异议。"})
    refused(late, 409, "opening.opening_over")
    actions = [action for action, _ in await journal(hall)]
    assert actions.index("lot:opening:ended") < actions.index("lot:record:made")


async def test_r37_what_was_objected_and_answered_stands(hall: Hall) -> None:
    await hall.close()
    await hall.answer((await hall.object_())["objection"]["id"])
    for table in ("objections", "objection_ends"):
        async with hall.box.database.transaction() as session:
            granted = await session.execute(
                text("SELECT has_table_privilege('trading_app', :t, p) FROM unnest(ARRAY['UPDATE', 'DELETE']) p"),
                {"t": table},
            )
            assert granted.scalars().all() == [False, False]
