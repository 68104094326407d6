"""A draw played in memory with the engine's own functions: what a platform would publish and journal of it.

Parties, experts and the gateway have their keys here; `forger_of_draw` leaves the gateway's out.
"""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Literal
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.sealing.framing import format_instant
from experts import draw
from experts.answers import Answer, sign_answer, verify_answer
from experts.draw import Beacon, DrawAnnouncement, Outcome, Place, Previous, Quota, Roster
from experts.proof import facts
from experts.proof.documents import (
    DRAW_FORMAT,
    ELIGIBLE,
    Called,
    Committed,
    DrawDocument,
    Filtered,
    Missing,
    Noted,
    Order,
    Replaced,
    Revealed,
    Seat,
    Shown,
)
from trading.kernel.canonical import canonical

DRAW = "draw:01936f0e-7b7a-7cc0-8000-0000000000d1"
LOT = "lot:01936f0e-7b7a-7cc0-8000-000000000001"
ROSTER = "roster:local"
PARTIES = ("centre", "supervisor", "tenderer")
START = datetime(2026, 12, 18, 1, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
Put = Callable[[str, str, datetime, Mapping[str, Any]], str]


def pinned(label: str) -> bytes:
    """32 bytes that look random and are always the same."""
    return sha256(f"draw/{label}".encode()).digest()


def gateway_key(label: str = "gateway") -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(pinned(label))


def public(key: Ed25519PrivateKey) -> str:
    return key.public_key().public_bytes_raw().hex()


def numbered() -> Put:
    """Entry ids when nobody keeps a journal."""
    count = iter(range(1, 10_000))
    return lambda *_: str(UUID(int=next(count)))


def roster(size: int = 60, label: str = "") -> dict[bytes, tuple[str, ...]]:
    """Leaf → specialties of `size` experts: cost, works, every fifth both."""
    leaves = {}
    for number in range(size):
        specialties = ("A06", "A08") if number % 5 == 0 else (("A06",) if number % 2 else ("A08",))
        expert = {"number": f"E{number:04}", "specialties": list(specialties)}
        leaves[draw.roster_leaf(pinned(f"salt/{label}{number}"), expert)] = specialties
    return dict(sorted(leaves.items()))


def announcement_of(
    leaves: Iterable[bytes], start: datetime = START, *, gateway: str = "", **change: Any
) -> DrawAnnouncement:
    """Three works experts and two cost experts, the beacon a quarter of an hour after T2."""
    ordered = sorted(leaves)
    told = DrawAnnouncement(
        v="LBDA1",
        algorithm="LBD1",
        subject=DRAW,
        lot=LOT,
        quotas=(Quota("A08", 3, 2), Quota("A06", 2, 1)),
        declines=6,
        call_window=600,
        regions=(),
        apart=("某市水务局",),
        commit_until=format_instant(start + 10 * MINUTE),
        reveal_until=format_instant(start + 20 * MINUTE),
        settled_by=format_instant(start + 30 * MINUTE),
        beacon_at=format_instant(start + 45 * MINUTE),
        beacons=(
            Beacon("lottery", "双色球", "2026147"),
            Beacon("lottery", "大乐透", "2026146"),
        ),
        parties=PARTIES,
        roster=Roster(draw.roster_root(ordered).hex(), len(ordered), format_instant(start - timedelta(days=8))),
        gateway=gateway or public(gateway_key()),
        previous=None,
    )
    return msgspec.structs.replace(told, **change)


Reply = Literal["accepted", "declined", "unanswered"]


@dataclass
class DrawStory:
    """Plays a draw; every step journals through `put` and grows `document`."""

    put: Put = field(default_factory=numbered)
    start: datetime = START
    experts: dict[bytes, tuple[str, ...]] = field(default_factory=roster)
    gateway: Ed25519PrivateKey | None = field(default_factory=gateway_key)
    secrets: dict[str, bytes] = field(default_factory=lambda: {party: pinned(party) for party in PARTIES})
    change: dict[str, Any] = field(default_factory=dict)
    now: datetime = START
    document: DrawDocument = field(init=False)
    outcomes: dict[Place, Outcome] = field(default_factory=dict)

    @property
    def told(self) -> DrawAnnouncement:
        return draw.parse_announcement(self.document.announcement.encode())

    @property
    def ann(self) -> bytes:
        return draw.announcement_digest(self.document.announcement.encode())

    @property
    def eligible(self) -> dict[str, list[bytes]]:
        return {
            item.specialty: [leaf for leaf, code in zip(self.experts, item.codes, strict=True) if code == ELIGIBLE]
            for item in self.document.specialties
        }

    @property
    def orders(self) -> dict[str, list[bytes]]:
        eligible = self.eligible
        return {item.specialty: [eligible[item.specialty][n] for n in item.places] for item in self.document.orders}

    def note(self, action: str, payload: Mapping[str, Any], *, subject: str = "") -> Noted:
        return Noted(self.put(action, subject or self.told.subject, self.now, payload), format_instant(self.now))

    def grow(self, **fields: Any) -> None:
        self.document = msgspec.structs.replace(self.document, **fields)

    def announce(self) -> "DrawStory":
        self.now = self.start - timedelta(days=8)
        told = announcement_of(self.experts, self.start, gateway=public(self.gateway or gateway_key()), **self.change)
        text = draw.announce_text(told).decode()
        rooted = Noted(
            self.put(facts.ROSTER_ROOTED, ROSTER, self.now, facts.rooted(told.roster.root, told.roster.size)),
            format_instant(self.now),
        )
        self.now = self.start
        announced = Noted(
            self.put(facts.ANNOUNCED, told.subject, self.now, facts.announced(text, told.lot)), format_instant(self.now)
        )
        specialties = tuple(self.filtered(quota.specialty) for quota in told.quotas)
        filtered = Noted(
            self.put(facts.FILTERED, told.subject, self.now, facts.filtered(specialties)), format_instant(self.now)
        )
        self.document = DrawDocument(
            format=DRAW_FORMAT,
            announcement=text,
            announced=announced,
            rooted=rooted,
            leaves=tuple(leaf.hex() for leaf in self.experts),
            specialties=specialties,
            filtered=filtered,
        )
        return self

    def filtered(self, specialty: str) -> Filtered:
        """Every eleventh of the specialty is on leave."""
        codes = []
        for number, specialties in enumerate(self.experts.values()):
            code = ELIGIBLE if number % 11 else "leave"
            codes.append(code if specialty in specialties else "specialty")
        eligible = [leaf for leaf, code in zip(self.experts, codes, strict=True) if code == ELIGIBLE]
        return Filtered(specialty, tuple(codes), draw.eligible_root(eligible).hex())

    def commit(self, parties: Sequence[str] = PARTIES) -> "DrawStory":
        self.now = self.start + 5 * MINUTE
        for party in parties:
            made = Committed(party, draw.commit_hash(self.ann, party, self.secrets[party]).hex(), Noted("", ""))
            noted = self.note(facts.COMMITTED, facts.committed(made))
            self.grow(commits=(*self.document.commits, msgspec.structs.replace(made, noted=noted)))
        return self

    def reveal(self, parties: Sequence[str] | None = None, *, escrow: Sequence[str] = ()) -> "DrawStory":
        committed = {item.party for item in self.document.commits}
        for party in [name for name in PARTIES if name in committed] if parties is None else parties:
            self.now = self.start + (25 if party in escrow else 15) * MINUTE
            made = Revealed(party, self.secrets[party].hex(), "escrow" if party in escrow else "party", Noted("", ""))
            noted = self.note(facts.REVEALED, facts.revealed(made))
            self.grow(reveals=(*self.document.reveals, msgspec.structs.replace(made, noted=noted)))
        shown = {item.party for item in self.document.reveals}
        missing = tuple(
            Missing(name, "no_escrow" if name in committed else "uncommitted") for name in PARTIES if name not in shown
        )
        self.now = self.start + 30 * MINUTE
        self.grow(missing=missing, settled=self.note(facts.SETTLED, facts.settled(self.document.reveals, missing)))
        return self

    def beacon(self, *values: str | None) -> "DrawStory":
        self.now = self.start + 46 * MINUTE
        shown = []
        for number, value in enumerate(values or ("03 11 17 22 29 31 08",)):
            item = Shown(number, value, Noted("", ""), Noted("", ""))
            first, second = (self.note(facts.BEACON_TYPED, facts.typed(item)) for _ in range(2))
            shown.append(msgspec.structs.replace(item, first=first, second=second))
        self.grow(beacons=tuple(shown))
        return self

    def compute(self, seed: bytes | None = None) -> "DrawStory":
        document = self.document
        commits = {item.party: bytes.fromhex(item.commit) for item in document.commits}
        reveals = {item.party: bytes.fromhex(item.r) for item in document.reveals}
        values = [item.value for item in document.beacons] + [None] * (2 - len(document.beacons))
        seed = seed or draw.seed(
            self.ann,
            [bytes.fromhex(item.root) for item in document.specialties],
            [(party, commits.get(party), reveals.get(party)) for party in PARTIES],
            values,
        )
        orders = tuple(
            Order(name, draw.permutation(seed, name, len(eligible))) for name, eligible in self.eligible.items()
        )
        self.grow(seed=seed.hex(), orders=orders, drawn=self.note(facts.COMPUTED, facts.computed(seed.hex(), orders)))
        return self

    def progress(self) -> draw.Progress:
        return draw.panel(self.orders, self.told.quotas, self.outcomes, declines=self.told.declines)

    def call(self, answers: Callable[[Place], Reply] = lambda _: "accepted") -> "DrawStory":
        """Whom the order has next, until the panel sits; every answer takes a minute."""
        self.now += MINUTE
        while (progress := self.progress()).call:
            for place in progress.call:
                self.ring(place)
            for item in [item for item in self.document.calls if item.answer is None]:
                self.now += MINUTE
                self.answer(item, answers(Place(item.specialty, item.position)))
        if progress.state == "complete":
            self.seat(progress)
        return self

    def ring(self, place: Place) -> None:
        leaf = self.orders[place.specialty][place.position].hex()
        made = Called(pinned(f"{self.told.subject}/{place}")[:16].hex(), *place, leaf, Noted("", ""), None, None)
        noted = self.note(facts.CALLED, facts.called(made))
        self.grow(calls=(*self.document.calls, msgspec.structs.replace(made, made=noted)))
        self.outcomes[place] = "called"

    def answer(
        self, call: Called, outcome: Reply, key: Ed25519PrivateKey | None = None, *, leaf: str | None = None
    ) -> None:
        """What the gateway signs; of the person called, if no other `leaf` is given."""
        key = key or self.gateway
        assert key is not None
        raw = sign_answer(
            Answer(
                v="LBG1",
                draw=self.told.subject,
                specialty=call.specialty,
                position=call.position,
                leaf=leaf or call.leaf,
                call=call.call,
                outcome=outcome,
                called_at=call.made.at,
                ends_at=format_instant(self.now + 10 * MINUTE),
                answered_at=format_instant(self.now + (10 * MINUTE if outcome == "unanswered" else 0 * MINUTE)),
                reason="busy" if outcome == "declined" else None,
                pin=pinned(call.call).hex() if outcome == "accepted" else None,
            ),
            key,
        )
        noted = self.note(facts.ANSWERED, facts.answered(raw.decode(), verify_answer(raw, public(key))))
        told = msgspec.structs.replace(call, answer=raw.decode(), answered=noted)
        self.grow(calls=tuple(told if item.call == call.call else item for item in self.document.calls))
        self.outcomes[Place(call.specialty, call.position)] = outcome

    def seat(self, progress: draw.Progress) -> None:
        numbers = {leaf: number for number, leaf in enumerate(self.experts)}
        panel = tuple(Seat(*place, numbers[self.orders[place.specialty][place.position]]) for place in progress.seated)
        self.grow(panel=panel, completed=self.note(facts.COMPLETED, facts.completed(panel)))

    def recuse(self, seat: int, code: str = "employer", at: datetime | None = None) -> "DrawStory":
        """A member turns out to work for a bidder: out, and the next in the same order is called."""
        self.now = at or self.now + 60 * MINUTE
        place = Place(self.document.panel[seat].specialty, self.document.panel[seat].position)
        made = Replaced(*place, "recused", code, Noted("", ""))
        noted = self.note(facts.REPLACED, facts.replaced(made))
        self.grow(replaced=(*self.document.replaced, msgspec.structs.replace(made, noted=noted)))
        self.outcomes[place] = "recused"
        return self.call()

    def cancel(self) -> "DrawStory":
        self.now += MINUTE
        self.grow(cancelled=self.note(facts.CANCELLED, {"reason": "postponed"}))
        return self


def continued(before: DrawStory, answers: Callable[[Place], Reply] = lambda _: "accepted") -> DrawStory:
    """The next draw of the lot, in the same order."""
    story = replace(
        before,
        start=before.start + timedelta(days=1),
        change={"subject": f"{DRAW[:-1]}2", "previous": Previous(before.ann.hex(), "continued")},
        outcomes=draw.carried(before.outcomes),
    )
    assert before.document.seed is not None
    return story.announce().compute(bytes.fromhex(before.document.seed)).call(answers)


def whole_draw(put: Put | None = None, start: datetime = START, **change: Any) -> DrawStory:
    """Everyone commits and reveals; the first works expert declines, the rest accept."""
    story = DrawStory(put or numbered(), start, change=change)
    story.announce().commit().reveal().beacon().compute()
    return story.call(lambda place: "declined" if place == ("A08", 0) else "accepted")


def random_draw(seed: int) -> DrawStory:
    """Any draw that can happen, the same for the same number: parties silent, beacon missing, refusals, recusals."""
    rng = random.Random(seed)
    story = DrawStory(experts=roster(40 + rng.randrange(60), str(seed)), change={"declines": 60})
    story.announce()
    committing = [party for party in PARTIES if rng.random() < 0.8]
    story.commit(committing)
    silent = {party for party in committing if rng.random() < 0.3}
    escrowed = [party for party in committing if party in silent and rng.random() < 0.5]
    story.reveal([party for party in committing if party not in silent or party in escrowed], escrow=escrowed)
    value = " ".join(f"{rng.randrange(1, 34):02}" for _ in range(7))
    story.beacon(*((None, value) if rng.random() < 0.2 else (value,)))
    story.compute()
    replies: tuple[Reply, ...] = ("accepted", "declined", "unanswered")
    story.call(lambda _: rng.choices(replies, (6, 2, 1))[0])
    for _ in range(rng.randrange(3)):
        if story.progress().state == "complete":
            story.recuse(rng.randrange(len(story.document.panel)))
    return story


def document_json(document: DrawDocument) -> bytes:
    """As the platform serves it."""
    return canonical(msgspec.to_builtins(document))
