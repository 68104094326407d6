"""What the log shows: entries, tiles, checkpoints, proofs, computed from rows that never change."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel import merkle
from trading.kernel.canonical import canonical
from trading.kernel.errors import NotFound
from trading.kernel.journal.blind import SLOT_SEALED, BlindEntry, SlotOpening
from trading.kernel.journal.entry import Entry, parse_entry
from trading.kernel.journal.proof import LogProof
from trading.kernel.journal.tiles import HEIGHT, WIDTH, Tile, pack_entries


@dataclass(frozen=True, slots=True)
class EntryView:
    """An entry and its leaf's index; None while the sequencer has not taken it."""

    entry: Entry
    index: int | None


class CheckpointView(NamedTuple):
    """A signed checkpoint with every cosignature there is."""

    size: int
    at: datetime
    note: str
    witnesses: int


async def entry(session: AsyncSession, entry_id: UUID) -> EntryView:
    row = (await session.execute(_ENTRY, {"id": entry_id})).one_or_none()
    if row is None:
        raise NotFound
    return EntryView(parse_entry(row.body), row.leaf_index)


async def entries_of(
    session: AsyncSession, subject: str, *, after: int = -1, limit: int = 200, slots: bool = False
) -> list[EntryView]:
    """A subject's story in the log's order from leaf `after` on, what is not sequenced yet last.

    The slots of its blind stream say nothing to a reader and are left out unless asked for.
    """
    skip = "" if slots else SLOT_SEALED
    parameters = {"subject": subject, "after": after, "limit": limit, "skip": skip}
    rows = await session.execute(_ENTRIES_OF, parameters)
    return [EntryView(parse_entry(row.body), row.leaf_index) for row in rows]


async def newest_of(session: AsyncSession, subjects: Sequence[str]) -> tuple[UUID, int | None] | None:
    """The last entry about any of these, and its leaf's index: None while one of theirs is not sequenced yet."""
    row = (await session.execute(_NEWEST, {"subjects": list(subjects)})).one_or_none()
    return None if row is None else (row.id, row.leaf_index)


async def subjects_after(session: AsyncSession, after: int, *, limit: int = 10_000) -> tuple[frozenset[str], int]:
    """What the leaves after this one and the entries not in the tree yet are about, and the last leaf looked at.

    Slots are left out: they say nothing to a reader.
    """
    found = await session.execute(_SUBJECTS_AFTER, {"after": after, "limit": limit, "skip": SLOT_SEALED})
    rows = found.all()
    return frozenset(row.subject for row in rows if row.subject), max((row.last for row in rows), default=after)


async def latest_checkpoint(session: AsyncSession, *, quorum: int = 0) -> CheckpointView | None:
    """The newest signed checkpoint with at least so many cosignatures."""
    return await _checkpoint(session, _LATEST, {"quorum": quorum})


async def checkpoint_at(session: AsyncSession, size: int) -> CheckpointView | None:
    """The signed checkpoint of exactly this size."""
    return await _checkpoint(session, _AT_SIZE, {"size": size})


async def checkpoint_covering(session: AsyncSession, entry_id: UUID, *, quorum: int = 0) -> CheckpointView | None:
    """The first checkpoint under which an entry is proved, with its witnesses' times."""
    index = (await session.execute(_INDEX, {"id": entry_id})).scalar_one_or_none()
    return None if index is None else await _checkpoint(session, _COVERING, {"index": index, "quorum": quorum})


async def tile(session: AsyncSession, wanted: Tile) -> bytes | None:
    """A tile or bundle as bytes; None where the tree has not reached its width."""
    span = {"first": wanted.number * WIDTH, "last": wanted.number * WIDTH + wanted.width - 1}
    if wanted.level < 0:
        bodies = (await session.execute(_BODIES, span)).scalars().all()
        return pack_entries(bodies) if len(bodies) == wanted.width else None
    hashes = (await session.execute(_HASHES, {**span, "level": wanted.level * HEIGHT})).scalars().all()
    return b"".join(hashes) if len(hashes) == wanted.width else None


async def inclusion(
    session: AsyncSession, entry_id: UUID, checkpoint: CheckpointView, *, extra: bytes | None = None
) -> str | None:
    """The tlog-proof file of an entry under a checkpoint; None while it is not yet in its tree."""
    index = (await session.execute(_INDEX, {"id": entry_id})).scalar_one_or_none()
    if index is None or index >= checkpoint.size:
        return None
    path = await _prove(session, merkle.inclusion_ranges(index, checkpoint.size))
    return str(LogProof(index, tuple(path), checkpoint.note, extra))


async def consistency(session: AsyncSession, old_size: int, size: int) -> list[bytes]:
    """That the tree of `size` grew out of the tree of `old_size`."""
    return await _prove(session, merkle.consistency_ranges(old_size, size))


async def root_at(session: AsyncSession, size: int) -> bytes | None:
    """The root the stored nodes make at a size; None when they do not reach it."""
    wanted = merkle.full_nodes(0, size)
    found = await nodes(session, wanted)
    return merkle.fold([found[key] for key in wanted]) if len(found) == len(wanted) else None


async def nodes(session: AsyncSession, wanted: Sequence[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
    """Stored full nodes, those that exist."""
    if not wanted:
        return {}
    keys = {"levels": [level for level, _ in wanted], "indexes": [index for _, index in wanted]}
    return {(level, index): value for level, index, value in await session.execute(_NODES, keys)}


async def blind_proof(session: AsyncSession, leaf: bytes, *, quorum: int = 0) -> str | None:
    """The file that proves a receipt's entry, for its holder only: its slot, the slot's seal, the log.

    A tlog-proof of the slot's journal entry; `extra` carries that entry, the blind one and its place in the slot.
    None until the slot is sealed and in a checkpoint that enough witnesses cosigned.
    """
    row = (await session.execute(_BLIND, {"leaf": leaf})).one_or_none()
    checkpoint = await latest_checkpoint(session, quorum=quorum)
    if row is None or checkpoint is None:
        return None
    held = await session.execute(_SLOT_ENTRIES, {"stream": row.stream_id, "slot": row.slot})
    entries = tuple(BlindEntry(item.salt, item.body) for item in held)
    mine = next(item for item in entries if item.leaf == leaf)
    proof = SlotOpening(row.slot, row.seed, entries).proof(mine)
    shown: dict[str, Any] = {
        "leaf": row.sealed_body.decode(),
        "entry": {"salt": mine.salt.hex(), "body": mine.body.decode()},
        "slot": proof.to_json(),
    }
    return await inclusion(session, row.entry_id, checkpoint, extra=canonical(shown))


async def caught_up(session: AsyncSession, *, quorum: int = 1) -> bool:
    """Everything committed so far is in a witnessed checkpoint, and no slot that is over waits to be sealed."""
    return bool((await session.execute(_CAUGHT_UP, {"quorum": quorum})).scalar_one())


def consistency_lines(path: Sequence[bytes]) -> str:
    """A consistency proof as C2SP writes it, one hash a line."""
    return "".join(base64.b64encode(item).decode() + "\n" for item in path)


async def _checkpoint(session: AsyncSession, query: Any, parameters: dict[str, Any]) -> CheckpointView | None:
    row = (await session.execute(query, parameters)).one_or_none()
    if row is None:
        return None
    return CheckpointView(row.size, row.at, row.body + "\n" + row.line + row.lines, row.witnesses)


async def _prove(session: AsyncSession, ranges: list[tuple[int, int]]) -> list[bytes]:
    wanted = [key for first, end in ranges for key in merkle.full_nodes(first, end)]
    found = await nodes(session, wanted)
    return merkle.prove(ranges, lambda level, index: found[level, index])


_ENTRY = text(
    "SELECT e.body, l.index AS leaf_index FROM journal_entries e LEFT JOIN journal_leaves l ON l.entry_id = e.id "
    "WHERE e.id = :id"
)
_ENTRIES_OF = text(
    "SELECT e.body, l.index AS leaf_index FROM journal_entries e LEFT JOIN journal_leaves l ON l.entry_id = e.id "
    "WHERE e.subject = :subject AND e.action <> :skip AND (l.index > :after OR l.index IS NULL) "
    "ORDER BY l.index NULLS LAST, e.at, e.id LIMIT :limit"
)
_NEWEST = text(
    "SELECT e.id, l.index AS leaf_index FROM journal_entries e LEFT JOIN journal_leaves l ON l.entry_id = e.id "
    "WHERE e.subject = ANY(:subjects) ORDER BY l.index DESC NULLS FIRST LIMIT 1"
)
_SUBJECTS_AFTER = text(
    "WITH taken AS (SELECT index, entry_id FROM journal_leaves WHERE index > :after ORDER BY index LIMIT :limit) "
    "SELECT CASE WHEN e.action <> :skip THEN e.subject END AS subject, max(taken.index) AS last "
    "FROM taken JOIN journal_entries e ON e.id = taken.entry_id GROUP BY 1 "
    "UNION ALL SELECT DISTINCT e.subject, CAST(:after AS bigint) FROM journal_pending p "
    "JOIN journal_entries e ON e.id = p.entry_id WHERE e.action <> :skip"
)
_SIGNED = (
    "SELECT c.size, c.at, c.body, s.line, w.witnesses, w.lines FROM journal_checkpoints c "
    "JOIN journal_signatures s ON s.size = c.size CROSS JOIN LATERAL (SELECT count(*) AS witnesses, "
    "coalesce(string_agg(o.line, '' ORDER BY o.witness), '') AS lines "
    "FROM journal_cosignatures o WHERE o.size = c.size) w WHERE "
)
_LATEST = text(_SIGNED + "w.witnesses >= :quorum ORDER BY c.size DESC LIMIT 1")
_AT_SIZE = text(_SIGNED + "c.size = :size")
_COVERING = text(_SIGNED + "w.witnesses >= :quorum AND c.size > :index ORDER BY c.size LIMIT 1")
_BODIES = text(
    "SELECT e.body FROM journal_leaves l JOIN journal_entries e ON e.id = l.entry_id "
    "WHERE l.index BETWEEN :first AND :last ORDER BY l.index"
)
_HASHES = text("SELECT hash FROM journal_nodes WHERE level = :level AND index BETWEEN :first AND :last ORDER BY index")
_INDEX = text("SELECT index FROM journal_leaves WHERE entry_id = :id")
_NODES = text(
    "SELECT n.level, n.index, n.hash FROM unnest(CAST(:levels AS smallint[]), CAST(:indexes AS bigint[])) "
    "AS wanted (level, index) JOIN journal_nodes n USING (level, index)"
)
_BLIND = text(
    "SELECT b.stream_id, b.slot, s.seed, s.entry_id, e.body AS sealed_body FROM blind_entries b "
    "JOIN blind_slots s USING (stream_id, slot) JOIN journal_entries e ON e.id = s.entry_id WHERE b.leaf = :leaf"
)
_SLOT_ENTRIES = text("SELECT salt, body FROM blind_entries WHERE stream_id = :stream AND slot = :slot")
_CAUGHT_UP = text(
    "SELECT NOT EXISTS (SELECT 1 FROM journal_pending) "
    "AND NOT EXISTS (SELECT 1 FROM blind_streams WHERE next_end < (SELECT platform_now())) "
    "AND NOT EXISTS (SELECT 1 FROM (SELECT max(size) AS size FROM journal_checkpoints) newest WHERE size IS NOT NULL "
    "AND (SELECT count(*) FROM journal_cosignatures o WHERE o.size = newest.size) < :quorum)"
)
