"""What a line becomes, and what of it the ledger holds after closing (R24: twice, off by a fen, swapped names)."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.factories.funds import payment, statement
from tests.integration.funds.conftest import Money
from trading.funds import reads, services
from trading.funds.errors import DepositTooLate
from trading.funds.proof import DepositMismatch, check_deposit
from trading.kernel.errors import Invalid
from trading.kernel.ids import new_id
from trading.kernel.journal import blind_streams

SUM = text("SELECT coalesce(sum(amount_fen), 0), count(*) FROM ledger_entries")


async def outcomes(money: Money) -> list[list[str]]:
    async with money.box.database.transaction() as session:
        views = [await reads.own_deposit(session, bidder, money.box.lot.id) for bidder in money.bidders]
    return [[line.outcome for line in view.lines] for view in views]


async def test_each_line_is_judged_by_what_the_bank_knows(money: Money) -> None:
    deadline = money.box.lot.world.announcement.deadline
    one = money.bidders[1].org_name
    await money.send(
        money.pay(0),
        money.pay(0, at=money.at + timedelta(seconds=1)),
        money.pay(1, payer=f" {one[:2]}　{one[2:]} "),  # spaces a bank's form leaves
        money.pay(2, yuan="799999.99"),
        money.pay(3, payer=one),
    )
    assert await outcomes(money) == [["matched", "duplicate"], ["matched"], ["short"], ["wrong_payer"], []]
    await money.close()
    await money.send(
        money.pay(4, at=deadline + timedelta(milliseconds=1000)),
        money.pay(3, at=deadline),  # the deadline's own instant is in time, though the bank told us later
        money.pay(2, yuan="800000.01", at=deadline - timedelta(seconds=1)),
    )
    assert await outcomes(money) == [
        ["matched", "duplicate"],
        ["matched"],
        ["short", "matched"],
        ["wrong_payer", "matched"],
        ["late"],
    ]


async def test_a_file_or_line_sent_again_changes_nothing(money: Money) -> None:
    first, other = money.pay(0), money.pay(1)
    taken = await money.send(first)
    assert await money.send(first) == taken
    rows = "(SELECT count(*) FROM blind_entries), (SELECT count(*) FROM journal_entries)"
    async with money.box.database.transaction() as session:
        before = (await session.execute(text(f"SELECT {rows}"))).one()
    await money.send(first)
    async with money.box.database.transaction() as session:
        assert (await session.execute(text(f"SELECT {rows}"))).one() == before
    await money.send(first, other, first)
    assert (await outcomes(money))[:2] == [["matched"], ["matched"]]


async def test_a_reference_used_before_for_something_else_is_refused_whole(money: Money) -> None:
    await money.send(money.pay(0, reference="R-1"))
    with pytest.raises(Invalid) as refused:
        await money.send(money.pay(1), money.pay(2, reference="R-1"))
    assert list(refused.value.fields) == ["rows.3.reference"]
    assert await outcomes(money) == [["matched"], [], [], [], []]


async def test_swapped_names_pay_for_nobody(money: Money) -> None:
    one, two = money.bidders[0].org_name, money.bidders[1].org_name
    await money.send(money.pay(0, payer=two), money.pay(1, payer=one))
    await money.close()
    assert await money.post() == 2
    async with money.box.database.transaction() as session:
        status = await reads.deposit_status(session, money.box.lot.id, money.numbers)
        kinds = {item.kind for item in await reads.balances(session)}
    assert [status[number].state for number in money.numbers[:3]] == ["wrong_payer", "wrong_payer", "none"]
    assert kinds == {"bank", "return"}


async def test_posting_waits_for_closing_is_done_once_and_balances(money: Money) -> None:
    await money.send(money.pay(0), money.pay(0), money.pay(1, yuan="799999.99"), payment("", "未知", at=money.at))
    await money.close()
    with pytest.raises(DepositTooLate):
        async with money.box.database.transaction() as session:
            await services.draw_sub_account(session, money.bidders[0], lot_id=money.box.lot.id)
    assert await money.post() == 3
    assert await money.post() == 0
    async with money.box.database.transaction() as session:
        assert (await session.execute(SUM)).one() == (0, 8)
        found = {(item.kind, item.org_name): item.balance_fen for item in await reads.balances(session)}
        mine, theirs = money.bidders[0].org_name, money.bidders[1].org_name
        assert found == {
            ("bank", money.bank.org_name): 320_000_000 - 1,
            ("suspense", None): -80_000_000,
            ("deposit", mine): -80_000_000,
            ("return", mine): -80_000_000,
            ("return", theirs): -79_999_999,
        }
        status = await reads.deposit_status(session, money.box.lot.id, [money.numbers[0], " 1234 ", money.numbers[1]])
        good, unknown, short = status.values()
        assert (good.state, good.paid_fen, good.payer_name) == ("matched", 80_000_000, mine)
        assert (good.holder_org_id, unknown.state, unknown.holder_org_id) == (money.bidders[0].org_id, "none", None)
        assert (short.state, short.paid_fen) == ("short", 79_999_999)


async def test_the_ledger_takes_nothing_unbalanced_and_changes_nothing(money: Money) -> None:
    await money.send(money.pay(0), payment("", "未知", at=money.at))
    with money.box.as_owner() as owner:
        owner.autocommit = False
        posting = owner.execute("SELECT id FROM ledger_postings").fetchone()
        account = owner.execute("SELECT id FROM ledger_accounts WHERE kind = 'bank'").fetchone()
        assert posting
        assert account
        owner.execute(
            "INSERT INTO ledger_accounts (id, kind, org_id) SELECT gen_random_uuid(), 'bank', %s",
            [money.finance.org_id],
        )
        owner.execute(
            "INSERT INTO ledger_entries SELECT %s, id, 5 FROM ledger_accounts WHERE org_id = %s",
            [posting[0], money.finance.org_id],
        )
        with pytest.raises(Exception, match="does not balance"):
            owner.commit()
    for statement_ in (
        "UPDATE ledger_entries SET amount_fen = 1",
        "DELETE FROM ledger_entries",
        "DELETE FROM ledger_postings",
        "TRUNCATE ledger_entries",
    ):
        async with money.box.database.transaction() as session:
            with pytest.raises(DBAPIError, match=r"permission denied|never changed"):
                await session.execute(text(statement_))
        with money.box.as_owner() as owner, pytest.raises(Exception, match="never changed"):
            owner.execute(statement_)
    async with money.box.database.transaction() as session:
        empty = text("INSERT INTO ledger_postings SELECT :id, line_id, at, entry_id FROM ledger_postings")
        with pytest.raises(DBAPIError, match="uq_ledger_postings_line_id"):
            await session.execute(empty, {"id": new_id()})


async def test_a_box_with_deposits_in_its_slots_closes_and_their_entries_open(money: Money) -> None:
    """The box is derived as if they were not there; who holds a line can show that it stood in the log in time."""
    await money.send(money.pay(0), money.pay(1, yuan="0.01"))
    await money.close()
    async with money.box.database.transaction() as session:
        box = (await session.execute(text("SELECT live FROM boxes"))).scalar_one()
        assert box == 0
        stream = await blind_streams.find_stream(session, money.box.lot.subject)
        slots = await blind_streams.open_all(session, stream.id)
        bodies = {entry.leaf.hex(): entry.body for slot in slots for entry in slot.entries}
        own = (await reads.own_deposit(session, money.bidders[1], money.box.lot.id)).lines[0]
        facts = bytes(
            (await session.execute(text("SELECT facts FROM bank_lines WHERE id = :id"), {"id": own.id})).scalar_one()
        )
    assert own.entry in bodies
    subject, salt = money.box.lot.subject, bytes.fromhex(own.salt)
    assert check_deposit(bodies[own.entry], subject=subject, salt=salt, facts=facts) == "short"
    with pytest.raises(DepositMismatch):
        check_deposit(bodies[own.entry], subject=subject, salt=bytes(32), facts=facts)


async def test_an_empty_file_is_a_file(money: Money) -> None:
    """A bank reports by the clock, whether or not anybody paid."""
    async with money.box.database.transaction() as session:
        taken = await services.receive_statement(session, money.bank, data=statement([]))
    assert len(taken.digest) == 64
