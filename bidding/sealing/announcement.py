"""The announcement (密钥公告): what pins a lock-box before the first envelope exists (LBE1 §3).

Valid only with the signatures of all trustees over its complete bytes; keys stand per lot and per phase, so that
opening the technical parts says nothing about prices.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Annotated, Literal

import msgspec

from bidding.sealing.documents import decode, encode
from bidding.sealing.errors import SealingError
from bidding.sealing.framing import Hex16, Hex32, Instant, PartId, Subject, lp, parse_instant, sha256, unhex
from bidding.sealing.layout import Padding
from bidding.sealing.signatures import Signs, sound_public_key, verify_ed25519
from bidding.sealing.suites import SUITES, kid
from trading.kernel.journal.schedule import Schedule

Seat = Literal["tenderer", "agency", "operator", "supervisor", "notary", "bidders", "industry", "public"]
ShortText = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Phase = Annotated[int, msgspec.Meta(ge=1, le=9)]
_INTERESTED = {"operator", "tenderer", "agency"}
_PINNED = ("subject", "lock", "t", "n", "suites", "trustees", "parts")


class _Exact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class TrusteeKey(_Exact, frozen=True):
    """A trustee's key for one suite and one phase of this lot alone."""

    suite: int
    phase: Phase
    pk: Hex32
    kid: Hex16


class Trustee(_Exact, frozen=True):
    """A seat (席位): who holds share x."""

    x: int
    seat: Seat
    organisation: ShortText
    sign: Hex32
    keys: tuple[TrusteeKey, ...]


class PartRule(_Exact, frozen=True):
    """A part, the phase it opens in, how it is padded."""

    id: PartId
    phase: Phase
    pad: Padding
    required: bool


class Log(_Exact, frozen=True):
    """The journal whose checkpoints count."""

    origin: ShortText
    key: Hex32


class Slots(_Exact, frozen=True):
    """The schedule of blind slots (盲时段), in seconds."""

    first: Instant
    length: Annotated[int, msgspec.Meta(ge=1)]
    last_hour: Annotated[int, msgspec.Meta(ge=1)]
    last: Instant


class WitnessKey(_Exact, frozen=True):
    """One witness (见证方)."""

    name: ShortText
    key: Hex32


class Witness(_Exact, frozen=True):
    """Whose cosignatures count, and how many are needed."""

    keys: tuple[WitnessKey, ...]
    quorum: Annotated[int, msgspec.Meta(ge=0)]


class AnnouncementBody(_Exact, frozen=True):
    """Every field that the trustees sign."""

    v: Literal["LBA1"]
    subject: Subject
    version: Annotated[int, msgspec.Meta(ge=1)]
    prev_ann: Hex32 | None
    deadline: Instant
    lock: Literal["trustees", "both"]
    t: int
    n: int
    suites: tuple[int, ...]
    trustees: tuple[Trustee, ...]
    parts: tuple[PartRule, ...]
    min_envelopes: Annotated[int, msgspec.Meta(ge=1)]
    release: Annotated[str, msgspec.Meta(pattern=r"\A(deadline|entry:[a-z0-9_.:-]{1,64})\Z")]
    documents: Hex32
    profile: Hex32
    log: Log
    receipt_key: Hex32
    slots: Slots
    witness: Witness
    timestamp: Literal["witness", "rfc3161"]
    rescue: Annotated[str, msgspec.Meta(pattern=r"\A[a-z0-9-]{1,64}\Z")]


class _Signature(_Exact, frozen=True):
    x: int
    sig: str


class _File(_Exact, frozen=True):
    body: str
    signatures: tuple[_Signature, ...]


@dataclass(frozen=True)
class Announcement:
    """A verified announcement: its fields, its digest `ann`, its exact bytes."""

    body: AnnouncementBody
    ann: str
    raw: bytes

    @cached_property
    def deadline(self) -> datetime:
        """The instant after which nothing is accepted (投标截止时间)."""
        return parse_instant(self.body.deadline)

    @cached_property
    def schedule(self) -> Schedule:
        """The blind slots (盲时隙) of this lot, as the journal counts them."""
        slots = self.body.slots
        return Schedule(
            parse_instant(slots.first),
            parse_instant(slots.last),
            timedelta(seconds=slots.length),
            timedelta(seconds=slots.last_hour),
        )

    @property
    def phases(self) -> tuple[int, ...]:
        """The phases that occur, ascending."""
        return tuple(sorted({part.phase for part in self.body.parts}))

    def part(self, part: str, code: str = "sealing.announcement.part") -> PartRule:
        """The rule of a part, or a refusal with `code`."""
        for rule in self.body.parts:
            if rule.id == part:
                return rule
        raise SealingError(code, part=part)

    def trustee(self, x: int, code: str = "sealing.announcement.trustee") -> Trustee:
        """Who sits at x."""
        if not 1 <= x <= self.body.n:
            raise SealingError(code, x=x)
        return self.body.trustees[x - 1]

    def key(self, x: int, suite: int, phase: int) -> TrusteeKey:
        """The key a share for seat x is sealed to."""
        for key in self.trustee(x).keys:
            if (key.suite, key.phase) == (suite, phase):
                return key
        raise SealingError("sealing.announcement.keys", x=x)


def announcement_text(body: AnnouncementBody) -> bytes:
    """The bytes to be signed and hashed, after every rule has been checked."""
    _check(body)
    return encode(body)


def announcement_digest(text: bytes) -> str:
    """`ann`."""
    return sha256(text).hex()


def sign_announcement(text: bytes, signer: Signs) -> str:
    """One trustee's signature, in hex."""
    return signer.sign(lp("LBE1/announce", text)).hex()


def check_signature(text: bytes, trustee: Trustee, signature: str) -> None:
    """Refuses a signature that is not this trustee's over these bytes."""
    code = "sealing.announcement.signatures"
    if not verify_ed25519(bytes.fromhex(trustee.sign), unhex(signature, 64, code), lp("LBE1/announce", text)):
        raise SealingError(code, x=trustee.x)


def assemble_announcement(text: bytes, signatures: Mapping[int, str]) -> bytes:
    """The file, from the signed text and the signature of every seat."""
    signed = tuple(_Signature(x=x, sig=signatures[x]) for x in sorted(signatures))
    return encode(_File(body=text.decode(), signatures=signed))


def parse_body(text: bytes) -> AnnouncementBody:
    """A draft's fields from its canonical text, every rule checked, before anyone has signed."""
    body = decode(text, AnnouncementBody, "sealing.announcement.body")
    _check(body)
    return body


def verify_announcement(raw: bytes) -> Announcement:
    """The announcement, if it keeps every rule and carries all trustees' signatures."""
    if len(raw) > 1024 * 1024:
        raise SealingError("sealing.announcement.json")
    file = decode(raw, _File, "sealing.announcement.json")
    text = file.body.encode()
    body = parse_body(text)
    if [signature.x for signature in file.signatures] != [trustee.x for trustee in body.trustees]:
        raise SealingError("sealing.announcement.signatures")
    for trustee, signature in zip(body.trustees, file.signatures, strict=True):
        check_signature(text, trustee, signature.sig)
    return Announcement(body=body, ann=announcement_digest(text), raw=raw)


def compatible(old: AnnouncementBody, new: AnnouncementBody) -> bool:
    """Whether envelopes sealed under `old` stay valid under `new`: same threshold, keys and parts."""
    return all(getattr(old, name) == getattr(new, name) for name in _PINNED)


def reduced_secrecy(body: AnnouncementBody) -> bool:
    """保密强度降低: the platform, the tenderer and its agency could open alone, or the operator holds two seats."""
    seats = [trustee.seat for trustee in body.trustees]
    return sum(seat in _INTERESTED for seat in seats) >= body.t or seats.count("operator") > 1


def _check(body: AnnouncementBody) -> None:
    for name, rule in _RULES.items():
        if not rule(body):
            raise SealingError(f"sealing.announcement.{name}")
    parse_instant(body.slots.first, "sealing.announcement.slots")
    parse_instant(body.deadline, "sealing.announcement.deadline")


def _distinct(items: Iterable[str]) -> bool:
    listed = list(items)
    return len(set(listed)) == len(listed)


def _keys_complete(body: AnnouncementBody) -> bool:
    wanted = [(suite, phase) for suite in body.suites for phase in sorted({part.phase for part in body.parts})]
    keys = [key for trustee in body.trustees for key in trustee.keys]
    return _distinct(key.pk for key in keys) and all(
        [(key.suite, key.phase) for key in trustee.keys] == wanted for trustee in body.trustees
    )


def _keys_sound(body: AnnouncementBody) -> bool:
    return all(
        SUITES[key.suite].sound_public_key(bytes.fromhex(key.pk))
        and key.kid == kid(key.suite, key.phase, bytes.fromhex(key.pk))
        for trustee in body.trustees
        for key in trustee.keys
    )


# In this order: a later rule may rely on an earlier one.
_RULES: dict[str, Callable[[AnnouncementBody], bool]] = {
    "version": lambda b: (b.version == 1) == (b.prev_ann is None),
    "lock": lambda b: b.lock == "trustees",
    "threshold": lambda b: 2 <= b.t < b.n <= 16,
    "suites": lambda b: bool(b.suites) and list(b.suites) == sorted(set(b.suites)) and set(b.suites) <= set(SUITES),
    "trustees": lambda b: (
        [trustee.x for trustee in b.trustees] == list(range(1, b.n + 1))
        and _distinct(trustee.sign for trustee in b.trustees)
        and all(sound_public_key(bytes.fromhex(trustee.sign)) for trustee in b.trustees)
    ),
    "parts": lambda b: 1 <= len(b.parts) <= 16 and _distinct(part.id for part in b.parts),
    "keys": lambda b: _keys_complete(b) and _keys_sound(b),
    "log": lambda b: sound_public_key(bytes.fromhex(b.log.key)),
    "receipt_key": lambda b: sound_public_key(bytes.fromhex(b.receipt_key)),
    "slots": lambda b: b.slots.last == b.deadline and b.slots.first < b.slots.last,
    "witness": lambda b: (
        _distinct(witness.name for witness in b.witness.keys)
        and _distinct(witness.key for witness in b.witness.keys)
        and b.witness.quorum <= len(b.witness.keys)
        and (b.witness.quorum * 2 > len(b.witness.keys) or not b.witness.keys)
    ),
}
