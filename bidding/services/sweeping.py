"""What was uploaded and never submitted goes, some days after closing (撤回: uploaded but not committed is withdrawn).

Ciphertext of anything that was submitted stays, also where it was replaced or withdrawn: it is destroyed on its lawful
date, by a named person. Nothing is journalled: that bytes once came says nothing of anybody.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bidding.opening.errors import BoxNotClosed
from bidding.opening.state import box_row
from bidding.subjects import parse_subject
from trading.kernel.objects import ObjectStore

_ABANDONED = text(
    "SELECT b.object_key FROM upload_blocks b JOIN uploads u ON u.id = b.upload_id JOIN upload_tokens t "
    "USING (token_hash) WHERE t.subject_kind = :kind AND t.subject_id = :id AND NOT EXISTS (SELECT 1 FROM envelopes e, "
    "jsonb_each_text(e.uploads) AS part WHERE e.subject_kind = :kind AND e.subject_id = :id AND part.value = u.id)"
)


async def sweep_uploads(session: AsyncSession, *, subject: str, objects: ObjectStore) -> int:
    """Delete the abandoned blocks of a closed box; doing it again finds nothing more to lose."""
    if await box_row(session, subject) is None:
        raise BoxNotClosed(attempt="sweep")
    keys = (await session.execute(_ABANDONED, parse_subject(subject).columns)).scalars().all()
    for key in keys:
        await objects.delete_at(key)
    return len(keys)
