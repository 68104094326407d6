"""Identity, price, receipts, recovery and key offers."""

from datetime import UTC, datetime
from io import BytesIO

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from bidding.sealing.content import Identity, build_identity, identity_message, read_price, verify_identity
from bidding.sealing.documents import encode
from bidding.sealing.errors import SealingError
from bidding.sealing.keyfile import read_key_file, write_key_file
from bidding.sealing.offer import answer_challenge, make_challenge, make_offer, trustee_key, verify_offer
from bidding.sealing.recovery import read_recovery, write_recovery
from bidding.sealing.reveal import duplicate_bidders
from bidding.sealing.sealer import Sealer
from bidding.sealing.signatures import public_raw
from bidding.sealing.submission import (
    Receipt,
    Refusal,
    sign_receipt,
    sign_refusal,
    token_digest,
    verify_receipt,
    verify_refusal,
)
from tests.factories.sealing import DEADLINE, Authority, authority, make_world, price_json, seal_bid
from trading.kernel.canonical import canonical

NAME, USCC = "甲建设集团", "91310000MA1FL00001"


@pytest.fixture(scope="module")
def world():
    return make_world()


@pytest.fixture(scope="module")
def core(world):
    return world.envelope(seal_bid(world).raw).core


def made(core, *, signer=None, certificate=None, chain=(), message=None):
    key = signer or Ed25519PrivateKey.generate()
    certificate = certificate or authority().issue(key, NAME, USCC)
    message = message or identity_message(core.ann, core.env, core.key, core.parts)
    return build_identity(certificate, key, message, chain=chain)


def refusal_of(raw, core, at=DEADLINE, roots=None):
    with pytest.raises(SealingError) as caught:
        verify_identity(raw, core, roots=roots or [authority().certificate], at=at)
    return caught.value.code, caught.value.params.get("reason")


@pytest.mark.parametrize("make_key", [Ed25519PrivateKey.generate, lambda: ec.generate_private_key(ec.SECP256R1())])
def test_a_certificate_vouches_for_the_bid(core, make_key):
    identity = verify_identity(made(core, signer=make_key()), core, roots=[authority().certificate], at=DEADLINE)
    assert (identity.organisation, identity.uscc) == (NAME, USCC)


def test_an_intermediate_authority_is_followed(core):
    middle_key, key = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    middle = authority().issue(middle_key, "二级CA", "91110000000000001X", ca=True)
    leaf = Authority(middle_key, middle).issue(key, NAME, USCC)
    raw = made(core, signer=key, certificate=leaf, chain=[middle])
    assert verify_identity(raw, core, roots=[authority().certificate], at=DEADLINE).uscc == USCC
    assert refusal_of(made(core, signer=key, certificate=leaf), core) == ("sealing.identity.certificate", "issuer")
    # A bidder's own certificate is no authority.
    own_key = Ed25519PrivateKey.generate()
    own = authority().issue(own_key, "乙", "91310000MA1FL00002")
    forged = Authority(own_key, own).issue(key, NAME, USCC)
    raw = made(core, signer=key, certificate=forged, chain=[own])
    assert refusal_of(raw, core) == ("sealing.identity.certificate", "issuer")


def test_certificates_that_do_not_count(core):
    stranger = Ed25519PrivateKey.generate()
    unknown = Authority(stranger, Authority(stranger, None).issue(stranger, "演示CA", "91110000000000000X", ca=True))
    key = Ed25519PrivateKey.generate()
    good = made(core, signer=key)
    assert refusal_of(good, core, roots=[unknown.certificate]) == ("sealing.identity.certificate", "issuer")
    assert refusal_of(good, core, at=datetime(2025, 12, 31, tzinfo=UTC)) == ("sealing.identity.certificate", "validity")
    brief = made(core, signer=key, certificate=authority().issue(key, NAME, USCC, days=30))
    assert refusal_of(brief, core) == ("sealing.identity.certificate", "validity")
    no_signing = authority().issue(key, NAME, USCC, digital_signature=False)
    assert refusal_of(made(core, signer=key, certificate=no_signing), core) == ("sealing.identity.certificate", "usage")
    an_authority = authority().issue(key, NAME, USCC, ca=True)
    assert refusal_of(made(core, signer=key, certificate=an_authority), core) == (
        "sealing.identity.certificate",
        "usage",
    )


def test_an_identity_belongs_to_one_envelope_and_tells_the_truth(world, core):
    raw = made(core)
    other = world.envelope(seal_bid(world).raw).core
    assert refusal_of(raw, other)[0] == "sealing.identity.signature"
    identity = msgspec.json.decode(raw, type=Identity)
    for changes, code in (
        ({"organisation": "乙建设集团"}, "subject"),
        ({"uscc": "91310000MA1FL00009"}, "subject"),
        ({"signature": "00" * 64}, "signature"),
        ({"certificate": "none"}, "certificate"),
        ({"v": "LBI2"}, "json"),
        ({"uscc": "short"}, "json"),
    ):
        changed = encode(msgspec.structs.replace(identity, **changes))
        assert refusal_of(changed, core)[0] == f"sealing.identity.{code}"
    for field, value in (("ann", "ab" * 32), ("env", "ab" * 16), ("key", "ab" * 32), ("parts", core.parts[:2])):
        assert refusal_of(raw, msgspec.structs.replace(core, **{field: value}))[0] == "sealing.identity.signature"


def test_two_bids_of_one_bidder_void_each_other(world, core):
    identity = msgspec.json.decode(made(core), type=Identity)
    other = msgspec.structs.replace(identity, uscc="91310000MA1FL00002")
    assert duplicate_bidders({"a": identity, "b": other, "c": identity}) == {"a", "c"}
    assert duplicate_bidders({"a": identity, "b": other}) == frozenset()


def test_the_price_row_is_exact():
    assert read_price(price_json(1)).price_fen == 1
    for changed in (
        {"price_fen": 0},
        {"price_fen": True},
        {"duration_days": 0},
        {"quality": ""},
        {"manager": "x" * 201},
        {"extra": 1},
    ):
        row = {"price_fen": 1, "duration_days": 1, "quality": "合格", "manager": "王", **changed}
        with pytest.raises(SealingError, match=r"sealing\.price"):
            read_price(canonical(row))
    with pytest.raises(SealingError, match=r"sealing\.price"):
        read_price(price_json() + b"\n")


def test_receipts_and_refusals_are_the_platforms_for_this_lot(world):
    sealed = seal_bid(world)
    ann, subject = world.announcement.ann, world.announcement.body.subject
    receipt = Receipt(
        "LBR1",
        "commit",
        subject,
        ann,
        sealed.bid.digest,
        "2026-12-19T00:00:00.000Z",
        3,
        "ab" * 32,
        "cd" * 32,
        "2026-12-19T00:05:10.000Z",
    )
    refusal = Refusal(
        "LBN1", subject, ann, sealed.bid.digest, "2026-12-20T01:30:00.001Z", world.announcement.body.deadline, "x.late"
    )
    assert verify_receipt(sign_receipt(receipt, world.receipt), world.announcement, sealed.raw) == receipt
    assert verify_refusal(sign_refusal(refusal, world.receipt), world.announcement) == refusal
    stranger = Ed25519PrivateKey.generate()
    for raw, code in (
        (sign_receipt(receipt, stranger), "sig"),
        (sign_receipt(msgspec.structs.replace(receipt, ann="ab" * 32), world.receipt), "announcement"),
        (sign_receipt(msgspec.structs.replace(receipt, subject="lot:2"), world.receipt), "announcement"),
        (sign_receipt(msgspec.structs.replace(receipt, hash="ab" * 32), world.receipt), "hash"),
        (sign_receipt(msgspec.structs.replace(receipt, slot=-1), world.receipt), "body"),
        (sign_refusal(refusal, world.receipt), "body"),
    ):
        with pytest.raises(SealingError) as caught:
            verify_receipt(raw, world.announcement, sealed.raw)
        assert caught.value.code == f"sealing.receipt.{code}"
    for raw, code in (
        (sign_refusal(refusal, stranger), "sig"),
        (sign_refusal(msgspec.structs.replace(refusal, ann="ab" * 32), world.receipt), "announcement"),
    ):
        with pytest.raises(SealingError) as caught:
            verify_refusal(raw, world.announcement)
        assert caught.value.code == f"sealing.refusal.{code}"
    with pytest.raises(SealingError, match=r"sealing\.token"):
        token_digest("not hex")


def test_recovery_opens_only_with_its_passphrase(world):
    recovery = seal_bid(world).bid.recovery
    raw = write_recovery(recovery, "口令é")
    assert read_recovery(raw, "口令e\u0301") == recovery
    assert public_raw(recovery.signing_key()).hex() == public_raw(read_recovery(raw, "口令é").signing_key()).hex()
    file = msgspec.json.decode(raw)
    for changes, code in (
        ({"rounds": 599_999}, "weak"),
        ({"rounds": 10_000_001}, "weak"),
        ({"rounds": 600_001}, "passphrase"),
        ({"salt": "ab" * 16}, "passphrase"),
        ({"ct": "ab" * 99}, "passphrase"),
        ({"kdf": "scrypt"}, "format"),
        ({"extra": 1}, "format"),
    ):
        with pytest.raises(SealingError) as caught:
            read_recovery(canonical({**file, **changes}), "口令é")
        assert caught.value.code == f"sealing.recovery.{code}"
    with pytest.raises(SealingError, match=r"sealing\.part\.missing"):
        recovery.ck("other")


def test_key_files_carry_certificates_and_refuse_the_librarys_2048_rounds():
    key = Ed25519PrivateKey.generate()
    certificate = authority().issue(key, NAME, USCC)
    pem = write_key_file(key, "一个 passphrase", certificates=[certificate])
    opened = read_key_file(pem, "一个 passphrase")
    assert opened.certificates == (certificate,)
    assert opened.key.private_bytes_raw() == key.private_bytes_raw()
    weak = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
    with pytest.raises(SealingError, match=r"sealing\.keyfile\.weak"):
        read_key_file(weak, "x")
    with pytest.raises(SealingError, match=r"sealing\.keyfile\.format"):
        read_key_file(pem.replace(b"BEGIN CERTIFICATE-----\n", b"BEGIN CERTIFICATE-----\nAAAA"), "一个 passphrase")
    with pytest.raises(SealingError, match=r"sealing\.keyfile\.passphrase"):
        write_key_file(key, "")


def test_a_trustee_offers_keys_and_proves_them():
    sign, key = Ed25519PrivateKey.generate(), X25519PrivateKey.generate()
    listed = trustee_key(1, 1, key)
    raw = make_offer("lot:1", "公证处", public_raw(sign).hex(), [listed], sign)
    offer = verify_offer(raw, "lot:1")
    challenge, expected = make_challenge("lot:1", offer.keys[0])
    assert answer_challenge("lot:1", challenge, key) == expected
    with pytest.raises(SealingError, match=r"sealing\.possession"):
        answer_challenge("lot:1", challenge, X25519PrivateKey.generate())
    with pytest.raises(SealingError, match=r"sealing\.possession"):
        answer_challenge("lot:2", challenge, key)
    unsound = msgspec.structs.replace(listed, pk="00" * 32)
    renamed = msgspec.structs.replace(listed, kid="ab" * 16)
    for keys, subject, signer, code in (
        ([listed], "lot:2", sign, "subject"),
        ([listed], "lot:1", Ed25519PrivateKey.generate(), "sig"),
        ([unsound], "lot:1", sign, "keys"),
        ([renamed], "lot:1", sign, "keys"),
        ([listed, listed], "lot:1", sign, "keys"),
        ([], "lot:1", sign, "keys"),
    ):
        with pytest.raises(SealingError) as caught:
            verify_offer(make_offer(subject, "公证处", public_raw(sign).hex(), keys, signer), "lot:1")
        assert caught.value.code == f"sealing.offer.{code}"


def test_the_sealer_seals_each_part_once_and_wants_all(world):
    sealer = Sealer(world.announcement)
    sealer.add("price", [], BytesIO())
    with pytest.raises(SealingError, match=r"sealing\.seal\.twice"):
        sealer.add("price", [], BytesIO())
    with pytest.raises(SealingError, match=r"sealing\.announcement\.part"):
        sealer.add("other", [], BytesIO())
    with pytest.raises(SealingError, match=r"sealing\.envelope\.parts"):
        sealer.finish()
