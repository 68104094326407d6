"""上传: tokens that are nobody's, blocks that are checked as they come."""

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bidding.errors import (
    BlockDamaged,
    BlockDiffers,
    BlockSize,
    EnvelopeRefused,
    LotNotOpen,
    NoMoreTokens,
    NotAnnounced,
    NotSealed,
    TokenExhausted,
    TokenInvalid,
    UploadDiffers,
    UploadUnknown,
    WrongAnnouncement,
)
from bidding.services import lots, uploads
from bidding.services.uploads import PartSize
from bidding.tokens import make_token
from bidding.types import UploadView
from tests.factories import bidding as make
from tests.factories.parties import make_actor
from tests.factories.sealing import Sealed
from trading.kernel.ids import new_id
from trading.kernel.objects import ObjectStore
from trading.projects import service as projects


@pytest.fixture
async def lot(session: AsyncSession, objects: ObjectStore) -> make.OpenLot:
    return await make.open_lot(session, objects)


async def begin(
    session: AsyncSession, lot: make.OpenLot, sealed: Sealed, token: str, sizes: dict[str, int] | None = None
) -> dict[str, UploadView]:
    core = lot.world.envelope(sealed.raw).core
    parts = sizes or {part: len(data) for part, data in sealed.ciphertexts.items()}
    views = await uploads.start_upload(
        session,
        token=token,
        secret=make.SECRET,
        ann=core.ann,
        env=core.env,
        parts=[PartSize(part, size) for part, size in parts.items()],
    )
    return {view.part: view for view in views}


async def put(
    session: AsyncSession,
    objects: ObjectStore,
    token: str,
    upload_id: str,
    data: bytes,
    *,
    n: int = 0,
    leaves: list[str] | None = None,
) -> None:
    await uploads.put_block(
        session,
        objects,
        token=token,
        secret=make.SECRET,
        upload_id=upload_id,
        n=n,
        data=data,
        leaves=make.leaves(data) if leaves is None else leaves,
    )


async def test_drawing_a_token_writes_down_the_organisation_and_nothing_of_the_token(
    session: AsyncSession, lot: make.OpenLot
) -> None:
    bidder = await make_actor(session, "bidder")
    token = await lots.draw_token(session, bidder, lot_id=lot.id, secret=make.SECRET)
    assert len(token) == 64
    assert (await session.execute(text("SELECT count(*) FROM upload_tokens"))).scalar_one() == 0
    seen = (await session.execute(text("SELECT org_id, kind FROM participations"))).all()
    assert [(row.org_id, row.kind) for row in seen] == [(bidder.org_id, "upload_token_1")]
    await session.execute(text("SELECT set_config('trading.org', '', true)"))
    assert (await session.execute(text("SELECT count(*) FROM participations"))).scalar_one() == 0


async def test_an_organisation_draws_a_limited_number(
    session: AsyncSession, lot: make.OpenLot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lots, "MOST_TOKENS", 2)
    bidder = await make_actor(session, "bidder")
    for _ in range(2):
        await lots.draw_token(session, bidder, lot_id=lot.id, secret=make.SECRET)
    with pytest.raises(NoMoreTokens):
        await lots.draw_token(session, bidder, lot_id=lot.id, secret=make.SECRET)


async def test_no_token_before_keys_are_announced_or_after_the_lot_closed(
    session: AsyncSession, objects: ObjectStore, lot: make.OpenLot
) -> None:
    bidder = await make_actor(session, "bidder")
    unannounced = await make.make_lot(session, objects)
    with pytest.raises(NotAnnounced):
        await lots.draw_token(session, bidder, lot_id=unannounced.id, secret=make.SECRET)
    await projects.advance_lot(session, lot.official, lot_id=lot.id, verb="close")
    with pytest.raises(LotNotOpen):
        await lots.draw_token(session, bidder, lot_id=lot.id, secret=make.SECRET)


async def test_a_token_serves_its_lot_alone(session: AsyncSession, lot: make.OpenLot) -> None:
    sealed = lot.bid()
    for token in (make_token(f"lot:{new_id()}", make.SECRET), "ab" * 32, "no token"):
        with pytest.raises(TokenInvalid):
            await begin(session, lot, sealed, token)


async def test_only_what_was_announced_can_be_uploaded(session: AsyncSession, lot: make.OpenLot) -> None:
    sealed, token = lot.bid(), make_token(lot.subject, make.SECRET)
    for sizes in ({"extra": 1000}, {"price": 999}):  # a part nobody announced; a size no sealed part has
        with pytest.raises(EnvelopeRefused):
            await begin(session, lot, sealed, token, sizes)
    with pytest.raises(WrongAnnouncement):
        await uploads.start_upload(
            session, token=token, secret=make.SECRET, ann="00" * 32, env="00" * 16, parts=[PartSize("price", 1)]
        )


async def test_begun_again_the_same_uploads_are_told_with_what_is_missing(
    session: AsyncSession, objects: ObjectStore, lot: make.OpenLot
) -> None:
    sealed, token = lot.bid(), make_token(lot.subject, make.SECRET)
    first = await begin(session, lot, sealed, token)
    assert {view.missing for view in first.values()} == {(0,)}
    await put(session, objects, token, first["price"].upload_id, sealed.ciphertexts["price"])
    again = await begin(session, lot, sealed, token)
    assert {part: view.upload_id for part, view in again.items()} == {p: v.upload_id for p, v in first.items()}
    assert (again["price"].missing, again["identity"].missing) == ((), (0,))
    price = {"price": len(sealed.ciphertexts["price"])}
    other = {"technical": price["price"]}
    with pytest.raises(UploadDiffers):
        await begin(session, lot, sealed, token, other)


async def test_a_block_is_stored_once_and_found_whole(
    session: AsyncSession, objects: ObjectStore, lot: make.OpenLot
) -> None:
    sealed, token = lot.bid(), make_token(lot.subject, make.SECRET)
    price = (await begin(session, lot, sealed, token))["price"]
    for _ in range(2):
        await put(session, objects, token, price.upload_id, sealed.ciphertexts["price"])
    keys = await objects.keys(f"bids/{price.upload_id}/")
    assert len(keys) == 1
    assert await objects.get_at(keys[0]) == sealed.ciphertexts["price"]
    changed = b"\x00" + sealed.ciphertexts["price"][1:]
    with pytest.raises(BlockDiffers):
        await put(session, objects, token, price.upload_id, changed)
    assert await objects.keys(f"bids/{price.upload_id}/") == keys


async def test_a_damaged_or_misplaced_block_is_refused_before_it_is_stored(
    session: AsyncSession, objects: ObjectStore, lot: make.OpenLot
) -> None:
    sealed, token = lot.bid(), make_token(lot.subject, make.SECRET)
    upload = (await begin(session, lot, sealed, token))["technical"].upload_id
    data = sealed.ciphertexts["technical"]
    with pytest.raises(BlockDamaged):
        await put(session, objects, token, upload, data, leaves=make.leaves(data[:-1] + b"\x00"))
    with pytest.raises(BlockSize):
        await put(session, objects, token, upload, data[:-1])
    with pytest.raises(BlockSize):
        await put(session, objects, token, upload, data, n=1)
    assert await objects.keys(f"bids/{upload}/") == []


@pytest.mark.parametrize("beginning", [b"%PDF-1.7", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\x89PNG\r\n"])
async def test_an_unencrypted_file_is_refused_and_nothing_of_it_kept(
    session: AsyncSession, objects: ObjectStore, lot: make.OpenLot, beginning: bytes
) -> None:
    sealed, token = lot.bid(), make_token(lot.subject, make.SECRET)
    upload = (await begin(session, lot, sealed, token))["price"].upload_id
    plain = beginning + bytes(len(sealed.ciphertexts["price"]) - len(beginning))
    with pytest.raises(NotSealed):
        await put(session, objects, token, upload, plain)
    assert await objects.keys("bids/") == []


async def test_another_token_does_not_see_the_upload(
    session: AsyncSession, objects: ObjectStore, lot: make.OpenLot
) -> None:
    sealed, token = lot.bid(), make_token(lot.subject, make.SECRET)
    upload = (await begin(session, lot, sealed, token))["price"].upload_id
    stranger = make_token(lot.subject, make.SECRET)
    with pytest.raises(UploadUnknown):
        await uploads.upload_state(session, token=stranger, secret=make.SECRET, upload_id=upload)
    with pytest.raises(UploadUnknown):
        await put(session, objects, stranger, upload, sealed.ciphertexts["price"])
    mine = await uploads.upload_state(session, token=token, secret=make.SECRET, upload_id=upload)
    assert mine.size == len(sealed.ciphertexts["price"])


async def test_a_token_runs_out_of_bytes_and_of_attempts(
    session: AsyncSession, lot: make.OpenLot, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = lot.bid(), lot.bid()
    size = sum(len(data) for data in first.ciphertexts.values())
    monkeypatch.setattr(uploads, "MOST_BYTES", size + 1)
    token = make_token(lot.subject, make.SECRET)
    await begin(session, lot, first, token)
    await begin(session, lot, first, token)  # the same again costs nothing
    with pytest.raises(TokenExhausted):
        await begin(session, lot, second, token)
    monkeypatch.setattr(uploads, "MOST_BYTES", 10 * size)
    monkeypatch.setattr(uploads, "MOST_ATTEMPTS", 1)
    with pytest.raises(TokenExhausted):
        await begin(session, lot, second, token)
