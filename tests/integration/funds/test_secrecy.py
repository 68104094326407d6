"""Before closing a deposit shows to its holder alone: by SQL, by answer, by journal (招标投标法 22, 52; R7)."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.factories.funds import payment
from tests.integration.funds.conftest import Money
from trading.funds import reads, services
from trading.funds.errors import DepositsSecret, DepositTooEarly
from trading.kernel.canonical import parse_canonical
from trading.kernel.journal import blind_streams

COUNTS = {table: text(f"SELECT count(*) FROM {table}") for table in ("deposit_accounts", "bank_lines")}
TRACES = text(
    "SELECT (SELECT count(*) FROM journal_entries) + (SELECT count(*) FROM outbox) + (SELECT count(*) FROM records)"
    " + (SELECT count(*) FROM live_events) + (SELECT count(*) FROM journal_openings) + (SELECT count(*) FROM timers)"
)


async def test_drawing_leaves_no_trace_and_gives_one_number(money: Money) -> None:
    async with money.box.database.transaction() as session:
        before = (await session.execute(TRACES)).scalar_one()
        again = await services.draw_sub_account(session, money.bidders[0], lot_id=money.box.lot.id)
        assert again.number == money.numbers[0]
        assert (await session.execute(TRACES)).scalar_one() == before
        columns = await session.execute(
            text("SELECT column_name FROM information_schema.columns WHERE table_name = 'deposit_accounts' ORDER BY 1")
        )
        assert columns.scalars().all() == ["lot_id", "number", "org_id"]
    assert len({*money.numbers}) == len(money.numbers)


async def test_direct_sql_returns_nothing(money: Money) -> None:
    await money.send(money.pay(0), money.pay(1, yuan="799999.99"), payment("1" * 32, "某公司", at=money.at))
    for setting in ("", str(money.finance.org_id)):
        async with money.box.database.transaction() as session:
            await session.execute(text("SELECT set_config('trading.org', :org, true)"), {"org": setting})
            await session.execute(text("SELECT set_config('trading.matching', 'on', true)"))
            for statement in COUNTS.values():
                assert (await session.execute(statement)).scalar_one() == 0
    with money.box.as_owner() as owner:  # the tables are forced: not even their owner sees rows by a plain query
        for statement in COUNTS.values():
            assert owner.execute(str(statement)).fetchone() == (0,)


async def test_a_line_shows_to_its_holder_alone(money: Money) -> None:
    await money.send(money.pay(0), money.pay(1, yuan="799999.99"))
    async with money.box.database.transaction() as session:
        views = [await reads.own_deposit(session, bidder, money.box.lot.id) for bidder in money.bidders]
    assert [(view.state, len(view.lines)) for view in views] == [
        ("matched", 1),
        ("short", 1),
        ("none", 0),
        ("none", 0),
        ("none", 0),
    ]
    assert {view.number for view in views} == set(money.numbers)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO bank_lines SELECT * FROM bank_lines",
        "UPDATE bank_lines SET outcome = 'matched'",
        "DELETE FROM deposit_accounts",
        "SELECT digest FROM bank_statements",
    ],
)
async def test_the_application_cannot_write_lines_or_read_digests(money: Money, statement: str) -> None:
    async with money.box.database.transaction() as session:
        with pytest.raises(DBAPIError, match=r"permission denied|never changed"):
            await session.execute(text(statement))


async def test_nobody_draws_in_anothers_name(money: Money) -> None:
    async with money.box.database.transaction() as session:
        await session.execute(
            text("SELECT set_config('trading.org', :org, true)"), {"org": str(money.bidders[0].org_id)}
        )
        with pytest.raises(DBAPIError, match="row-level security"):
            await session.execute(
                text("INSERT INTO deposit_accounts VALUES (:lot, :org, :number)"),
                {"lot": money.box.lot.id, "org": money.finance.org_id, "number": "0" * 32},
            )


async def test_before_closing_status_and_posting_are_refused(money: Money) -> None:
    await money.send(money.pay(0))
    async with money.box.database.transaction() as session:
        with pytest.raises(DepositsSecret):
            await reads.deposit_status(session, money.box.lot.id, money.numbers)
        with pytest.raises(DepositsSecret):
            await reads.lot_deposits(session, money.box.lot.id)
        with pytest.raises(DepositsSecret):
            await services.post_deposits(session, money.finance, lot_id=money.box.lot.id)
        assert (await session.execute(text("SELECT count(*) FROM ledger_entries"))).scalar_one() == 0


async def test_a_statement_leaves_one_plain_entry_without_counts(money: Money) -> None:
    async with money.box.database.transaction() as session:
        before = (await session.execute(TRACES)).scalar_one()
    grown = []
    for lines in ([], [money.pay(who) for who in range(5)], [money.pay(0, yuan="1.00")] * 3):
        await money.send(*lines)
        async with money.box.database.transaction() as session:
            after = (await session.execute(TRACES)).scalar_one()
            grown.append(after - before)
            before = after
    assert grown == [3, 3, 3]  # an entry, and the openings of its two commitments: who, and which file
    async with money.box.database.transaction() as session:
        rows = await session.execute(
            text("SELECT body FROM journal_entries WHERE action = 'bank:statement:received' ORDER BY id")
        )
        shown = [parse_canonical(body) for body in rows.scalars()]
    assert [entry["payload"] for entry in shown] == [{}] * 3
    assert len({len(str(entry)) for entry in shown}) == 1


async def test_suspense_is_all_a_clerk_sees_and_each_view_is_journalled(money: Money) -> None:
    await money.send(
        money.pay(0), payment("7" * 32, "记错账号的公司", at=money.at), payment("", "没写账号的公司", at=money.at)
    )
    async with money.box.database.transaction() as session:
        lines = await services.view_suspense(session, money.finance)
        assert {line.payer_name for line in lines} == {"记错账号的公司", "没写账号的公司"}
        assert (await session.execute(COUNTS["bank_lines"])).scalar_one() == 0  # the view is over
        await services.view_suspense(session, money.finance)
        viewed = text("SELECT count(*) FROM journal_entries WHERE action = 'funds:suspense:viewed'")
        assert (await session.execute(viewed)).scalar_one() == 2
        balances = {item.kind: item.balance_fen for item in await reads.balances(session)}
    assert balances == {"bank": 160_000_000, "suspense": -160_000_000}  # nothing of the open lot


async def test_without_a_stream_no_number_is_drawn(money: Money) -> None:
    from tests.factories.projects import make_project  # noqa: PLC0415
    from trading.projects import service as projects  # noqa: PLC0415

    async with money.box.database.transaction() as session:
        project, tenderer = await make_project(session)
        lot = await projects.advance_lot(session, tenderer, lot_id=project.lots[0].id, verb="publish")
        with pytest.raises(DepositTooEarly):
            await services.draw_sub_account(session, money.bidders[0], lot_id=lot.id)


async def test_every_line_is_in_its_slot_as_a_commitment(money: Money) -> None:
    secret = "6222" + "9" * 12
    await money.send(
        money.pay(0, account=secret), money.pay(1, yuan="1.00"), money.pay(2, payer="别家公司"), money.pay(0)
    )
    async with money.box.database.transaction() as session:
        stream = await blind_streams.find_stream(session, money.box.lot.subject)
        bodies = (
            (await session.execute(text("SELECT body FROM blind_entries WHERE stream_id = :id"), {"id": stream.id}))
            .scalars()
            .all()
        )
    parsed = [parse_canonical(bytes(body)) for body in bodies]
    assert sorted(body["outcome"] for body in parsed) == ["duplicate", "matched", "short", "wrong_payer"]
    assert all(set(body) == {"v", "action", "subject", "outcome", "commitment"} for body in parsed)
    everything = b"".join(bytes(body) for body in bodies)
    for known in (secret, money.bidders[0].org_name, *money.numbers, str(money.bidders[0].org_id)):
        assert known.encode() not in everything
