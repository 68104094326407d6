"""Builders for sealing tests: an announcement with real trustees, a demonstration CA, a sealed bid."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.x509.oid import NameOID

from bidding.sealing.announcement import (
    Announcement,
    AnnouncementBody,
    Log,
    PartRule,
    Seat,
    Slots,
    Trustee,
    Witness,
    WitnessKey,
    announcement_text,
    assemble_announcement,
    sign_announcement,
    verify_announcement,
)
from bidding.sealing.batch import make_batch
from bidding.sealing.box import Act, Box, commit_body, derive_box, parse_act
from bidding.sealing.content import PRICE_FILE, CertificateKey
from bidding.sealing.envelope import Envelope, verify_envelope
from bidding.sealing.objects import Source
from bidding.sealing.offer import trustee_key
from bidding.sealing.sealer import SealedBid, Sealer
from bidding.sealing.signatures import public_raw
from bidding.sealing.submission import document_digest
from trading.kernel.canonical import canonical

SUBJECT = "lot:01936f0e-7b7a-7cc0-8000-000000000001"
DEADLINE = datetime(2026, 12, 20, 1, 30, tzinfo=UTC)
PARTS = (
    PartRule(id="identity", phase=1, pad="step", required=True),
    PartRule(id="technical", phase=2, pad="padme", required=True),
    PartRule(id="price", phase=2, pad="step", required=True),
)
SEATS: tuple[Seat, ...] = ("tenderer", "supervisor", "notary", "public", "industry")


@dataclass
class Hands:
    """A trustee: signing key and one sealing key a phase."""

    x: int
    sign: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    keys: dict[int, X25519PrivateKey] = field(
        default_factory=lambda: {1: X25519PrivateKey.generate(), 2: X25519PrivateKey.generate()}
    )

    def listed(self) -> Trustee:
        """The public half."""
        keys = tuple(trustee_key(1, phase, self.keys[phase]) for phase in sorted(self.keys))
        seat = SEATS[(self.x - 1) % len(SEATS)]
        return Trustee(x=self.x, seat=seat, organisation=f"机构{self.x}", sign=public_raw(self.sign).hex(), keys=keys)

    def key_of(self, kid: str) -> X25519PrivateKey | None:
        """The private key behind a kid."""
        return next((self.keys[key.phase] for key in self.listed().keys if key.kid == kid), None)


@dataclass
class World:
    """An announced lot with everybody's private keys."""

    hands: list[Hands]
    receipt: Ed25519PrivateKey
    announcement: Announcement

    def envelope(self, raw: bytes) -> Envelope:
        """A verified envelope."""
        return verify_envelope(raw, self.announcement)

    def batch(self, x: int, part: str, box: Box, key: X25519PrivateKey | None = None) -> bytes:
        """Seat x's batch, by another key if one is given."""
        hands = self.hands[x - 1]
        key_of = hands.key_of if key is None else (lambda _: key)
        return make_batch(self.announcement, box.root, box.envelopes, part=part, x=x, key_of=key_of, signer=hands.sign)

    def box(self, *raws: bytes) -> Box:
        """The box of these envelopes, one minute apart."""
        acts = [
            act_of(
                commit_body(self.envelope(raw), DEADLINE - timedelta(minutes=100 - number)),
                number,
                self.announcement.body.subject,
            )
            for number, raw in enumerate(raws)
        ]
        return derive_box([self.announcement], acts, {document_digest(raw): raw for raw in raws}, DEADLINE)


def act_of(body: bytes, slot: int, subject: str = SUBJECT) -> Act:
    """The act an opened slot's entry stands for."""
    act = parse_act(body, slot, subject)
    assert act is not None
    return act


def body_of(hands: Sequence[Hands], receipt: Ed25519PrivateKey, t: int, **changes: object) -> AnnouncementBody:
    """A lawful body, with changes."""
    other = public_raw(Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)).hex()
    body = AnnouncementBody(
        v="LBA1",
        subject=SUBJECT,
        version=1,
        prev_ann=None,
        deadline="2026-12-20T01:30:00.000Z",
        lock="trustees",
        t=t,
        n=len(hands),
        suites=(1,),
        trustees=tuple(item.listed() for item in hands),
        parts=PARTS,
        min_envelopes=3,
        release="deadline",
        documents="aa" * 32,
        profile="bb" * 32,
        log=Log(origin="demo/trading.example", key=other),
        receipt_key=public_raw(receipt).hex(),
        slots=Slots(first="2026-11-28T01:30:00.000Z", length=300, last_hour=60, last="2026-12-20T01:30:00.000Z"),
        witness=Witness(keys=(WitnessKey(name="witness.example", key=other),), quorum=1),
        timestamp="witness",
        rescue="recovery-file",
    )
    return msgspec.structs.replace(body, **changes)


def sign_all(body: AnnouncementBody, hands: Sequence[Hands]) -> bytes:
    """The complete announcement file."""
    text = announcement_text(body)
    return assemble_announcement(text, {item.x: sign_announcement(text, item.sign) for item in hands})


def make_world(t: int = 2, n: int = 3, **changes: object) -> World:
    """A fresh announced lot."""
    hands = [Hands(x) for x in range(1, n + 1)]
    receipt = Ed25519PrivateKey.generate()
    announcement = verify_announcement(sign_all(body_of(hands, receipt, t, **changes), hands))
    return World(hands=hands, receipt=receipt, announcement=announcement)


def price_json(fen: int = 123_456_700) -> bytes:
    """A price row."""
    return canonical({"price_fen": fen, "duration_days": 360, "quality": "合格", "manager": "王工"})


@dataclass(frozen=True)
class Authority:
    """A certification authority with one issued certificate a bidder."""

    key: Ed25519PrivateKey
    certificate: x509.Certificate | None

    def issue(
        self,
        key: CertificateKey,
        organisation: str,
        uscc: str,
        *,
        days: int = 3650,
        ca: bool = False,
        digital_signature: bool = True,
        serial: int | None = None,
    ) -> x509.Certificate:
        """A certificate valid from 2026-01-01."""
        start = datetime(2026, 1, 1, tzinfo=UTC)
        usage = x509.KeyUsage(
            digital_signature=digital_signature,
            content_commitment=True,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=ca,
            crl_sign=ca,
            encipher_only=False,
            decipher_only=False,
        )
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
                x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, uscc),
            ]
        )
        issuer = subject if self.certificate is None else self.certificate.subject
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(serial or x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .sign(self.key, None)
        )


@cache
def authority() -> Authority:
    """The demonstration CA."""
    key = Ed25519PrivateKey.from_private_bytes(b"\x11" * 32)
    return Authority(key, Authority(key, None).issue(key, "演示CA", "91110000000000000X", ca=True))


@dataclass
class Sealed:
    """A sealed bid with its ciphertexts."""

    bid: SealedBid
    ciphertexts: dict[str, bytes]
    sealer_key: Ed25519PrivateKey

    @property
    def raw(self) -> bytes:
        """The envelope's bytes."""
        return self.bid.envelope


def seal_bid(
    world: World,
    *,
    uscc: str = "91310000MA1FL00001",
    organisation: str = "甲建设集团",
    key: Ed25519PrivateKey | None = None,
    prev: str | None = None,
    files: Mapping[str, Sequence[Source]] | None = None,
    fen: int = 123_456_700,
) -> Sealed:
    """A whole bid, sealed as a bidder would."""
    submission = key or Ed25519PrivateKey.generate()
    sealer = Sealer(world.announcement, key=submission, prev=prev)
    given = files or {
        "technical": [Source.of_bytes("施工组织设计.pdf", b"%PDF-1.7 technical " * 2000)],
        "price": [Source.of_bytes(PRICE_FILE, price_json(fen))],
    }
    outs: dict[str, BytesIO] = {part: BytesIO() for part in (*given, "identity")}
    for part, sources in given.items():
        sealer.add(part, sources, outs[part])
    certificate_key = Ed25519PrivateKey.generate()
    certificate = authority().issue(certificate_key, organisation, uscc)
    sealer.add_identity(certificate, certificate_key, outs["identity"], deposit_reference="DR-1")
    bid = sealer.finish()
    return Sealed(bid=bid, ciphertexts={part: out.getvalue() for part, out in outs.items()}, sealer_key=submission)
