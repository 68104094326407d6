"""The draw's services, from the announcement to a full panel, and every wrong turn on the way."""

from datetime import timedelta

import msgspec
import pytest

from experts.draw import DrawError
from experts.errors import (
    AlreadyCommitted,
    AnswerRefused,
    BeaconDiffers,
    BeaconTooEarly,
    BeaconTwice,
    BeaconWrongTurn,
    CallOver,
    CommitTooLate,
    DrawRunning,
    EscrowNotReady,
    NotAParty,
    PanelIncomplete,
    PinLocked,
    PinWrong,
    PlanUnlawful,
    RevealDiffers,
    RevealTooEarly,
    RevealTooLate,
    SecondPersonNeeded,
    TimesUnlawful,
    TooFewEligible,
)
from experts.forms import PlanDraw, QuotaForm
from experts.proof.draw import Reading, check
from experts.reads import draw_document
from experts.rules import Party
from experts.services import committing, recusing, unlocking
from experts.services.calling import close_call
from experts.services.cancelling import cancel_draw
from experts.services.drawing import confirm_draw
from experts.services.unlocking import unlock
from experts.views import draw_view
from tests.factories.draw_stage import PERSONAL, VALUE, WORKER, DrawStage, Telephones
from trading.kernel.clock import system_now
from trading.kernel.errors import Forbidden
from trading.parties.errors import StepUpNeeded


async def steps(stage: DrawStage, draw_id: object) -> dict[str, str]:
    async with stage.session() as session:
        document = await draw_document(session, draw_id)  # type: ignore[arg-type]
    return {step.name: step.state if step.code is None else step.code for step in check(document)}


async def test_a_whole_draw_checks_out(stage: DrawStage) -> None:
    draw = await stage.until_computed()
    declined = (await stage.calls(draw.id))[0]
    await stage.decline(declined)
    await stage.send_calls(draw.id)
    await stage.all_accept(draw.id)
    assert (await stage.draw(draw.id)).state == "complete"
    told = await steps(stage, draw.id)
    assert set(told.values()) == {"held"}
    async with stage.session() as session:
        view = await draw_view(session, draw.id)
    assert [(item.quota, item.accepted) for item in view.lists] == [(3, 3), (2, 2)]
    assert sum(item.declined for item in view.lists) == 1
    assert view.missing == {"tenderer": "no_escrow"}


async def test_two_people_start_it(stage: DrawStage) -> None:
    draw_id = await stage.propose()
    with pytest.raises(SecondPersonNeeded):
        await stage.confirm(draw_id, stage.lot.official)
    with pytest.raises(Forbidden):
        await stage.confirm(draw_id, stage.lot.tenderer)
    assert (await stage.confirm(draw_id, stage.supervisor)).state == "announced"


async def test_the_confirmation_asks_for_fresh_proof(stage: DrawStage) -> None:
    draw_id = await stage.propose()
    stale = msgspec.structs.replace(stage.second, step_up_at=system_now() - timedelta(hours=1))
    with pytest.raises(StepUpNeeded):
        async with stage.session() as session:
            await confirm_draw(session, stale, draw_id=draw_id, gateway=stage.phones.settings, personal=PERSONAL)


async def test_one_lot_has_one_draw(stage: DrawStage) -> None:
    await stage.propose()
    with pytest.raises(DrawRunning):
        await stage.propose()


async def test_an_unlawful_plan_is_refused(stage: DrawStage) -> None:
    plan = await stage.plan()
    with pytest.raises(TimesUnlawful) as times:
        await stage.propose(beacon_at=plan.settled_by + timedelta(minutes=9), reveal_until=plan.commit_until)
    assert set(times.value.fields) == {"reveal_until", "beacon_at"}
    with pytest.raises(PlanUnlawful) as even:
        await stage.propose(quotas=(QuotaForm("A08", 4, 0),))
    assert set(even.value.fields) == {"quotas"}
    with pytest.raises(PlanUnlawful) as who:
        await stage.propose(supervisor=stage.lot.official.membership_id, tenderer=stage.supervisor.membership_id)
    assert {"supervisor", "tenderer"} <= set(who.value.fields)


async def test_too_few_eligible_is_refused_with_the_numbers(stage: DrawStage) -> None:
    with pytest.raises(TooFewEligible) as few:
        await stage.confirm(await stage.propose(quotas=(QuotaForm("A08", 3, 4), QuotaForm("A06", 2, 1))))
    assert few.value.params == {"specialty": "A08", "count": 20, "least": 21}


async def test_commitments_have_their_time_and_their_people(stage: DrawStage) -> None:
    draw = await stage.confirm(await stage.propose())
    with pytest.raises(EscrowNotReady):
        await stage.commit(draw, "centre")
    await stage.announce_escrow(draw.id)
    await stage.commit(draw, "centre")
    await stage.commit(draw, "centre")  # the same again changes nothing
    with pytest.raises(AlreadyCommitted):
        async with stage.session() as session:
            await committing.commit(session, stage.lot.official, draw_id=draw.id, digest="ab" * 32)
    with pytest.raises(NotAParty):
        async with stage.session() as session:
            await committing.commit(session, stage.second, draw_id=draw.id, digest="ab" * 32)
    assert isinstance(await stage.reveal(draw, "centre"), RevealTooEarly)
    await stage.move_to(msgspec.convert(draw.plan, PlanDraw).commit_until)
    with pytest.raises(CommitTooLate):
        await stage.commit(draw, "supervisor")
    assert isinstance(await stage.reveal(draw, "centre", "cd" * 32), RevealDiffers)
    assert await stage.reveal(draw, "centre") is None


async def test_r69_a_late_reveal_is_refused_and_changes_nothing(stage: DrawStage) -> None:
    draw = await stage.announce()
    for party in stage.parties:
        await stage.commit(draw, party)
    plan = msgspec.convert(draw.plan, PlanDraw)
    await stage.move_to(plan.commit_until)
    await stage.reveal(draw, "centre")
    await stage.move_to(plan.reveal_until)
    assert isinstance(await stage.reveal(draw, "tenderer"), RevealTooLate)
    await stage.move_to(plan.settled_by)
    async with stage.session() as session:
        await committing.settle_reveals(session, WORKER, draw_id=draw.id)
    async with stage.session() as session:
        before = await draw_document(session, draw.id)
    assert isinstance(await stage.reveal(draw, "tenderer"), RevealTooLate)
    async with stage.session() as session:
        assert await committing.take_escrow(session, WORKER, draw_id=draw.id, objects=stage.objects) == 0
        assert await draw_document(session, draw.id) == before
    assert [item.party for item in before.reveals] == ["centre"]


async def test_two_witnesses_type_the_same_beacon(stage: DrawStage) -> None:
    draw = await stage.announce()
    with pytest.raises(BeaconTooEarly):
        await stage.type_beacon(draw.id, 0)
    await stage.move_to(msgspec.convert(draw.plan, PlanDraw).beacon_at)
    with pytest.raises(BeaconWrongTurn):
        await stage.type_beacon(draw.id, 0, beacon=1)
    await stage.type_beacon(draw.id, 0)
    with pytest.raises(BeaconTwice):
        await stage.type_beacon(draw.id, 0, f" {VALUE.replace(' ', ', ')} ")
    assert isinstance(await stage.type_beacon(draw.id, 1, "1 2 3"), BeaconDiffers)
    assert (await stage.draw(draw.id)).state == "announced"
    await stage.type_beacon(draw.id, 1)
    assert (await stage.draw(draw.id)).state == "calling"


async def test_a_missing_beacon_gives_way_to_the_announced_second(stage: DrawStage) -> None:
    draw = await stage.announce()
    await stage.move_to(msgspec.convert(draw.plan, PlanDraw).beacon_at)
    await stage.type_beacon(draw.id, 0, None)
    await stage.type_beacon(draw.id, 1, None)
    with pytest.raises(BeaconWrongTurn):
        await stage.type_beacon(draw.id, 0)
    await stage.type_beacon(draw.id, 0, beacon=1)
    await stage.type_beacon(draw.id, 1, beacon=1)
    told = await steps(stage, draw.id)
    assert (told["beacon"], told["seed"], told["order"]) == ("held", "held", "held")


async def test_nobody_can_throw_again(stage: DrawStage) -> None:
    """R30: cancelled after the beacon, the next draw goes on with the same order, and says so."""
    draw = await stage.until_computed()
    await stage.decline((await stage.calls(draw.id))[0])
    async with stage.session() as session:
        await cancel_draw(session, stage.lot.official, draw_id=draw.id, reason="场地停电")
    first = await stage.draw(draw.id)
    again = await stage.confirm(await stage.propose())
    assert (again.seed, again.continued) == (first.seed, True)
    await stage.send_calls(again.id)
    await stage.all_accept(again.id)
    async with stage.session() as session:
        before = Reading(await draw_document(session, draw.id))
        told = {step.name: step.code or step.state for step in check(await draw_document(session, again.id), before)}
    assert set(told.values()) == {"held"}


async def test_a_call_of_a_cancelled_draw_changes_nothing_any_more(stage: DrawStage) -> None:
    """Else who lets it ring on could take a person out of the order after the next draw has begun with it."""
    draw = await stage.until_computed()
    old = await stage.calls(draw.id)
    async with stage.session() as session:
        await cancel_draw(session, stage.lot.official, draw_id=draw.id, reason="场地停电")
    again = await stage.confirm(await stage.propose())
    await stage.send_calls(again.id)
    with pytest.raises(CallOver):
        await stage.decline(old[0])

    class Closing:
        async def close(self, call_id: str) -> object:
            file, _ = stage.phones.answer(call_id, "unanswered", await stage.now())
            return type("Reply", (), {"answer": file, "pin": None, "salt": None})()

    assert old[1].ends_at is not None
    await stage.move_to(old[1].ends_at - timedelta(seconds=1))
    async with stage.session() as session:
        await close_call(session, WORKER, call_id=old[1].id, gateway=Closing(), personal=PERSONAL)  # type: ignore[arg-type]
    await stage.all_accept(again.id)
    async with stage.session() as session:
        before = Reading(await draw_document(session, draw.id))
        told = {step.name: step.code or step.state for step in check(await draw_document(session, again.id), before)}
    assert set(told.values()) == {"held"}


async def test_a_draw_begun_after_the_opening_recuses_by_itself(
    stage: DrawStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The opening's event is past by then; without it the committee could never be unlocked."""

    async def opened(_session: object, _lot_id: object) -> list[Party]:
        return [Party("某某投标有限公司", "")]

    monkeypatch.setattr(recusing, "opened_bidders", opened)
    monkeypatch.setattr(unlocking, "opened_bidders", opened)
    draw = await stage.until_computed()
    await stage.all_accept(draw.id)
    done = await stage.draw(draw.id)
    assert (done.state, done.recused_at is not None) == ("complete", True)
    witness = msgspec.structs.replace(stage.witnesses[0], step_up_at=system_now())
    async with stage.session() as session:
        assert (await unlock(session, witness, draw_id=draw.id, personal=PERSONAL)).state == "unlocked"


async def test_cancelled_before_the_beacon_it_leaves_nothing(stage: DrawStage) -> None:
    draw = await stage.announce()
    async with stage.session() as session:
        await cancel_draw(session, stage.lot.official, draw_id=draw.id, reason="重新安排")
    assert not (await stage.confirm(await stage.propose())).continued


async def test_a_pin_is_asked_and_guessing_has_an_end(stage: DrawStage) -> None:
    draw = await stage.until_computed()
    call = (await stage.calls(draw.id))[0]
    right = await stage.pin_of(call)
    wrong = "000000" if right != "000000" else "111111"
    assert isinstance(await stage.accept(call, wrong), PinWrong)
    assert isinstance(await stage.accept(call, wrong), PinWrong)
    assert isinstance(await stage.accept(call, wrong), PinLocked)
    assert isinstance(await stage.accept(call, right), PinLocked)
    other = (await stage.calls(draw.id))[1]
    assert isinstance(await stage.accept(other, await stage.pin_of(call) + "1"), PinWrong)
    assert (await stage.accept(other)).state == "accepted"


async def test_an_unanswered_call_is_a_decline_and_the_next_is_called(stage: DrawStage) -> None:
    draw = await stage.until_computed()
    call = (await stage.calls(draw.id))[0]
    assert call.ends_at is not None
    await stage.move_to(call.ends_at)
    with pytest.raises(CallOver):
        await stage.accept(call)

    class Closing:
        async def close(self, call_id: str) -> object:
            file, _ = stage.phones.answer(call_id, "unanswered", await stage.now())
            return type("Reply", (), {"answer": file, "pin": None, "salt": None})()

    async with stage.session() as session:
        await close_call(session, WORKER, call_id=call.id, gateway=Closing(), personal=PERSONAL)  # type: ignore[arg-type]
    assert [item.position for item in await stage.calls(draw.id, "unanswered")] == [call.position]
    assert [item.position for item in await stage.calls(draw.id, "made")] == [3]


async def test_an_answer_is_the_gateways_and_of_this_very_call(stage: DrawStage) -> None:
    draw = await stage.until_computed()
    first, second = (await stage.calls(draw.id))[:2]
    now = await stage.now()
    for changes in ({"position": second.position + 5}, {"ends_at": "2027-01-01T00:00:00.000Z"}, {"specialty": "A01"}):
        file, _ = stage.phones.answer(first.id, "declined", now, **changes)
        with pytest.raises(AnswerRefused):
            await stage.take(file)
    stranger = Telephones(told=stage.phones.told)
    with pytest.raises(AnswerRefused):
        await stage.take(stranger.answer(first.id, "declined", now)[0])
    with pytest.raises((AnswerRefused, DrawError)):
        await stage.take("{}")
    await stage.decline(first)
    with pytest.raises(CallOver):
        await stage.accept(first)


async def test_a_capped_number_of_declines_exhausts_the_order(stage: DrawStage) -> None:
    draw = await stage.until_computed(declines=1)
    for call in (await stage.calls(draw.id))[:2]:
        await stage.decline(call)
    await stage.send_calls(draw.id)
    for call in await stage.calls(draw.id):
        await stage.accept(call)
    assert (await stage.draw(draw.id)).state == "exhausted"
    assert (await steps(stage, draw.id))["calls"] == "held"


async def test_the_committee_waits_for_panel_and_opening(stage: DrawStage) -> None:
    draw = await stage.until_computed()
    witness = msgspec.structs.replace(stage.witnesses[0], step_up_at=system_now())
    with pytest.raises(PanelIncomplete):
        async with stage.session() as session:
            await unlock(session, witness, draw_id=draw.id, personal=PERSONAL)
    with pytest.raises(Forbidden):
        async with stage.session() as session:
            await unlock(session, stage.lot.official, draw_id=draw.id, personal=PERSONAL)
