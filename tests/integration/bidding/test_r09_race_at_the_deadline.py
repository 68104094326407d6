"""R9: a thousand submissions raced across the deadline over sixteen connections, while the box is being closed.

Every bid is its own: key, envelope number, token. Uploads are laid down by SQL, since a commit looks at their hashes
alone. Nobody waits for anybody; the clock runs on by itself and the deadline falls where it falls.
"""

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import text

from bidding.opening.closing import close_box
from bidding.opening.errors import BoxNotClosed
from bidding.opening.state import opening
from bidding.sealing.content import PRICE_FILE
from bidding.sealing.framing import parse_instant
from bidding.sealing.objects import Source
from bidding.sealing.submission import document_digest, verify_receipt, verify_refusal
from bidding.tokens import make_token, token_hash
from bidding.types import RefusedLate, Submitted
from tests.factories import bidding as make
from tests.factories.sealing import price_json
from tests.integration.bidding.conftest import Box
from trading.kernel.db import Database
from trading.kernel.errors import Busy
from trading.kernel.identity import system_actor
from trading.kernel.ids import random_id
from trading.kernel.journal.reads import entries_of

CROWD = 1000
CONNECTIONS = 16
FIRST = 200
"""So many are decided before the clock is moved close to the deadline; they tell how fast this machine is."""
BEFORE = 300
"""About so many more are decided before the deadline falls."""
_SMALL = {
    "technical": [Source.of_bytes("方案.pdf", b"%PDF-1.7")],
    "price": [Source.of_bytes(PRICE_FILE, price_json())],
}
_TOKEN = text(
    "INSERT INTO upload_tokens (token_hash, subject_kind, subject_id, bytes_used, attempts) "
    "VALUES (:hash, :kind, :id, 0, 0)"
)
_UPLOAD = text(
    "INSERT INTO uploads (id, token_hash, ann, env, part, size, block_size) "
    "VALUES (:id, :hash, :ann, :env, :part, :size, 1048576)"
)
_BLOCK = text("INSERT INTO upload_blocks (upload_id, n, leaves, object_key) VALUES (:id, 0, :leaves, :id)")


@dataclass
class Bid:
    """A sealed bid whose parts are uploaded, and what became of it."""

    raw: bytes
    token: str
    outcome: Submitted | RefusedLate | None = None
    waited: int = 0
    """How often it had to come again, as the box was being closed."""


async def prepare(box: Box, count: int) -> list[Bid]:
    """Sealed, and uploaded as far as a commit can see."""
    bids: list[Bid] = []
    tokens, uploads, blocks = [], [], []
    for _ in range(count):
        sealed = box.lot.bid(files=_SMALL)
        core = box.lot.world.envelope(sealed.raw).core
        token = make_token(box.lot.subject, make.SECRET)
        hashed = token_hash(token, box.lot.subject, make.SECRET)
        tokens.append({"hash": hashed, "kind": "lot", "id": box.lot.id})
        for part, data in sealed.ciphertexts.items():
            upload = random_id()
            own = {"id": upload, "hash": hashed, "ann": core.ann, "env": core.env}
            uploads.append({**own, "part": part, "size": len(data)})
            blocks.append({"id": upload, "leaves": bytes.fromhex("".join(make.leaves(data)))})
        bids.append(Bid(sealed.raw, token))
        await asyncio.sleep(0)
    async with box.database.transaction() as session:
        await session.execute(_TOKEN, tokens)
        await session.execute(_UPLOAD, uploads)
        await session.execute(_BLOCK, blocks)
    return bids


async def submit(database: Database, box: Box, bid: Bid) -> None:
    """Until there is a decision: while the box is being closed one is told to come again."""
    while bid.outcome is None:
        try:
            async with database.transaction() as session:
                outcome = await make.commit(session, box.lot, bid.raw, bid.token)
            bid.outcome = outcome
        except Busy:
            bid.waited += 1


async def race(database: Database, box: Box, bids: list[Bid]) -> None:
    """All of them, as many at a time as there are connections."""
    queue = list(reversed(bids))

    async def one_connection() -> None:
        while queue:
            await submit(database, box, queue.pop())

    await asyncio.gather(*(one_connection() for _ in range(CONNECTIONS)))


async def close_when_due(box: Box) -> None:
    """As the worker does: again and again until the deadline has passed."""
    while True:
        try:
            async with box.database.transaction() as session:
                if await close_box(session, system_actor("worker"), subject=box.lot.subject, objects=box.objects):
                    return
        except BoxNotClosed:
            await asyncio.sleep(0.05)


@pytest.mark.timeout(180)
async def test_r09_a_thousand_submissions_across_the_deadline_each_match_their_own_stamp(box: Box) -> None:
    deadline = box.lot.world.announcement.deadline
    bids = await prepare(box, CROWD)
    crowd = Database(box.urls.app_dsn, pool_size=CONNECTIONS)
    try:
        began = time.monotonic()
        await race(crowd, box, bids[:FIRST])
        each = (time.monotonic() - began) / FIRST
        await box.move_to(deadline - timedelta(seconds=BEFORE * each))
        closing = asyncio.create_task(close_when_due(box))
        await race(crowd, box, bids[FIRST:])
        await closing
    finally:
        await crowd.close()

    announcement = box.lot.world.announcement
    taken, late = {}, {}
    for bid in bids:
        digest = document_digest(bid.raw)
        if isinstance(bid.outcome, Submitted):
            receipt = verify_receipt(bid.outcome.receipt.encode(), announcement, bid.raw)
            taken[digest] = parse_instant(receipt.received_at)
        elif isinstance(bid.outcome, RefusedLate):
            refusal = verify_refusal(bid.outcome.refusal.encode(), announcement)
            assert (refusal.hash, refusal.code) == (digest, "bidding.too_late")
            late[digest] = parse_instant(refusal.refused_at)
    assert len(taken) + len(late) == CROWD
    # The race was one: the deadline fell among them, and close to some on either side.
    assert min(len(taken), len(late)) > CROWD // 10, (len(taken), len(late))
    assert deadline - max(taken.values()) < timedelta(seconds=15)
    # Each decision is that of its own stamp.
    assert all(at <= deadline for at in taken.values())
    assert all(at > deadline for at in late.values())

    async with box.database.transaction() as session:
        found = await opening(session, box.lot.subject)
        stored = {
            row.digest: row.received_at
            for row in await session.execute(text("SELECT digest, received_at FROM envelopes"))
        }
        refused = set((await session.execute(text("SELECT digest FROM submission_refusals"))).scalars())
        story = await entries_of(session, box.lot.subject, limit=2 * CROWD)
        told = {item.entry.payload["hash"] for item in story if item.entry.action == "lot:submission:refused"}
    # All that were accepted are in the box as closed, each at its stamp, and nothing else is; all others are refused.
    assert {envelope.digest for envelope in found.box.envelopes} == set(taken)
    assert found.box.count == len(taken) == len(stored)
    assert stored == taken
    assert refused == set(late) == told
