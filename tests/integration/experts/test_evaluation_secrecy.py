"""Nobody sees another's sheet before all are in (not by service, page, API or SQL), and each wrong turn is refused."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import msgspec
import psycopg
import pytest
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bidding.sealing.documents import decode
from experts.evaluation import drafting, reads, services
from experts.evaluation.errors import (
    AlreadyAccepted,
    AlreadySigned,
    AlreadySubmitted,
    CommitteeUnlawful,
    EvaluationUnknown,
    FileUnknown,
    NoCommittee,
    NoReportYet,
    NotAllIn,
    NothingWritten,
    SheetIncomplete,
    SignatureOfAnother,
    StageOver,
    Tied,
)
from experts.evaluation.forms import ReviewForm
from experts.proof import scoring
from experts.proof.documents import Drawn, Terms, member_message
from experts.proof.evaluation import miscounted
from portal.demo.clock import install
from portal.embedded.cluster import DatabaseUrls
from tests.factories.evaluation_room import PAPER, Room, opened_room
from tests.factories.parties import make_actor
from trading.kernel.db import Database
from trading.kernel.errors import Forbidden, WrongState
from trading.kernel.objects import ObjectStore
from trading.parties.errors import SessionNeeded, StepUpNeeded
from trading.projects import reads as projects

A, B, C = 40_000_000_00, 42_000_000_00, 44_000_000_00
MARKS = {0: (2000, 1200), 1: (2300, 1300), 2: (1800, 1500)}
SECRET = "秘而不宣的理由"


@pytest.fixture
def fresh_urls(new_database: Callable[[], AbstractContextManager[DatabaseUrls]]) -> Iterator[DatabaseUrls]:
    """For a lot opened at other prices than the shared one."""
    with new_database() as made:
        install(made.owner_dsn)
        yield made


async def test_before_all_are_in_a_sheet_is_its_authors_alone_even_to_sql(room: Room, urls: DatabaseUrls) -> None:
    await room.begin()
    await room.accept()
    for seat in range(1, 5):
        await room.hand_in(seat, "review", room.review(0, reason=SECRET))
    every = text("SELECT seat FROM evaluation_sheets ORDER BY seat")
    async with room.database.transaction() as session:
        assert (await session.execute(every)).all() == []
        await session.execute(
            text("SELECT set_config('trading.membership', :m, true)"), {"m": str(room.members[1].membership_id)}
        )
        assert [row.seat for row in await session.execute(every)] == [2]
        with pytest.raises(DBAPIError):
            await session.execute(text("UPDATE evaluations SET review_open_at = platform_now()"))
    for member in room.members:
        async with room.database.transaction() as session:
            desk = await reads.desk(session, member, room.lot_id)
            assert (desk.decided, desk.prices) == ((), None)
            assert await reads.colleagues(session, member, room.lot_id, "review") == ()
            assert desk.evaluation.submitted == {"review": 4}
    with psycopg.connect(urls.owner_dsn, autocommit=True) as owner, pytest.raises(psycopg.errors.RestrictViolation):
        owner.execute("UPDATE evaluations SET review_open_at = platform_now()")
    async with room.database.transaction() as session:
        events = await session.execute(
            text("SELECT data::text FROM live_events WHERE stream = :s"), {"s": f"evaluation:{room.lot_id}"}
        )
        told = "".join(row.data for row in events)
        openings = await session.execute(text("SELECT convert_from(value, 'UTF8') AS value FROM journal_openings"))
        told += "".join(row.value for row in openings)
    assert SECRET not in told
    assert room.envs[0] not in told
    await room.hand_in(5, "review", room.review())
    async with room.database.transaction() as session:
        sheets = await reads.colleagues(session, room.members[4], room.lot_id, "review")
        assert [sheet.seat for sheet in sheets] == [1, 2, 3, 4, 5]


async def test_a_sheet_handed_in_is_frozen_in_the_database_too(room: Room) -> None:
    await room.begin()
    await room.accept()
    await room.hand_in(1, "review", room.review())
    with pytest.raises(AlreadySubmitted):
        await room.write(1, "review", room.review(1))
    with pytest.raises(AlreadySubmitted):
        await room.submit(1, "review")
    async with room.database.transaction() as session:
        await session.execute(
            text("SELECT set_config('trading.membership', :m, true)"), {"m": str(room.members[0].membership_id)}
        )
        async with session.begin_nested() as attempt:
            with pytest.raises(DBAPIError):
                await session.execute(text("UPDATE evaluation_sheets SET body = '{}'"))
            await attempt.rollback()


async def test_others_see_counts_until_the_report_is_signed_and_strangers_nothing(room: Room) -> None:
    await room.reviewed()
    async with room.database.transaction() as session:
        outsider = await make_actor(session, "expert")
        bidder = await make_actor(session, "bidder")
        other_side = await make_actor(session, "tenderer")
        for actor in (room.official, room.supervisor, room.tenderer):
            progress = await reads.progress(session, actor, room.lot_id)
            assert (progress.stage, progress.reviewed, progress.scored) == ("scoring", 5, 0)
            with pytest.raises(EvaluationUnknown):
                await reads.desk(session, actor, room.lot_id)
            with pytest.raises(EvaluationUnknown):
                await reads.colleagues(session, actor, room.lot_id, "review")
            with pytest.raises(NoReportYet):
                await reads.report_view(session, actor, room.lot_id)
        for actor in (outsider, bidder, other_side):
            with pytest.raises(EvaluationUnknown):
                await reads.progress(session, actor, room.lot_id)
            with pytest.raises(EvaluationUnknown):
                await reads.report_view(session, actor, room.lot_id)
    for seat in range(1, 6):
        await room.hand_in(seat, "score", room.scores(MARKS))
    async with room.database.transaction() as session:
        await reads.report_view(session, room.members[2], room.lot_id)
        with pytest.raises(NoReportYet):
            await reads.report_view(session, room.tenderer, room.lot_id)


async def test_only_members_read_the_bids_after_the_statement_and_each_look_is_journalled(room: Room) -> None:
    await room.begin()
    env = room.envs[0]
    async with room.database.transaction() as session:
        digest = (await reads.desk(session, room.members[0], room.lot_id)).evaluation.bids[0].files[0].sha256
    with pytest.raises(FileUnknown):
        async with room.database.transaction() as session:
            await services.note_view(session, room.members[0], lot_id=room.lot_id, env=env, digest=digest)
    await room.accept()
    async with room.database.transaction() as session:
        file = await services.note_view(session, room.members[0], lot_id=room.lot_id, env=env, digest=digest)
        assert file.part == "technical"
        for actor in (room.official, room.tenderer, room.supervisor, await make_actor(session, "expert")):
            with pytest.raises(EvaluationUnknown):
                await services.note_view(session, actor, lot_id=room.lot_id, env=env, digest=digest)
        with pytest.raises(FileUnknown):
            await services.note_view(session, room.members[0], lot_id=room.lot_id, env=env, digest="ab" * 32)
    assert b"".join([piece async for piece in room.objects.stream(digest)]) == PAPER
    views = [entry for entry in await room.journal() if entry["action"] == "evaluation:document:viewed"]
    assert [view["payload"] for view in views] == [{"seat": 1}]


async def test_beginning_needs_an_official_an_opened_lot_and_a_lawful_committee(room: Room) -> None:
    async def begin(actor: object, committee: object) -> None:
        async with room.database.transaction() as session:
            await services.begin_evaluation(session, actor, lot_id=room.lot_id, committee=committee)  # type: ignore[arg-type]

    with pytest.raises(Forbidden):
        await begin(room.tenderer, room.committee())
    with pytest.raises(NoCommittee):
        await begin(room.official, None)
    for count in (3, 4):
        with pytest.raises(CommitteeUnlawful) as refused:
            await begin(room.official, room.committee(count))
        assert refused.value.params["least"] == 5
    assert await room.state() == "opened"
    await begin(room.official, room.committee())
    with pytest.raises(WrongState):
        await begin(room.official, room.committee())


async def test_no_step_before_its_turn(room: Room) -> None:
    with pytest.raises(EvaluationUnknown):
        await room.write(1, "review", room.review())
    await room.begin()
    with pytest.raises(StageOver):
        await room.write(1, "review", room.review())
    await room.accept()
    async with room.database.transaction() as session:
        with pytest.raises(AlreadyAccepted):
            await services.accept_discipline(session, room.members[0], lot_id=room.lot_id)
    with pytest.raises(StageOver):
        await room.write(1, "score", room.scores(MARKS))
    with pytest.raises(NothingWritten):
        await room.submit(1, "review")
    await room.write(1, "review", ReviewForm(room.review().bids[:2]))
    with pytest.raises(SheetIncomplete):
        await room.submit(1, "review")
    async with room.database.transaction() as session:
        with pytest.raises(StageOver):
            await services.make_report(session, room.members[0], lot_id=room.lot_id)
        with pytest.raises(NoReportYet):
            await services.sign_report(
                session, room.members[0], lot_id=room.lot_id, fingerprint="ab" * 32, signature="cd" * 64
            )


async def test_handing_in_needs_fresh_proof_and_a_person(room: Room) -> None:
    await room.begin()
    await room.accept()
    await room.write(1, "review", room.review())
    stale = replace(room.members[0], step_up_at=None)
    program = replace(room.members[0], session_id=None)
    for actor, refusal in ((stale, StepUpNeeded), (program, SessionNeeded)):
        with pytest.raises(refusal):
            async with room.database.transaction() as session:
                await services.submit_sheet(session, actor, lot_id=room.lot_id, kind="review")


async def test_a_member_writes_on_no_other_members_sheet(room: Room) -> None:
    await room.begin()
    await room.accept()
    outsider = replace(room.members[0], membership_id=room.official.membership_id)
    with pytest.raises(EvaluationUnknown):
        async with room.database.transaction() as session:
            await drafting.save_draft(session, outsider, lot_id=room.lot_id, kind="review", sheet=room.review())
    with pytest.raises(DBAPIError):
        async with room.database.transaction() as session:
            await session.execute(
                text(
                    "INSERT INTO evaluation_sheets (lot_id, seat, kind, membership_id, body, salt, changed_at) "
                    "VALUES (:lot, 2, 'review', :member, '{}', decode(repeat('00', 32), 'hex'), now())"
                ),
                {"lot": room.lot_id, "member": room.members[1].membership_id},
            )


async def test_the_report_waits_for_all_and_signatures_are_ones_own(room: Room) -> None:
    await room.reviewed()
    for seat in range(1, 5):
        await room.hand_in(seat, "score", room.scores(MARKS))
    async with room.database.transaction() as session:
        with pytest.raises(NotAllIn):
            await services.make_report(session, room.members[0], lot_id=room.lot_id)
    await room.hand_in(5, "score", room.scores(MARKS))
    await room.sign(1)
    with pytest.raises(AlreadySigned):
        await room.sign(1)
    async with room.database.transaction() as session:
        await room.certify(session, 2)
        digest = (await reads.report_view(session, room.members[1], room.lot_id)).digest

    async def sign(seat: int, fingerprint: str, signature: bytes, dissent: str | None = None) -> None:
        async with room.database.transaction() as session:
            await services.sign_report(
                session,
                room.members[seat - 1],
                lot_id=room.lot_id,
                fingerprint=fingerprint,
                signature=signature.hex(),
                dissent=dissent,
            )

    good = room.keys[2].sign(member_message(digest))
    with pytest.raises(SignatureOfAnother):  # another's certificate
        await sign(3, room.certificates[2], good)
    with pytest.raises(SignatureOfAnother):  # another key
        await sign(2, room.certificates[2], room.keys[1].sign(member_message(digest)))
    with pytest.raises(SignatureOfAnother):  # another report
        await sign(2, room.certificates[2], room.keys[2].sign(member_message("ab" * 32)))
    with pytest.raises(SignatureOfAnother):  # a dissent that was not signed
        await sign(2, room.certificates[2], good, "不同意")
    await sign(2, room.certificates[2], good)


async def test_a_full_tie_is_drawn_as_announced_and_refused_where_nothing_was(
    fresh_urls: DatabaseUrls, objects: ObjectStore
) -> None:
    database = Database(fresh_urls.app_dsn)
    room = await opened_room(database, objects, (A, A, C))
    await room.reviewed()
    with psycopg.connect(fresh_urls.owner_dsn, autocommit=True) as owner:
        kept = owner.execute("UPDATE lots SET evaluation = evaluation - 'ties' RETURNING evaluation").fetchone()
        assert kept is not None
    same = {0: (2000, 1200), 1: (2000, 1200), 2: (1000, 1000)}
    for seat in range(1, 6):
        await room.hand_in(seat, "score", room.scores(same))
    async with database.transaction() as session:
        assert (await reads.progress(session, room.official, room.lot_id)).stage == "scoring"
        with pytest.raises(Tied):
            await services.make_report(session, room.members[0], lot_id=room.lot_id)
    with pytest.raises(AlreadySubmitted):
        await room.write(1, "score", room.scores(MARKS))
    with psycopg.connect(fresh_urls.owner_dsn, autocommit=True) as owner:
        told = json.dumps(kept[0] | {"ties": ["price", "items", "lot"]})
        owner.execute("UPDATE lots SET evaluation = %s::jsonb", (told,))
    async with database.transaction() as session:
        await services.make_report(session, room.members[0], lot_id=room.lot_id)
        report = (await reads.report_view(session, room.members[0], room.lot_id)).body
        lot = await projects.lot(session, room.lot_id)
    assert report.drawn == Drawn(seed="", settled="ab" * 32)
    first, second = sorted(room.envs[:2], key=lambda env: scoring.lot(Drawn("", "ab" * 32), env))
    assert {line.env: line.rank for line in report.lines} == {first: 1, second: 2, room.envs[2]: 3}
    assert lot.evaluation is not None
    terms = decode(lot.evaluation.text(), Terms, "terms")
    assert list(miscounted(terms, report)) == []
    swapped = tuple(msgspec.structs.replace(line, rank={1: 2, 2: 1, 3: 3}[line.rank or 0]) for line in report.lines)
    other = msgspec.structs.replace(report, lines=swapped)
    assert {finding.code for finding in miscounted(terms, other)} == {"evaluation.ranking"}
    none = msgspec.structs.replace(report, drawn=None)
    assert "evaluation.tie" in {finding.code for finding in miscounted(terms, none)}
    unannounced = msgspec.structs.replace(terms, ties=())
    assert "evaluation.tie" in {finding.code for finding in miscounted(unannounced, report)}
    await database.close()


async def test_what_the_platform_sees_is_proposed_and_the_unopened_are_out(
    fresh_urls: DatabaseUrls, objects: ObjectStore
) -> None:
    database = Database(fresh_urls.app_dsn)
    room = await opened_room(database, objects, (A, None, 48_000_000_01), deposit_fen=800_000_00)
    await room.begin()
    async with database.transaction() as session:
        bids = (await reads.desk(session, room.members[0], room.lot_id)).evaluation.bids
    assert [[ground.id for ground in bid.proposed] for bid in bids] == [
        ["deposit"],
        ["unopened"],
        ["above_ceiling", "deposit"],
    ]
    assert [bid.unopened for bid in bids] == [False, True, False]
    await database.close()
