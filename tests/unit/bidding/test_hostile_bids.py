"""One bid must not stop the opening of all: what its bidder seals is at worst void, here and in `verify` alike."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID, ObjectIdentifier

from bidding.proof.revealed import files_digest, in_entries
from bidding.sealing.content import Identity, build_identity, identity_message, read_price, verify_identity
from bidding.sealing.documents import encode
from bidding.sealing.errors import SealingError
from bidding.sealing.layout import FileEntry, Index, PlaintextReader, padded_length
from tests.factories.sealing import DEADLINE, authority, make_world, seal_bid
from trading.kernel.canonical import canonical
from trading.kernel.journal.tiles import LARGEST_ENTRY

NAME, USCC = "甲建设集团", "91310000MA1FL00001"
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_thousands_of_empty_files_are_read():
    index = Index(v="LBF1", files=tuple(FileEntry(name=f"{n}", size=0, sha256=EMPTY) for n in range(8000)))
    head, opened = index.framed(), []
    plain = head + bytes(padded_length(len(head), "step") - len(head))
    reader = PlaintextReader("step", lambda entry: opened.append(entry.name))
    for at in range(0, len(plain), 100_000):
        reader.feed(memoryview(plain[at : at + 100_000]))
    assert reader.finish() == index
    assert opened == [str(n) for n in range(8000)]


@pytest.mark.parametrize("character", ["\x00", "\n", "\x1f", "\x7f", "\x85"])
def test_control_characters_are_not_read_aloud(character):
    said = {"price_fen": 1, "duration_days": 1, "quality": f"合格{character}", "manager": "王某"}
    with pytest.raises(SealingError, match=r"sealing\.price"):
        read_price(canonical(said))
    assert read_price(canonical({**said, "quality": "合格 A+"})).quality == "合格 A+"


def test_a_control_character_is_refused_before_it_is_sealed():
    key = Ed25519PrivateKey.generate()
    with pytest.raises(SealingError, match=r"sealing\.identity\.json"):
        build_identity(authority().issue(key, NAME, USCC), key, b"", deposit_reference="a\x00")


def crooked(issuer: Ed25519PrivateKey, key: Ed25519PrivateKey, subject: str, of: str) -> x509.CertificateBuilder:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, of)]))
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(at)
        .not_valid_after(at + timedelta(days=3650))
    )


def test_a_certificate_that_breaks_its_reader_is_void():
    """An issuer of the bidder's own making, below his genuine certificate, with extensions that cannot be parsed."""
    core = _core()
    own, key = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    genuine = authority().issue(own, NAME, USCC)
    broken = x509.UnrecognizedExtension(ObjectIdentifier("2.5.29.19"), b"\x30\x80nonsense")
    issuer = crooked(own, own, "crooked", "anyone").add_extension(broken, critical=True).sign(own, None)
    leaf = crooked(own, key, "leaf", "crooked").sign(own, None)
    pem = [item.public_bytes(Encoding.PEM).decode() for item in (leaf, issuer, genuine)]
    message = identity_message(core.ann, core.env, core.key, core.parts)
    raw = encode(
        Identity(
            v="LBI1",
            organisation=NAME,
            uscc=USCC,
            deposit_reference=None,
            certificate=pem[0],
            chain=(pem[1], pem[2]),
            signature=key.sign(message).hex(),
        )
    )
    with pytest.raises(SealingError, match=r"sealing\.identity\.certificate"):
        verify_identity(raw, core, roots=[authority().certificate], at=DEADLINE)


def test_results_of_any_number_of_bids_fit_the_journal():
    files = files_digest((f"{n}" * 60, EMPTY) for n in range(5000))
    facts = {"organisation": "𠀀" * 200, "uscc": USCC, "deposit_reference": '"' * 200}
    results = [
        {"env": f"{n:032x}", "part": "identity", "code": None, "facts": facts, "files": files} for n in range(400)
    ]
    groups = in_entries(results)
    assert [item for group in groups for item in group] == results
    assert max(len(canonical({"phase": 1, "parts": group})) for group in groups) < LARGEST_ENTRY - 2000
    assert in_entries(results[:3]) == [results[:3]]
    assert in_entries([]) == [[]]


def _core():
    world = make_world()
    return world.envelope(seal_bid(world).raw).core
