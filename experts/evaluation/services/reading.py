"""Reading the bids (查阅投标文件): members only, and each look is journalled."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from experts.evaluation.entries import DOCUMENT_VIEWED
from experts.evaluation.errors import FileUnknown
from experts.evaluation.store import bids_of, member_of, row_of
from experts.evaluation.types import File
from trading.kernel.identity import Actor
from trading.kernel.journal.actions import append
from trading.projects import reads as projects


async def note_view(session: AsyncSession, actor: Actor, *, lot_id: UUID, env: str, digest: str) -> File:
    """A file of an opened bid that this member may read now; that it was read is in the journal, which one is not."""
    await row_of(session, lot_id)
    member = await member_of(session, actor, lot_id)
    if member.accepted_at is None:
        raise FileUnknown
    for bid in await bids_of(session, await projects.lot(session, lot_id), ()):
        for file in bid.files:
            if (bid.env, file.sha256) == (env, digest):
                shown = {"seat": member.seat, "env": env, "name": file.name, "digest": digest}
                await append(session, actor, DOCUMENT_VIEWED, subject=f"lot:{lot_id}", payload=shown)
                return file
    raise FileUnknown
