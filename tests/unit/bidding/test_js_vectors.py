"""A bid sealed by the JavaScript twin (web/src/bidding/sealing) opens with the Python engine, to the last file."""

import json
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.x509 import load_pem_x509_certificate

from bidding.sealing import shamir
from bidding.sealing.announcement import Announcement, verify_announcement
from bidding.sealing.batch import open_share
from bidding.sealing.content import read_price, verify_identity
from bidding.sealing.envelope import Envelope, verify_envelope
from bidding.sealing.keyfile import read_key_file
from bidding.sealing.objects import context, decrypt_part
from bidding.sealing.recovery import read_recovery
from bidding.sealing.signatures import public_raw
from bidding.sealing.submission import verify_replacement, verify_withdrawal
from tests.vectors import make_inclusion

VECTORS = Path(__file__).parents[2] / "vectors"


@pytest.fixture(scope="module")
def bid() -> Any:
    return json.loads((VECTORS / "js" / "bid.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def announcement(bid: Any) -> Announcement:
    return verify_announcement(bid["announcement"].encode())


@pytest.fixture(scope="module")
def envelope(bid: Any, announcement: Announcement) -> Envelope:
    return verify_envelope(bid["envelope"].encode(), announcement)


def opened(bid: Any, announcement: Announcement, envelope: Envelope, part: str) -> tuple[bytes, dict[str, bytes]]:
    """A part's key from two trustees' shares, and its files."""
    trustees = json.loads((VECTORS / "announcement.json").read_text(encoding="utf-8"))["trustees"]
    rule, points = announcement.part(part), {}
    for row in trustees[1:]:
        secret = X25519PrivateKey.from_private_bytes(bytes.fromhex(row["hpke"][str(rule.phase)]))
        share = open_share(envelope, part, row["x"], secret)
        assert share.code is None
        assert share.y is not None
        points[row["x"]] = bytes.fromhex(share.y)
    ck = shamir.interpolate(points)
    found: dict[str, BytesIO] = {}
    entry = envelope.entry(part)
    decrypt_part(
        BytesIO(bytes.fromhex(bid["objects"][part])),
        ck=ck,
        bound_to=context(announcement.ann, envelope.env, part),
        pad=rule.pad,
        root=bytes.fromhex(entry.obj),
        size=entry.size,
        sink=lambda file: found.setdefault(file.name, BytesIO()),
    )
    return ck, {name: data.getvalue() for name, data in found.items()}


def test_every_part_opens(bid, announcement, envelope):
    assert envelope.digest == bid["digest"]
    recovery = read_recovery(bid["recovery"].encode(), bid["passphrase"])
    assert (recovery.ann, recovery.env, recovery.envelope) == (announcement.ann, envelope.env, envelope.digest)
    assert public_raw(recovery.signing_key()).hex() == envelope.core.key
    files = {}
    for part in ("identity", "technical", "price"):
        ck, files[part] = opened(bid, announcement, envelope, part)
        assert recovery.ck(part) == ck
    assert read_price(files["price"]["price.json"]).price_fen == bid["price_fen"]
    assert files["technical"] == {"施工组织设计.txt": "深基坑支护方案\n".encode() * 50, "empty": b""}
    root = load_pem_x509_certificate(json.loads((VECTORS / "envelope.json").read_text(encoding="utf-8"))["ca"].encode())
    at = datetime(2026, 12, 20, tzinfo=UTC)
    identity = verify_identity(files["identity"]["identity.json"], envelope.core, roots=[root], at=at)
    assert (identity.organisation, identity.deposit_reference) == ("甲建设集团", "DR-7")


def test_replaced_and_withdrawn_by_the_same_key(bid, announcement, envelope):
    replacement = verify_envelope(bid["replacement"].encode(), announcement)
    verify_replacement(replacement, envelope)
    assert verify_withdrawal(bid["withdrawal"].encode(), envelope).prev == envelope.digest


def test_its_key_file_is_an_ordinary_one(bid):
    file = read_key_file(bid["key_file"].encode(), bid["passphrase"])
    (certificate,) = file.certificates
    assert certificate.public_key() == file.key.public_key()


def test_the_inclusion_vector_is_what_the_journal_makes():
    assert make_inclusion.FILE.read_text(encoding="utf-8") == make_inclusion.render()
