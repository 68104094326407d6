"""What the way of an evaluation would tell those outside it, and what comes after its time."""

import pytest
from sqlalchemy import text

from experts.evaluation import reads
from experts.evaluation.errors import SigningEnded
from tests.factories.evaluation_room import Room
from trading.kernel.clock import platform_now

A, B, C = 40_000_000_00, 42_000_000_00, 44_000_000_00
MARKS = {0: (2000, 1200), 1: (2300, 1300), 2: (1800, 1500)}


async def progress(room: Room, who: int | str) -> reads.Progress:
    actor = room.members[who] if isinstance(who, int) else getattr(room, who)
    async with room.database.transaction() as session:
        return await reads.progress(session, actor, room.lot_id)


async def test_that_bids_were_rejected_is_told_by_no_count_stage_event_or_entry(room: Room) -> None:
    """To those outside, a committee that has to choose looks like one that scores."""
    await room.reviewed(2)
    assert (await progress(room, 0)).stage == "choosing"
    watchers = ("official", "supervisor", "tenderer")
    for who in watchers:
        shown = await progress(room, who)
        assert (shown.stage, shown.reviewed, shown.chosen, shown.scored) == ("scoring", 5, 0, 0)
    await room.chosen(1, 2, 3)
    member = await progress(room, 0)
    assert (member.stage, member.chosen, member.choosing, member.scored) == ("signing", 5, True, 0)
    for who in watchers:
        shown = await progress(room, who)
        assert (shown.stage, shown.chosen, shown.choosing, shown.scored) == ("signing", 0, False, 5)
    async with room.database.transaction() as session:
        query = text("SELECT kind, data::text AS data FROM live_events WHERE stream = :stream")
        events = [(row.kind, row.data) for row in await session.execute(query, {"stream": f"evaluation:{room.lot_id}"})]
    assert set(events) == {("progress", "{}")}
    opened = [entry["payload"] for entry in await room.journal() if entry["action"] == "evaluation:sheets:opened"]
    assert opened == [{}, {}]
    for seat in range(1, 6):
        await room.sign(seat)
    told = await progress(room, "tenderer")
    assert (told.stage, told.chosen, told.choosing, told.scored) == ("done", 5, True, 0)


async def test_nobody_signs_when_the_time_to_sign_is_over_though_the_relay_is_late(room: Room) -> None:
    await room.reviewed()
    for seat in range(1, 6):
        await room.hand_in(seat, "score", room.scores(MARKS))
    await room.sign(1)
    async with room.database.transaction() as session:
        until = (await reads.report_view(session, room.members[1], room.lot_id)).sign_by
        ahead = int((until - await platform_now(session)).total_seconds() * 1000) + 1000
        await session.execute(text("SELECT demo_move_clock(platform_offset_ms() + :ms)"), {"ms": ahead})
    with pytest.raises(SigningEnded):
        await room.sign(2, dissent="来得太晚")
