"""Ciphertext arrives block by block (上传), checked as it comes; the same for browser and command line.

Whoever holds a token of the subject may upload: there is no account, no log and no time in these rows, and nobody else
can ask about them. Blocks are hashed here, from the bytes received, so that a commit later needs the stored hashes
alone. What begins like a readable file is refused before anything is stored (招标投标法实施条例 36).
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bidding.errors import (
    BidTooLate,
    BlockDamaged,
    BlockDiffers,
    BlockSize,
    EnvelopeRefused,
    LotCancelled,
    LotNotOpen,
    NotAnnounced,
    NotSealed,
    TokenExhausted,
    TokenInvalid,
    UploadDiffers,
    UploadUnknown,
    WrongAnnouncement,
)
from bidding.kinds import kind_of
from bidding.reads import announced, announcement_named, verified
from bidding.sealing.announcement import Announcement
from bidding.sealing.errors import SealingError
from bidding.sealing.layout import plausible_size
from bidding.sealing.objects import BLOCK, looks_unencrypted
from bidding.subjects import Subject, parse_subject
from bidding.tokens import make_token, token_hash
from bidding.types import UploadView
from trading.kernel import merkle
from trading.kernel.clock import platform_now
from trading.kernel.ids import random_id
from trading.kernel.locks import lock
from trading.kernel.objects import ObjectStore

BLOCK_SIZE = 8 * BLOCK
MOST_BYTES = 4 * 1024**3
"""What one token may announce: a bid is rarely larger, and strangers cannot fill the store."""
MOST_ATTEMPTS = 40


class PartSize(msgspec.Struct, frozen=True):
    """A part to be uploaded."""

    id: str
    size: int


async def draw_token(session: AsyncSession, *, subject: str, secret: str) -> str:
    """A token for the subject's box; who may have one, and how many, is for the caller to know."""
    found = await announced(session, subject)
    if found is None:
        raise NotAnnounced
    deadline = verified(found.file).deadline
    if await platform_now(session) > deadline:
        raise BidTooLate(deadline=deadline)
    await _demand_open(session, subject)
    return make_token(subject, secret)


async def start_upload(
    session: AsyncSession, *, token: str, secret: str, ann: str, env: str, parts: Sequence[PartSize]
) -> list[UploadView]:
    """Uploads for the parts of one envelope; asked again, the same ones and what they still miss."""
    announcement = await announcement_named(session, ann)
    if announcement is None:
        raise WrongAnnouncement
    subject = announcement.body.subject
    hashed = _known(token, subject, secret)
    _check_parts(announcement, parts)
    if await platform_now(session) > announcement.deadline:
        raise BidTooLate(deadline=announcement.deadline)
    await _demand_open(session, subject)
    await lock(session, f"upload-token:{hashed}")
    await session.execute(
        text(
            "INSERT INTO upload_tokens (token_hash, subject_kind, subject_id, bytes_used, attempts) "
            "VALUES (:hash, :kind, :id, 0, 0) ON CONFLICT DO NOTHING"
        ),
        {"hash": hashed, **parse_subject(subject).columns},
    )
    begun = {
        row.part: row
        for row in await session.execute(
            text("SELECT id, part, size FROM uploads WHERE token_hash = :hash AND env = :env"),
            {"hash": hashed, "env": env},
        )
    }
    if any(part.id in begun and begun[part.id].size != part.size for part in parts):
        raise UploadDiffers
    fresh = {random_id(): part for part in parts if part.id not in begun}
    if fresh:
        await _spend(session, hashed, sum(part.size for part in fresh.values()))
        own = {"hash": hashed, "ann": ann, "env": env, "block": BLOCK_SIZE}
        await session.execute(
            text(
                "INSERT INTO uploads (id, token_hash, ann, env, part, size, block_size) "
                "VALUES (:id, :hash, :ann, :env, :part, :size, :block)"
            ),
            [{"id": upload_id, "part": part.id, "size": part.size, **own} for upload_id, part in fresh.items()],
        )
    return await _views(session, [*fresh, *(begun[part.id].id for part in parts if part.id in begun)])


async def demand_token(session: AsyncSession, *, token: str, secret: str, upload_id: str) -> None:
    """Refuse who does not hold the upload's token: before the bytes of a block are read at all."""
    row = (
        await session.execute(
            text(
                "SELECT token_hash, t.subject_kind, t.subject_id FROM uploads u "
                "JOIN upload_tokens t USING (token_hash) WHERE u.id = :id"
            ),
            {"id": upload_id},
        )
    ).one_or_none()
    if row is None or not _holds(token, row, secret):
        raise UploadUnknown


async def put_block(
    session: AsyncSession,
    objects: ObjectStore,
    *,
    token: str,
    secret: str,
    upload_id: str,
    n: int,
    data: bytes,
    leaves: Sequence[str],
) -> None:
    """Store one block, once; the same bytes again change nothing."""
    row = (
        await session.execute(
            text(
                "SELECT u.size, u.block_size, u.token_hash, t.subject_kind, t.subject_id, b.leaves FROM uploads u "
                "JOIN upload_tokens t USING (token_hash) "
                "LEFT JOIN upload_blocks b ON b.upload_id = u.id AND b.n = :n WHERE u.id = :id"
            ),
            {"id": upload_id, "n": n},
        )
    ).one_or_none()
    if row is None or not _holds(token, row, secret):
        raise UploadUnknown
    if n == 0 and looks_unencrypted(data[:16]):
        raise NotSealed
    if n < 0 or not data or len(data) != min(row.block_size, row.size - n * row.block_size):
        raise BlockSize(n=n)
    hashes = await asyncio.to_thread(_leaf_hashes, data)
    if [item.hex() for item in hashes] != list(leaves):
        raise BlockDamaged(n=n)
    joined = b"".join(hashes)
    if row.leaves is not None:
        if row.leaves != joined:
            raise BlockDiffers(n=n)
        return
    # The name holds the content's root: a rival upload of other bytes can never lie under a stored block's name.
    key = f"bids/{upload_id}/{n}-{merkle.root(hashes).hex()[:32]}"
    await objects.put_at(key, data)
    stored = await session.execute(
        text(
            "INSERT INTO upload_blocks (upload_id, n, leaves, object_key) VALUES (:id, :n, :leaves, :key) "
            "ON CONFLICT DO NOTHING RETURNING n"
        ),
        {"id": upload_id, "n": n, "leaves": joined, "key": key},
    )
    if stored.one_or_none() is None:
        now_there = await session.execute(
            text("SELECT leaves FROM upload_blocks WHERE upload_id = :id AND n = :n"), {"id": upload_id, "n": n}
        )
        if now_there.scalar_one() != joined:
            raise BlockDiffers(n=n)


async def upload_state(session: AsyncSession, *, token: str, secret: str, upload_id: str) -> UploadView:
    """What is still missing of an upload; known to the token's holder alone."""
    await demand_token(session, token=token, secret=secret, upload_id=upload_id)
    return (await _views(session, [upload_id]))[0]


async def _demand_open(session: AsyncSession, subject: str) -> None:
    of = parse_subject(subject)
    standing = await kind_of(of).standing(session, of)
    if standing != "open":
        raise LotCancelled if standing == "cancelled" else LotNotOpen


def _holds(token: str, row: Any, secret: str) -> bool:
    """Whether this is the token that an upload was begun with."""
    subject = str(Subject(row.subject_kind, row.subject_id))
    return bool(token_hash(token, subject, secret) == row.token_hash)


def _known(token: str, subject: str, secret: str) -> str:
    hashed = token_hash(token, subject, secret)
    if hashed is None:
        raise TokenInvalid
    return hashed


def _check_parts(announcement: Announcement, parts: Sequence[PartSize]) -> None:
    try:
        rules = {part.id: announcement.part(part.id) for part in parts}
    except SealingError as error:
        raise EnvelopeRefused(detail=error.code) from error
    if not parts or len(rules) != len(parts):
        raise EnvelopeRefused(detail="sealing.envelope.parts")
    if not all(plausible_size(part.size, rules[part.id].pad) for part in parts):
        raise EnvelopeRefused(detail="sealing.part.size")


async def _spend(session: AsyncSession, hashed: str, size: int) -> None:
    spent = await session.execute(
        text(
            "UPDATE upload_tokens SET bytes_used = bytes_used + :size, attempts = attempts + 1 "
            "WHERE token_hash = :hash AND bytes_used + :size <= :most AND attempts < :attempts RETURNING attempts"
        ),
        {"hash": hashed, "size": size, "most": MOST_BYTES, "attempts": MOST_ATTEMPTS},
    )
    if spent.one_or_none() is None:
        raise TokenExhausted(most_gib=MOST_BYTES // 1024**3)


async def _views(session: AsyncSession, ids: Sequence[str]) -> list[UploadView]:
    rows = await session.execute(
        text(
            "SELECT u.id, u.part, u.size, u.block_size, array_remove(array_agg(b.n), NULL) AS stored FROM uploads u "
            "LEFT JOIN upload_blocks b ON b.upload_id = u.id WHERE u.id = ANY(:ids) GROUP BY u.id ORDER BY u.part"
        ),
        {"ids": list(ids)},
    )
    views = []
    for row in rows:
        stored, count = set(row.stored), -(-row.size // row.block_size)
        missing = tuple(n for n in range(count) if n not in stored)
        views.append(UploadView(row.id, row.part, row.size, row.block_size, missing))
    return views


def _leaf_hashes(data: bytes) -> list[bytes]:
    view = memoryview(data)
    return [merkle.leaf_hash(bytes(view[at : at + BLOCK])) for at in range(0, len(data), BLOCK)]
