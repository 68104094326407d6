"""A lot with its announcement published, its trustees' private keys at hand, and bids on their way into it."""

from dataclasses import dataclass
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.ext.asyncio import AsyncSession

from bidding import reads
from bidding.ceremony_reads import text_to_sign
from bidding.sealing.announcement import sign_announcement, verify_announcement
from bidding.sealing.objects import BLOCK
from bidding.sealing.offer import Challenge, answer_challenge, make_offer
from bidding.sealing.signatures import public_raw
from bidding.services import ceremony, lots, publishing, submission, uploads
from bidding.services.ceremony import SeatChoice
from bidding.services.uploads import PartSize
from bidding.tokens import make_token
from bidding.types import CeremonyView, RefusedLate, Submitted
from tests.factories.parties import make_actor, make_organisation
from tests.factories.projects import add_document, make_official, make_project
from tests.factories.sealing import Hands, Sealed, World, seal_bid
from trading.kernel import merkle
from trading.kernel.identity import Actor
from trading.kernel.journal.cosignature import witness_verifier
from trading.kernel.objects import ObjectStore
from trading.kernel.settings import JournalSettings
from trading.kernel.signing import PURPOSES, FileSigner, PlatformKeys, SealSigner
from trading.parties import reads as parties
from trading.projects import service as projects

SECRET = "s" * 40
KEYS = PlatformKeys(
    {name: FileSigner(Ed25519PrivateKey.from_private_bytes(bytes([40 + i]) * 32)) for i, name in enumerate(PURPOSES)},
    SealSigner(ec.derive_private_key(40, ec.SECP256R1())),
)
WITNESS = FileSigner(Ed25519PrivateKey.from_private_bytes(b"\x3b" * 32))
JOURNAL = JournalSettings(
    origin="demo/tests",
    witnesses=(str(witness_verifier("witness.test", WITNESS.public_raw)),),
    quorum=1,
    slot_seconds=3600,  # twenty days hold 540 slots instead of 5,820: what is tested is the same, and soon done
)
SEATS = ("tenderer", "supervisor", "notary")


@dataclass
class Seated:
    """A trustee: the person, and what only his machine knows."""

    actor: Actor
    hands: Hands

    def offer(self, subject: str) -> bytes:
        listed = self.hands.listed()
        return make_offer(subject, self.actor.org_name, listed.sign, listed.keys, self.hands.sign)

    def answers(self, subject: str, challenges: tuple[object, ...]) -> dict[str, str]:
        found = {}
        for item in challenges:
            challenge = Challenge(kid=item.kid, enc=item.enc, ct=item.ct)  # type: ignore[attr-defined]
            key = self.hands.key_of(challenge.kid)
            assert key is not None
            found[challenge.kid] = answer_challenge(subject, challenge, key)
        return found


@dataclass
class Lot:
    """A published lot before its ceremony, with everybody who has a part in it."""

    id: UUID
    project_id: UUID
    official: Actor
    tenderer: Actor
    trustees: list[Seated]

    @property
    def subject(self) -> str:
        return f"lot:{self.id}"

    def seats(self) -> list[SeatChoice]:
        return [
            SeatChoice(seat, held.actor.membership_id or UUID(int=0))
            for seat, held in zip(SEATS, self.trustees, strict=True)
        ]


@dataclass
class OpenLot(Lot):
    """A lot that takes bids."""

    world: World

    def bid(self, **how: object) -> Sealed:
        return seal_bid(self.world, **how)  # type: ignore[arg-type]


async def make_lot(session: AsyncSession, objects: ObjectStore) -> Lot:
    """Registered, with a document, its notice out, a trustee for each seat."""
    official = await make_official(session)
    tenderer = await make_actor(session, "tenderer")
    project, _ = await make_project(session, tenderer)
    await add_document(session, objects, tenderer, project)
    lot = project.lots[0]
    await projects.advance_lot(session, official, lot_id=lot.id, verb="publish")
    trustees = []
    for x, kind in enumerate(("", "authority", "notary"), 1):
        if kind:
            org = await make_organisation(session, kind=kind)
        else:
            org = await parties.organisation(session, project.tenderer_org_id)
        trustees.append(Seated(await make_actor(session, "trustee", org=org), Hands(x)))
    return Lot(lot.id, project.id, official, tenderer, trustees)


async def start(session: AsyncSession, lot: Lot, *, t: int = 2, journal: JournalSettings = JOURNAL) -> CeremonyView:
    return await lots.start_ceremony(
        session, lot.official, lot_id=lot.id, seats=lot.seats(), t=t, journal_settings=journal, keys=KEYS
    )


async def bring_keys(session: AsyncSession, lot: Lot, begun: CeremonyView, seated: Seated) -> CeremonyView:
    card = seated.offer(lot.subject)
    _, challenges = await ceremony.submit_keys(session, seated.actor, ceremony_id=begun.id, offer=card, answers=None)
    view, _ = await ceremony.submit_keys(
        session, seated.actor, ceremony_id=begun.id, offer=card, answers=seated.answers(lot.subject, challenges)
    )
    return view


async def sign(session: AsyncSession, begun: CeremonyView, seated: Seated) -> CeremonyView:
    body = await text_to_sign(session, seated.actor, begun.id)
    return await ceremony.sign(
        session,
        seated.actor,
        ceremony_id=begun.id,
        x=seated.hands.x,
        signature=sign_announcement(body, seated.hands.sign),
    )


async def open_lot(session: AsyncSession, objects: ObjectStore, *, journal: JournalSettings = JOURNAL) -> OpenLot:
    """A lot whose announcement is published."""
    return await announce(session, objects, await make_lot(session, objects), journal=journal)


async def announce(session: AsyncSession, objects: ObjectStore, lot: Lot, *, journal: JournalSettings) -> OpenLot:
    """The whole ceremony of a published lot."""
    begun = await start(session, lot, journal=journal)
    for seated in lot.trustees:
        await bring_keys(session, lot, begun, seated)
    for seated in lot.trustees:
        await sign(session, begun, seated)
    await publishing.publish(session, lot.official, ceremony_id=begun.id, objects=objects)
    announcement = verify_announcement((await reads.announcement(session, lot.subject)).file)
    world = World(
        hands=[seated.hands for seated in lot.trustees],
        receipt=Ed25519PrivateKey.generate(),
        announcement=announcement,
    )
    return OpenLot(**vars(lot), world=world)


def leaves(data: bytes) -> list[str]:
    """What an uploader sends beside a block."""
    return [merkle.leaf_hash(data[at : at + BLOCK]).hex() for at in range(0, len(data), BLOCK)]


async def upload(session: AsyncSession, objects: ObjectStore, lot: OpenLot, sealed: Sealed, *, token: str = "") -> str:
    """All ciphertext of a bid, under a token; returns the token."""
    token = token or make_token(lot.subject, SECRET)
    core = lot.world.envelope(sealed.raw).core
    started = await uploads.start_upload(
        session,
        token=token,
        secret=SECRET,
        ann=core.ann,
        env=core.env,
        parts=[PartSize(part, len(data)) for part, data in sealed.ciphertexts.items()],
    )
    for view in started:
        data = sealed.ciphertexts[view.part]
        for n in view.missing:
            block = data[n * view.block_size : (n + 1) * view.block_size]
            await uploads.put_block(
                session,
                objects,
                token=token,
                secret=SECRET,
                upload_id=view.upload_id,
                n=n,
                data=block,
                leaves=leaves(block),
            )
    return token


async def commit(session: AsyncSession, lot: OpenLot, raw: bytes, token: str) -> Submitted | RefusedLate:
    return await submission.commit(
        session, subject=lot.subject, token=token, secret=SECRET, raw=raw, signer=KEYS.receipt
    )


async def submit(session: AsyncSession, objects: ObjectStore, lot: OpenLot, sealed: Sealed) -> Submitted:
    """Upload and commit; it must be taken."""
    outcome = await commit(session, lot, sealed.raw, await upload(session, objects, lot, sealed))
    assert isinstance(outcome, Submitted)
    return outcome


def key_of(sealed: Sealed) -> str:
    """The submission key."""
    return public_raw(sealed.sealer_key).hex()
