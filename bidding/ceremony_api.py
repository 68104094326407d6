"""The ceremony for programs: the official's steps, and what a trustee's program on its own machine asks and sends.

A trustee reads his ceremonies, offers a signed key card, answers the challenges sealed to its keys, fetches the exact
text and signs it. His private keys never leave his machine.
"""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.status_codes import HTTP_200_OK
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from bidding import ceremony_reads, reads
from bidding.forms import CancelCeremony, OfferKeys, Sign, StartCeremonyOf
from bidding.services import ceremony, publishing
from bidding.types import CeremonyView, Challenge
from trading.kernel.identity import PUBLIC, Actor, allow
from trading.kernel.objects import ObjectStore
from trading.kernel.settings import Settings
from trading.kernel.signing import PlatformKeys
from trading.web.forms import parse

JSON = "application/json"


class Offered(Struct, frozen=True):
    """What became of a key card: challenges to answer, or the seat is keyed."""

    keyed: bool
    challenges: tuple[Challenge, ...]
    ceremony: CeremonyView


@post("/v1/ceremonies", opt=allow("official"))
async def start(
    request: Request[Any, Any, Any], session: AsyncSession, actor: Actor, settings: Settings, keys: PlatformKeys
) -> CeremonyView:
    """Begin a ceremony for a lot."""
    command = await parse(request, StartCeremonyOf)
    return await ceremony.start_ceremony(
        session,
        actor,
        lot_id=command.lot_id,
        seats=[ceremony.SeatChoice(seat.seat, seat.membership_id) for seat in command.seats],
        t=command.t,
        journal_settings=settings.journal,
        keys=keys,
    )


@get("/v1/ceremonies", opt=allow("trustee"))
async def mine(session: AsyncSession, actor: Actor) -> list[CeremonyView]:
    """The ceremonies in which the caller has a seat."""
    return await ceremony_reads.ceremonies_of(session, actor)


@get("/v1/ceremonies/{ceremony_id:uuid}", opt=allow("trustee", "official", "supervisor"))
async def show(session: AsyncSession, actor: Actor, ceremony_id: UUID) -> CeremonyView:
    """One ceremony."""
    return await ceremony_reads.ceremony(session, actor, ceremony_id)


@post("/v1/ceremonies/{ceremony_id:uuid}/keys", opt=allow("trustee"), status_code=HTTP_200_OK)
async def offer_keys(
    request: Request[Any, Any, Any], session: AsyncSession, actor: Actor, ceremony_id: UUID
) -> Offered:
    """Hand in a key card; then again with the answers to its challenges."""
    command = await parse(request, OfferKeys)
    view, challenges = await ceremony.submit_keys(
        session, actor, ceremony_id=ceremony_id, offer=command.offer.encode(), answers=command.possession
    )
    return Offered(keyed=not challenges, challenges=challenges, ceremony=view)


@get("/v1/ceremonies/{ceremony_id:uuid}/announcement", opt=allow("trustee", "official", "supervisor"))
async def text_to_sign(session: AsyncSession, actor: Actor, ceremony_id: UUID) -> Response[bytes]:
    """The exact text to be signed, once every key is in."""
    return Response(await ceremony_reads.text_to_sign(session, actor, ceremony_id), media_type=JSON)


@post("/v1/ceremonies/{ceremony_id:uuid}/signatures", opt=allow("trustee"), status_code=HTTP_200_OK)
async def sign(request: Request[Any, Any, Any], session: AsyncSession, actor: Actor, ceremony_id: UUID) -> CeremonyView:
    """A trustee's signature."""
    command = await parse(request, Sign)
    return await ceremony.sign(session, actor, ceremony_id=ceremony_id, x=command.x, signature=command.signature)


@post("/v1/ceremonies/{ceremony_id:uuid}/publish", opt=allow("official"), status_code=HTTP_200_OK)
async def publish(session: AsyncSession, actor: Actor, ceremony_id: UUID, objects: ObjectStore) -> CeremonyView:
    """Publish the signed announcement."""
    return await publishing.publish(session, actor, ceremony_id=ceremony_id, objects=objects)


@post("/v1/ceremonies/{ceremony_id:uuid}/cancel", opt=allow("official"), status_code=HTTP_200_OK)
async def cancel(
    request: Request[Any, Any, Any], session: AsyncSession, actor: Actor, ceremony_id: UUID
) -> CeremonyView:
    """End a ceremony that is not published."""
    command = await parse(request, CancelCeremony)
    return await ceremony.cancel(session, actor, ceremony_id=ceremony_id, reason=command.reason)


@get("/v1/lots/{lot_id:uuid}/announcement", opt=PUBLIC)
async def announcement(session: AsyncSession, lot_id: UUID) -> Response[bytes]:
    """The published announcement, exactly as signed."""
    return Response((await reads.announcement(session, lot_id)).file, media_type=JSON)


ROUTES = (start, mine, show, offer_keys, text_to_sign, sign, publish, cancel, announcement)
