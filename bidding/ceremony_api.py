"""The ceremony for programs: the official's steps, and what a trustee's program on its own machine asks and sends.

A trustee reads his ceremonies, offers a signed key card, answers the challenges sealed to its keys, fetches the exact
text and signs it. His private keys never leave his machine.
"""

from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK
from msgspec import Struct

from bidding import ceremony_reads, reads
from bidding.box_paths import OF_PATH, BoxSubject, paths
from bidding.forms import CancelCeremony, OfferKeys, Sign, StartCeremonyOf
from bidding.services import ceremony, lots, publishing
from bidding.types import CeremonyView, Challenge
from trading.kernel.identity import PUBLIC, allow
from trading.web.forms import parse
from trading.web.injected import CurrentActor, CurrentSettings, Keys, Objects, Session, WebRequest

JSON = "application/json"


class Offered(Struct, frozen=True):
    """What became of a key card: challenges to answer, or the seat is keyed."""

    keyed: bool
    challenges: tuple[Challenge, ...]
    ceremony: CeremonyView


@post("/v1/ceremonies", opt=allow("official"))
async def start(
    request: WebRequest, session: Session, actor: CurrentActor, settings: CurrentSettings, keys: Keys
) -> CeremonyView:
    """Begin a ceremony for a lot."""
    command = await parse(request, StartCeremonyOf)
    return await lots.start_ceremony(
        session,
        actor,
        lot_id=command.lot_id,
        seats=[ceremony.SeatChoice(seat.seat, seat.membership_id) for seat in command.seats],
        t=command.t,
        journal_settings=settings.journal,
        keys=keys,
    )


@get("/v1/ceremonies", opt=allow("trustee"))
async def mine(session: Session, actor: CurrentActor) -> list[CeremonyView]:
    """The ceremonies in which the caller has a seat."""
    return await ceremony_reads.ceremonies_of(session, actor)


@get("/v1/ceremonies/{ceremony_id:uuid}", opt=allow("trustee", "official", "supervisor"))
async def show(session: Session, actor: CurrentActor, ceremony_id: FromPath[UUID]) -> CeremonyView:
    """One ceremony."""
    return await ceremony_reads.ceremony(session, actor, ceremony_id)


@post("/v1/ceremonies/{ceremony_id:uuid}/keys", opt=allow("trustee"), status_code=HTTP_200_OK)
async def offer_keys(
    request: WebRequest, session: Session, actor: CurrentActor, ceremony_id: FromPath[UUID]
) -> Offered:
    """Hand in a key card; then again with the answers to its challenges."""
    command = await parse(request, OfferKeys)
    view, challenges = await ceremony.submit_keys(
        session, actor, ceremony_id=ceremony_id, offer=command.offer.encode(), answers=command.possession
    )
    return Offered(keyed=not challenges, challenges=challenges, ceremony=view)


@get("/v1/ceremonies/{ceremony_id:uuid}/announcement", opt=allow("trustee", "official", "supervisor"))
async def text_to_sign(session: Session, actor: CurrentActor, ceremony_id: FromPath[UUID]) -> Response[bytes]:
    """The exact text to be signed, once every key is in."""
    return Response(await ceremony_reads.text_to_sign(session, actor, ceremony_id), media_type=JSON)


@post("/v1/ceremonies/{ceremony_id:uuid}/signatures", opt=allow("trustee"), status_code=HTTP_200_OK)
async def sign(request: WebRequest, session: Session, actor: CurrentActor, ceremony_id: FromPath[UUID]) -> CeremonyView:
    """A trustee's signature."""
    command = await parse(request, Sign)
    return await ceremony.sign(session, actor, ceremony_id=ceremony_id, x=command.x, signature=command.signature)


@post("/v1/ceremonies/{ceremony_id:uuid}/publish", opt=allow("official"), status_code=HTTP_200_OK)
async def publish(session: Session, actor: CurrentActor, ceremony_id: FromPath[UUID], objects: Objects) -> CeremonyView:
    """Publish the signed announcement."""
    return await publishing.publish(session, actor, ceremony_id=ceremony_id, objects=objects)


@post("/v1/ceremonies/{ceremony_id:uuid}/cancel", opt=allow("official"), status_code=HTTP_200_OK)
async def cancel(
    request: WebRequest, session: Session, actor: CurrentActor, ceremony_id: FromPath[UUID]
) -> CeremonyView:
    """End a ceremony that is not published."""
    command = await parse(request, CancelCeremony)
    return await ceremony.cancel(session, actor, ceremony_id=ceremony_id, reason=command.reason)


@get(paths("announcement"), opt=PUBLIC, dependencies=OF_PATH)
async def announcement(session: Session, subject: BoxSubject) -> Response[bytes]:
    """The published announcement, exactly as signed."""
    return Response((await reads.announcement(session, subject)).file, media_type=JSON)


ROUTES = (start, mine, show, offer_keys, text_to_sign, sign, publish, cancel, announcement)
