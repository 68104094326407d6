"""A whole log as files for evidence: what `verify` replays, and what outlives the platform."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.errors import Unavailable
from trading.kernel.journal import reads
from trading.kernel.journal.checkpoint import log_verifier
from trading.kernel.journal.note import parse_verifier
from trading.kernel.journal.proof import CHECKPOINT_FILE, KEYS_FILE, Trust
from trading.kernel.journal.reads import CheckpointView
from trading.kernel.journal.tiles import tiles_of
from trading.kernel.settings import JournalSettings


class NotWitnessed(Unavailable):
    """The log has no checkpoint yet that enough witnesses cosigned."""

    code = "kernel.not_witnessed"


def trust_of(settings: JournalSettings, log_public: bytes) -> Trust:
    """The keys this platform's log answers to: what an announcement pins and a folder carries."""
    witnesses = tuple(parse_verifier(text) for text in settings.witnesses)
    return Trust(log_verifier(settings.origin, log_public), witnesses, settings.quorum if witnesses else 0)


async def export_log(
    session: AsyncSession,
    trust: Trust,
    destination: Callable[[str, bytes], Awaitable[None]],
    *,
    checkpoint: CheckpointView | None = None,
) -> CheckpointView:
    """Write every file of the log, up to the newest checkpoint with its quorum or the one given."""
    checkpoint = checkpoint or await reads.latest_checkpoint(session, quorum=trust.quorum)
    if checkpoint is None:
        raise NotWitnessed
    for tile in tiles_of(checkpoint.size):
        data = await reads.tile(session, tile)
        if data is None:
            raise LookupError(f"{tile.path} is not in the database")
        await destination(tile.path, data)
    await destination(CHECKPOINT_FILE, checkpoint.note.encode())
    await destination(KEYS_FILE, str(trust).encode())
    return checkpoint
