"""The opening as open data: bidders and prices go out with the signed record, and not before (招标投标法 36)."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from bidding.opening.recording import record
from notices.ocds import service as open_data
from notices.ocds.types import OpenedBid
from trading.kernel.identity import Actor


async def release_record(session: AsyncSession, actor: Actor, *, lot_id: UUID, base_url: str) -> None:
    """Hand over what the record's lines say; doing it again changes nothing."""
    body = (await record(session, lot_id)).body
    bids = tuple(
        OpenedBid(row["env"], row.get("organisation"), row.get("uscc"), row.get("price_fen")) for row in body.rows
    )
    await open_data.release_opening(session, actor, lot_id=lot_id, bids=bids, made_at=body.made_at, base_url=base_url)
