"""The verifiable draw LBD1 (可验证抽取), pure: what is announced, hashed, mixed, shuffled and called in which order.

For evaluation experts (评标专家) and whatever else is drawn for a lot. Nothing here chooses: from what was announced,
committed, revealed and shown by the beacon follows one order for each specialty, and from the answers one panel
(招标投标法实施条例 46: at random). docs/spec/lbd1.md is the same in words; a few dozen lines of any language re-run it.
"""

import hashlib
import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Literal, NamedTuple

import msgspec

from bidding.sealing.documents import decode, encode
from bidding.sealing.errors import SealingError
from bidding.sealing.framing import Hex32, Instant, Subject, framed_hash, parse_instant, sha256
from bidding.sealing.signatures import sound_public_key
from trading.kernel import merkle
from trading.kernel.canonical import canonical

ALGORITHM = "LBD1"
AFTER_REVEALS = timedelta(minutes=10)
"""Least time between T2, when nothing can be revealed any more, and the beacon."""
ENOUGH = 3
"""Eligible experts for each one to be drawn or held in reserve: fewer, and the choice is widened first."""

Code = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,31}\Z")]
ShortText = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Value = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-z]{1,64}( [0-9a-z]{1,64}){0,31}\Z")]
"""What a beacon showed: lower case, single spaces; see `beacon_value`."""
Outcome = Literal["called", "accepted", "declined", "unanswered", "recused", "absent"]
_BETWEEN = re.compile(r"[\s,，、;；:：+|./-]+")
REFUSALS = ("declined", "unanswered")
"""What the announced cap on declines counts."""


class DrawError(SealingError):
    """A refusal by this engine: a code named in docs/spec/lbd1.md, such as `draw.announcement.times`."""


class _Exact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Quota(_Exact, frozen=True):
    """How many of a specialty (专业) are drawn, and for how many more there must be enough eligible."""

    specialty: Code
    quota: Annotated[int, msgspec.Meta(ge=1, le=99)]
    reserve: Annotated[int, msgspec.Meta(ge=0, le=99)]

    @property
    def least(self) -> int:
        """Eligible experts without which the specialty is not drawn."""
        return ENOUGH * (self.quota + self.reserve)


class Beacon(_Exact, frozen=True):
    """A public event nobody can foresee, such as issue 2026140 of a state lottery (彩票开奖)."""

    kind: Literal["lottery", "drand", "index"]
    name: ShortText
    issue: ShortText


class Roster(_Exact, frozen=True):
    """The snapshot of the roster (专家库快照): its root was journalled at least seven days before."""

    root: Hex32
    size: Annotated[int, msgspec.Meta(ge=1)]
    at: Instant


class Previous(_Exact, frozen=True):
    """The draw of the same lot before this one: its order goes on, or is replaced for another `eligible_root`."""

    ann: Hex32
    rule: Literal["continued", "reseeded"]


class DrawAnnouncement(_Exact, frozen=True):
    """Everything fixed before any randomness (抽取公告)."""

    v: Literal["LBDA1"]
    algorithm: Literal["LBD1"]
    subject: Subject
    lot: Subject
    quotas: tuple[Quota, ...]
    """In quota order: specialties are called one after the other."""
    declines: Annotated[int, msgspec.Meta(ge=0)]
    """Most declines (unanswered calls are declines) in one specialty; one more, and its order counts as exhausted."""
    call_window: Annotated[int, msgspec.Meta(ge=1)]
    """Seconds to answer in; then the call counts as unanswered."""
    regions: tuple[ShortText, ...]
    """Regions whose experts are eligible; none named: all."""
    apart: tuple[ShortText, ...]
    """Tenderer and agency, whose own people are not eligible. Never a bidder."""
    commit_until: Instant
    reveal_until: Instant
    settled_by: Instant
    beacon_at: Instant
    beacons: tuple[Beacon, ...]
    """The first counts; the next only if the one before it is attested missing."""
    parties: tuple[Code, ...]
    """Who commits, in this order."""
    roster: Roster
    gateway: Hex32
    """Public key (Ed25519) of the gateway (呼叫网关) that signs every answer."""
    previous: Previous | None


def announce_text(announcement: DrawAnnouncement) -> bytes:
    """The canonical text, after every rule has been checked."""
    for name, rule in _RULES.items():
        try:
            held = rule(announcement)
        except SealingError:
            held = False
        if not held:
            raise DrawError(f"draw.announcement.{name}")
    return encode(announcement)


def announcement_digest(text: bytes) -> bytes:
    """`ann`: 32 bytes that stand for the announcement in every hash below."""
    return sha256(text)


def parse_announcement(text: bytes) -> DrawAnnouncement:
    """The announcement from its exact text."""
    try:
        announcement = decode(text, DrawAnnouncement, "draw.announcement.body")
    except SealingError as error:
        raise DrawError(error.code) from error
    announce_text(announcement)
    return announcement


def _times(a: DrawAnnouncement) -> bool:
    commit, reveal, settled, beacon = map(parse_instant, (a.commit_until, a.reveal_until, a.settled_by, a.beacon_at))
    return commit < reveal < settled and settled + AFTER_REVEALS <= beacon


def _distinct(items: Sequence[Hashable], least: int, most: int) -> bool:
    return least <= len(items) <= most and len(set(items)) == len(items)


_RULES: dict[str, Callable[[DrawAnnouncement], bool]] = {
    "subject": lambda a: a.subject.startswith("draw:"),
    "quotas": lambda a: _distinct([quota.specialty for quota in a.quotas], 1, 32),
    "times": _times,
    "beacons": lambda a: _distinct(a.beacons, 2, 4),
    "parties": lambda a: _distinct(a.parties, 2, 8),
    "gateway": lambda a: sound_public_key(bytes.fromhex(a.gateway)),
    "roster": lambda a: parse_instant(a.roster.at) < parse_instant(a.commit_until),
}


def roster_leaf(salt: bytes, expert: Mapping[str, Any]) -> bytes:
    """One person, one leaf: `H(0x00 ‖ salt ‖ canonical(expert))`, the salt 32 random bytes of this expert's own."""
    if len(salt) != 32:
        raise DrawError("draw.roster.salt")
    return merkle.leaf_hash(salt + canonical(dict(expert)))


def roster_root(leaves: Iterable[bytes]) -> bytes:
    """RFC 6962 root over the leaves, sorted, each once."""
    ordered = sorted(leaves)
    if len(set(ordered)) != len(ordered):
        raise DrawError("draw.roster.twice")
    return merkle.root(ordered)


def eligible_root(leaves: Iterable[bytes]) -> bytes:
    """The same over the eligible leaves of one specialty; their sorted order numbers them from 0."""
    return roster_root(leaves)


def commit_hash(ann: bytes, party: str, r: bytes) -> bytes:
    """A party's commitment to the 32 random bytes it made on its own machine."""
    if len(ann) != 32 or len(r) != 32:
        raise DrawError("draw.commit.form")
    return framed_hash("LBD1/commit", ann, party, r)


def beacon_value(typed: str) -> str:
    """What two witnesses typed, in the one form that enters the seed: groups of digits or letters, a space between."""
    value = _BETWEEN.sub(" ", typed).strip().lower()
    try:
        return msgspec.convert(value, Value)
    except msgspec.ValidationError as error:
        raise DrawError("draw.beacon.form") from error


Party = tuple[str, bytes | None, bytes | None]
"""Name, commitment, revealed r; None where there is none."""


def seed(ann: bytes, eligible_roots: Sequence[bytes], parties: Sequence[Party], beacons: Sequence[str | None]) -> bytes:
    """The 32 bytes everything follows from: one root a specialty, every party, every announced beacon (None: missing).

    What is missing is empty, so nobody can stop a draw by keeping silent; the beacon comes after all reveals, so nobody
    can choose by keeping silent either.
    """
    items: list[bytes | str] = ["LBD1/seed", ann, *eligible_roots]
    if any(len(item) != 32 for item in (ann, *eligible_roots)):
        raise DrawError("draw.seed.form")
    for party, commit, r in parties:
        if r is not None and (commit is None or commit_hash(ann, party, r) != commit):
            raise DrawError("draw.reveal.other", party=party)
        items += [party, commit or b"", r or b""]
    shown = [value for value in beacons if value is not None]
    if len(shown) != 1:
        raise DrawError("draw.beacon.count")
    return framed_hash(*items, *(beacon_value(value) if value else b"" for value in beacons))


class Stream:
    """Unbiased numbers from a seed: a SHA-256 counter stream read as big-endian u64, what would bias it thrown away."""

    def __init__(self, seed: bytes, specialty: str) -> None:
        self._key = framed_hash("LBD1/stream", seed, specialty)
        self._counter = 0
        self._words: list[int] = []

    def below(self, bound: int) -> int:
        """The next number of 0 … bound − 1."""
        usable = 2**64 - 2**64 % bound
        while True:
            if not self._words:
                block = hashlib.sha256(self._key + self._counter.to_bytes(8, "big")).digest()
                self._words = [int.from_bytes(block[i : i + 8], "big") for i in (24, 16, 8, 0)]
                self._counter += 1
            word = self._words.pop()
            if word < usable:
                return word % bound


def permutation(seed: bytes, specialty: str, n: int) -> tuple[int, ...]:
    """Fisher–Yates from the front: place i takes one of those not yet placed, so the first k need only k numbers."""
    places, below = list(range(n)), Stream(seed, specialty).below
    for i in range(n - 1):
        j = i + below(n - i)
        places[i], places[j] = places[j], places[i]
    return tuple(places)


def order(seed: bytes, specialty: str, eligible: Iterable[bytes]) -> tuple[bytes, ...]:
    """The eligible leaves of a specialty in the order they are called in."""
    leaves = sorted(eligible)
    return tuple(leaves[i] for i in permutation(seed, specialty, len(leaves)))


class Place(NamedTuple):
    """A position in the order of a specialty."""

    specialty: str
    position: int


@dataclass(frozen=True)
class Progress:
    """Where calling stands; `call` is what must be called now, and nothing else may be."""

    state: Literal["calling", "complete", "exhausted"]
    call: tuple[Place, ...]
    pending: tuple[Place, ...]
    seated: tuple[Place, ...]
    exhausted: str | None = None
    """The specialty in which nobody is left, or which was declined too often."""


def panel(
    orders: Mapping[str, Sequence[Hashable]],
    quotas: Sequence[Quota],
    outcomes: Mapping[Place, Outcome] | Mapping[tuple[str, int], Outcome],
    *,
    declines: int,
) -> Progress:
    """Who sits, who is being called, who comes next: a function of the orders and the answers alone.

    Specialties one after the other, as many calls at once as seats are free. One person is called once, whatever comes
    of it, in the specialty that comes to him first; in every other order he is passed over.
    """
    known = {Place(*place): outcome for place, outcome in outcomes.items()}
    called = {orders[place.specialty][place.position]: place for place in known}
    seated: list[Place] = []
    pending: list[Place] = []
    state: Literal["calling", "complete", "exhausted"] = "complete"
    call: list[Place] = []
    short: str | None = None
    for quota in quotas:
        told = [(place, outcome) for place, outcome in known.items() if place.specialty == quota.specialty]
        mine = sorted(place for place, outcome in told if outcome == "accepted")
        waiting = sorted(place for place, outcome in told if outcome == "called")
        seated += mine
        pending += waiting
        if len(mine) >= quota.quota or state != "complete":
            continue
        places = (Place(quota.specialty, i) for i, leaf in enumerate(orders[quota.specialty]) if leaf not in called)
        free = quota.quota - len(mine) - len(waiting)
        call = [place for place, _ in zip(places, range(free), strict=False)]
        refused = sum(outcome in REFUSALS for _, outcome in told)
        if refused > declines or len(call) < free:
            state, short, call = "exhausted", quota.specialty, []
        else:
            state = "calling"
    return Progress(state, tuple(call), tuple(pending), tuple(seated), short)


def carried(outcomes: Mapping[Place, Outcome]) -> dict[Place, Outcome]:
    """What a continued draw begins with: who declined, stays so; who had accepted is called again, first as before.

    So cancelling exchanges nobody.
    """
    return {place: outcome for place, outcome in outcomes.items() if outcome not in ("accepted", "called")}
