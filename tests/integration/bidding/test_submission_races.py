"""The deadline and the crowd, on a database that really commits: R14, R37, R66 and the edge of the deadline."""

import asyncio

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import text

from bidding.sealing.submission import document_digest, verify_refusal, withdraw
from bidding.services import submission
from bidding.types import RefusedLate, Submitted
from tests.factories import bidding as make
from tests.integration.bidding.conftest import Box
from trading.kernel.errors import Busy
from trading.kernel.journal.blind_streams import seal_slots
from trading.kernel.journal.reads import entries_of
from trading.kernel.locks import lock


async def commit_alone(box: Box, raw: bytes, token: str) -> Submitted | RefusedLate:
    async with box.database.transaction() as session:
        return await make.commit(session, box.lot, raw, token)


async def uploaded(box: Box, **how: object) -> tuple[bytes, str]:
    sealed = box.lot.bid(**how)
    async with box.database.transaction() as session:
        return sealed.raw, await make.upload(session, box.objects, box.lot, sealed)


async def test_r14_one_submit_a_hundred_times_at_once_is_one_row_one_leaf_one_receipt(box: Box) -> None:
    raw, token = await uploaded(box)
    outcomes = await asyncio.gather(*(commit_alone(box, raw, token) for _ in range(100)))
    assert all(isinstance(outcome, Submitted) for outcome in outcomes)
    assert len({outcome.receipt for outcome in outcomes if isinstance(outcome, Submitted)}) == 1
    assert sum(not outcome.again for outcome in outcomes if isinstance(outcome, Submitted)) == 1
    assert (await box.count("envelopes"), await box.count("blind_entries")) == (1, 1)


async def test_r66_who_reaches_the_lock_after_the_deadline_is_late_whenever_he_began(box: Box) -> None:
    raw, token = await uploaded(box)
    async with box.database.transaction() as closing:
        await lock(closing, box.lot.subject)  # as sealing the last slot does
        async with box.database.transaction() as early:
            await early.execute(text("SELECT now()"))  # begun before the deadline, beyond doubt
            waiting = asyncio.create_task(make.commit(early, box.lot, raw, token))
            await asyncio.sleep(0.3)
            assert not waiting.done()
            await box.past_deadline()
            await closing.commit()
            assert isinstance(await waiting, RefusedLate)
    assert (await box.count("envelopes"), await box.count("submission_refusals")) == (0, 1)


async def test_r66_who_was_let_in_before_the_deadline_is_waited_for(box: Box) -> None:
    raw, token = await uploaded(box)
    async with box.database.transaction() as early:
        taken = await make.commit(early, box.lot, raw, token)
        assert isinstance(taken, Submitted)
        await box.past_deadline()
        async with box.database.transaction() as closing:
            with pytest.raises(Busy):
                await lock(closing, box.lot.subject, timeout_ms=200)
            await closing.rollback()
    async with box.database.transaction() as closing:
        stream = (await closing.execute(text("SELECT id FROM blind_streams"))).scalar_one()
        assert await seal_slots(closing, stream) > 0
    assert await box.count("envelopes") == 1


async def test_at_the_deadline_itself_a_bid_is_in_time_and_a_moment_later_it_is_not(box: Box) -> None:
    first, first_token = await uploaded(box)
    second, second_token = await uploaded(box)
    async with box.database.transaction() as session:
        for when, raw, token, expected in (
            ("", first, first_token, Submitted),
            (" + interval '1 microsecond'", second, second_token, RefusedLate),
        ):
            # The clock stands still inside this transaction alone, at the very instant.
            with box.as_owner() as owner:
                owner.execute(
                    "CREATE OR REPLACE FUNCTION platform_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS "
                    f"$$ SELECT '{box.lot.world.announcement.body.deadline}'::timestamptz{when} $$"
                )
            outcome = await make.commit(session, box.lot, raw, token)
            assert isinstance(outcome, expected)


async def test_late_is_refused_under_the_platforms_signature_once_journalled(box: Box) -> None:
    raw, token = await uploaded(box)
    early, early_token = await uploaded(box)
    taken = await commit_alone(box, early, early_token)
    await box.past_deadline()

    outcomes = [await commit_alone(box, raw, token) for _ in range(2)]
    assert isinstance(outcomes[0], RefusedLate)
    assert outcomes[0] == outcomes[1]
    refusal = verify_refusal(outcomes[0].refusal.encode(), box.lot.world.announcement)
    assert (refusal.hash, refusal.code) == (document_digest(raw), "bidding.too_late")
    async with box.database.transaction() as session:
        told = [view.entry for view in await entries_of(session, box.lot.subject, limit=500)]
    assert [entry.payload["hash"] for entry in told if entry.action == "lot:submission:refused"] == [refusal.hash]
    # Whoever was in time still gets his receipt, as often as he asks.
    again = await commit_alone(box, early, early_token)
    assert isinstance(taken, Submitted)
    assert isinstance(again, Submitted)
    assert again.receipt == taken.receipt


async def test_a_late_withdrawal_changes_nothing(box: Box) -> None:
    sealed = box.lot.bid()
    async with box.database.transaction() as session:
        await make.submit(session, box.objects, box.lot, sealed)
    envelope = box.lot.world.envelope(sealed.raw)
    document = withdraw(envelope.core.ann, envelope.env, envelope.digest, sealed.sealer_key)
    await box.past_deadline()
    async with box.database.transaction() as session:
        outcome = await submission.withdraw(session, subject=box.lot.subject, raw=document, signer=make.KEYS.receipt)
    assert isinstance(outcome, RefusedLate)
    assert await box.count("envelopes") == 1


async def test_r37_what_was_sealed_can_be_neither_changed_nor_deleted(box: Box) -> None:
    raw, token = await uploaded(box)
    await commit_alone(box, raw, token)
    late, late_token = await uploaded(box)
    await box.past_deadline()
    await commit_alone(box, late, late_token)
    tables = ("announcements", "uploads", "upload_blocks", "envelopes", "submission_refusals")
    for table in tables:
        assert await box.count(table) > 0
        column = {"uploads": "env", "upload_blocks": "n"}.get(table, "subject_kind")
        for statement in (
            f"UPDATE {table} SET {column} = {column}",
            f"DELETE FROM {table}",
            f"TRUNCATE {table} CASCADE",
        ):
            with psycopg.connect(box.urls.app_dsn) as application, pytest.raises(InsufficientPrivilege):
                application.execute(statement)
            with box.as_owner() as owner, pytest.raises(InsufficientPrivilege, match="never changed"):
                owner.execute(statement)
