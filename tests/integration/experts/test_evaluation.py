"""A table worked by hand: three bids, five members, two items; every number below is computed on paper.

Terms: price F = 60.00, E1 = 1.00, E2 = 0.50 a percent, k = 2 %; 施工组织设计 25.00, 项目管理机构 15.00.

Prices        A 40,000,000.00   B 42,000,000.00   C 44,000,000.00
mean          (40 + 42 + 44) / 3 = 42,000,000.00
benchmark     42,000,000.00 × 0.98 = 41,160,000.00
deviation     A (40 − 41.16) / 41.16 = −2.81827…%   B +2.04081…%   C +6.89990…%
price score   A 60 − 2.81827 × 0.50 = 58.59086 → 58.59
              B 60 − 2.04081 × 1.00 = 57.95918 → 57.96
              C 60 − 6.89990 × 1.00 = 53.10009 → 53.10

施工组织设计  member   1      2      3      4      5       sum     mean
   A          20.00  21.00  20.50  22.00  19.50  →  103.00  20.60
   B          23.00  22.50  24.00  23.50  23.01  →  116.01  23.202 → 23.20
   C          18.00  18.00  18.00  18.00  18.03  →   90.03  18.006 → 18.01
项目管理机构
   A          12.00  12.50  11.00  12.00  13.00  →   60.50  12.10
   B          13.00  13.00  14.00  13.50  12.50  →   66.00  13.20
   C          15.00  14.00  14.50  15.00  15.00  →   73.50  14.70

total         A 58.59 + 20.60 + 12.10 = 91.29
              B 57.96 + 23.20 + 13.20 = 94.36
              C 53.10 + 18.01 + 14.70 = 85.81
ranking       B, A, C
"""

import msgspec
from sqlalchemy import text

from experts.evaluation import reads
from experts.evaluation.printing import print_report
from experts.evaluation.services.signing import deem_agreed
from experts.proof.documents import Report
from tests.factories import bidding as make
from tests.factories.evaluation_room import WORKER, Room
from trading.awards import reads as awards
from trading.kernel.clock import platform_now
from trading.projects import reads as projects
from trading.records import reads as records

A, B, C = 40_000_000_00, 42_000_000_00, 44_000_000_00
MARKS = (
    {0: (2000, 1200), 1: (2300, 1300), 2: (1800, 1500)},
    {0: (2100, 1250), 1: (2250, 1300), 2: (1800, 1400)},
    {0: (2050, 1100), 1: (2400, 1400), 2: (1800, 1450)},
    {0: (2200, 1200), 1: (2350, 1350), 2: (1800, 1500)},
    {0: (1950, 1300), 1: (2301, 1250), 2: (1803, 1500)},
)


async def scored(room: Room) -> None:
    await room.reviewed()
    for seat, marks in enumerate(MARKS, 1):
        await room.hand_in(seat, "score", room.scores(marks))


async def test_the_table_worked_by_hand(room: Room) -> None:
    await scored(room)
    async with room.database.transaction() as session:
        view = await reads.report_view(session, room.members[0], room.lot_id)
        desk = await reads.desk(session, room.members[0], room.lot_id)
    by_env = {line.env: line for line in view.body.lines}
    a, b, c = (by_env[env] for env in room.envs)
    assert view.body.benchmark == (41_160_000_00, 1)
    assert [(line.price_score, [item.mean for item in line.items], line.total, line.rank) for line in (a, b, c)] == [
        (5859, [2060, 1210], 9129, 2),
        (5796, [2320, 1320], 9436, 1),
        (5310, [1801, 1470], 8581, 3),
    ]
    assert desk.prices is not None
    assert (desk.prices.mean, desk.prices.benchmark) == ("42,000,000.00", "41,160,000.00")
    assert [(line.deviation, line.slope, line.score) for line in desk.prices.lines] == [
        ("-2.8183", 50, 5859),
        ("2.0408", 100, 5796),
        ("6.8999", 100, 5310),
    ]
    assert view.body.choice is None
    assert await room.state() == "evaluating"


async def test_five_signatures_finish_it_and_the_worker_files_it(room: Room) -> None:
    await scored(room)
    for seat in (1, 2, 3, 4):
        await room.sign(seat)
    async with room.database.transaction() as session:
        assert await reads.evaluation_document(session, room.lot_id) is None
    await room.sign(5, dissent="对第二名的施工方案有保留意见")
    assert await room.state() == "evaluated"
    async with room.database.transaction() as session:
        document = await reads.evaluation_document(session, room.lot_id)
        outcome = await awards.outcome(session, room.lot_id)
        timeline = {step.key: step for step in await projects.timeline(session, f"lot:{room.lot_id}")}
        await print_report(
            session, WORKER, lot_id=room.lot_id, objects=room.objects, keys=make.KEYS, base_url="http://platform.local"
        )
        filed = await records.records_of(session, f"lot:{room.lot_id}", (reads.PDF_RECORD, reads.JSON_RECORD))
    assert document is not None
    assert [item.dissent for item in document.signatures] == [None] * 4 + ["对第二名的施工方案有保留意见"]
    assert timeline["evaluation"].done_at is not None
    assert [(item.rank, item.price_fen, item.total_hundredths) for item in outcome.candidates] == [
        (1, B, 9436),
        (2, A, 9129),
        (3, C, 8581),
    ]
    assert {record.media_type for record in filed} == {"application/pdf", "application/json"}
    assert not any(record.public_at for record in filed)
    pdf = next(record for record in filed if record.media_type == "application/pdf")
    assert (await room.objects.get(pdf.digest)).startswith(b"%PDF-")
    names = await _names(room)
    assert not any(name in document.report for name in names)


async def _names(room: Room) -> list[str]:
    return [*(member.name for member in room.members), *(str(member.person_id) for member in room.members)]


async def test_who_neither_signs_nor_says_why_agrees_when_the_time_is_over(room: Room) -> None:
    await scored(room)
    for seat in (1, 2, 3):
        await room.sign(seat)
    async with room.database.transaction() as session:
        await deem_agreed(session, WORKER, lot_id=room.lot_id)  # too early: nothing happens
    assert await room.state() == "evaluating"
    async with room.database.transaction() as session:
        due = (
            await session.execute(text("SELECT due_at FROM timers WHERE event = 'experts.signing_over'"))
        ).scalar_one()
        ahead = int((due - await platform_now(session)).total_seconds() * 1000) + 1000
        await session.execute(text("SELECT demo_move_clock(platform_offset_ms() + :ms)"), {"ms": ahead})
    async with room.database.transaction() as session:
        await deem_agreed(session, WORKER, lot_id=room.lot_id)
    assert await room.state() == "evaluated"
    async with room.database.transaction() as session:
        document = await reads.evaluation_document(session, room.lot_id)
        view = await reads.report_view(session, room.official, room.lot_id)
    assert document is not None
    assert (len(document.signatures), [item.pseudonym for item in document.deemed]) == (3, ["评委4", "评委5"])
    assert [stand.stance for stand in view.stands] == ["agree"] * 3 + ["deemed"] * 2


async def test_the_journal_has_commitments_and_digests_and_nobodys_scores(room: Room) -> None:
    await scored(room)
    for seat in range(1, 6):
        await room.sign(seat)
    entries = await room.journal()
    sheets = [entry["payload"]["sheet"] for entry in entries if entry["action"] == "evaluation:sheet:submitted"]
    assert len(set(sheets)) == 10
    async with room.database.transaction() as session:
        view = await reads.report_view(session, room.official, room.lot_id)
    assert list(view.body.sheets) == sorted(sheets)
    body = msgspec.json.decode(view.text, type=Report)
    assert body == view.body
    [made] = [entry for entry in entries if entry["action"] == "evaluation:report:made"]
    assert made["payload"] == {"digest": view.digest}
    whole = str([entry for entry in entries if "evaluation" in entry["action"]])
    for told in ("unqualified", "reject", "item-1", *room.envs, *await _names(room)):
        assert told not in whole, told


async def test_fewer_than_three_valid_bids_are_the_committees_choice(room: Room) -> None:
    await room.reviewed(2)
    async with room.database.transaction() as session:
        assert (await reads.progress(session, room.members[0], room.lot_id)).stage == "choosing"
    await room.chosen(1, 2)
    for seat, marks in enumerate(MARKS, 1):
        await room.hand_in(seat, "score", room.scores({at: marks[at] for at in (0, 1)}))
    async with room.database.transaction() as session:
        report = (await reads.report_view(session, room.members[0], room.lot_id)).body
    lines = {line.env: line for line in report.lines}
    assert report.choice == "continue"
    assert (lines[room.envs[2]].passed, lines[room.envs[2]].codes) == (False, ("unqualified",))
    assert lines[room.envs[2]].reasons == ("无资质证书",) * 5
    # Mean of A and B 41,000,000; benchmark 40,180,000; A −0.44798 % → 59.78 (59.776), B +4.52962 % → 55.47 (55.470).
    assert [lines[env].price_score for env in room.envs] == [5978, 5547, None]


async def test_rejecting_all_ends_without_scores_and_fails_the_lot(room: Room) -> None:
    await room.reviewed(1, 2)
    await room.chosen(1, 2, 3)
    async with room.database.transaction() as session:
        report = (await reads.report_view(session, room.members[0], room.lot_id)).body
    assert (report.choice, report.benchmark) == ("reject_all", None)
    assert [line.rank for line in report.lines] == [None] * 3
    for seat in range(1, 6):
        await room.sign(seat)
    assert await room.state() == "failed"


async def test_when_no_bid_is_valid_there_is_nothing_to_choose(room: Room) -> None:
    await room.reviewed(0, 1, 2)
    async with room.database.transaction() as session:
        report = (await reads.report_view(session, room.members[0], room.lot_id)).body
        assert (await reads.progress(session, room.tenderer, room.lot_id)).stage == "signing"
    assert (report.choice, report.benchmark, [line.passed for line in report.lines]) == (None, None, [False] * 3)
