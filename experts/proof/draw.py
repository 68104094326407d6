"""A draw computed again from its public document, step by step, and what the journal must say of each step.

What was changed is named where it was changed; `web/src/experts/draw.js` does the same on "check this draw yourself".
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Literal, NamedTuple

import msgspec

from bidding.proof import Mismatch
from bidding.sealing.errors import SealingError
from bidding.sealing.framing import parse_instant
from experts import draw
from experts.answers import Answer, in_window, verify_answer
from experts.draw import DrawAnnouncement, DrawError, Outcome, Place
from experts.proof import facts
from experts.proof.documents import ELIGIBLE, Called, DrawDocument, Noted, Replaced, Seat

ROSTER_AGE = timedelta(days=7)
STEPS = ("announcement", "roster", "filter", "commits", "reveals", "beacon", "seed", "order", "calls", "panel")

Facts = dict[str, object]


@dataclass(frozen=True)
class Step:
    """One step: it held, or `code` says what does not; `pending` where it has not happened yet."""

    name: str
    state: Literal["held", "failed", "pending"]
    code: str | None = None
    facts: Facts = field(default_factory=dict)


class Stated(NamedTuple):
    """An entry the journal must have: where the document says it is, its action and payload."""

    noted: Noted
    action: str
    payload: Mapping[str, object]


@dataclass(frozen=True)
class Reading:
    """A document with what follows from it."""

    document: DrawDocument
    before: "Reading | None" = None
    """The draw of the same lot before it."""

    @cached_property
    def announcement(self) -> DrawAnnouncement:
        """Parsed from its exact text."""
        return draw.parse_announcement(self.document.announcement.encode())

    @cached_property
    def ann(self) -> bytes:
        """32 bytes."""
        return draw.announcement_digest(self.document.announcement.encode())

    @property
    def subject(self) -> str:
        """`draw:…`."""
        return self.announcement.subject

    @property
    def continued(self) -> bool:
        """Whether the order of the draw before goes on."""
        return self.announcement.previous is not None and self.announcement.previous.rule == "continued"

    @cached_property
    def leaves(self) -> tuple[bytes, ...]:
        """The roster."""
        return tuple(bytes.fromhex(leaf) for leaf in self.document.leaves)

    @cached_property
    def eligible(self) -> dict[str, tuple[bytes, ...]]:
        """By specialty, ascending."""
        return {
            item.specialty: tuple(leaf for leaf, code in zip(self.leaves, item.codes, strict=True) if code == ELIGIBLE)
            for item in self.document.specialties
        }

    @cached_property
    def orders(self) -> dict[str, tuple[bytes, ...]]:
        """Leaves as the document's orders place them."""
        return {
            item.specialty: tuple(self.eligible[item.specialty][place] for place in item.places)
            for item in self.document.orders
        }

    @cached_property
    def outcomes(self) -> dict[Place, Outcome]:
        """After everything that is told, what came before included."""
        return _replay(self)


def check(document: DrawDocument, before: Reading | None = None) -> tuple[Step, ...]:
    """Every step of it; `before` is the draw of the same lot before this one."""
    reading = Reading(document, before)
    return tuple(_step(name, reading) for name in STEPS)


def _step(name: str, reading: Reading) -> Step:
    otherwise = f"draw.{name}"
    try:
        told = _CHECKS[name](reading)
    except Mismatch as error:
        return Step(name, "failed", error.code, error.params)
    except SealingError as error:
        return Step(name, "failed", otherwise, {"detail": error.code})
    except (ValueError, LookupError) as error:
        return Step(name, "failed", otherwise, {"detail": str(error) or type(error).__name__})
    return Step(name, "pending") if told is None else Step(name, "held", None, told)


def stated(reading: Reading) -> Iterator[Stated]:
    """What the journal says, in the order in which it must say it (calls among themselves by their times)."""
    document = reading.document
    roster = reading.announcement.roster
    yield Stated(document.rooted, facts.ROSTER_ROOTED, facts.rooted(roster.root, roster.size))
    yield Stated(document.announced, facts.ANNOUNCED, facts.announced(document.announcement, reading.announcement.lot))
    yield Stated(document.filtered, facts.FILTERED, facts.filtered(document.specialties))
    for commit in document.commits:
        yield Stated(commit.noted, facts.COMMITTED, facts.committed(commit))
    for reveal in document.reveals:
        yield Stated(reveal.noted, facts.REVEALED, facts.revealed(reveal))
    if document.settled is not None:
        yield Stated(document.settled, facts.SETTLED, facts.settled(document.reveals, document.missing))
    for beacon in document.beacons:
        yield Stated(beacon.first, facts.BEACON_TYPED, facts.typed(beacon))
        yield Stated(beacon.second, facts.BEACON_TYPED, facts.typed(beacon))
    if document.drawn is not None and document.seed is not None:
        yield Stated(document.drawn, facts.COMPUTED, facts.computed(document.seed, document.orders))
    for event in _events(document):
        if isinstance(event.item, Replaced):
            yield Stated(event.noted, facts.REPLACED, facts.replaced(event.item))
        elif event.rank == _CALL:
            yield Stated(event.noted, facts.CALLED, facts.called(event.item))
        else:
            raw = event.item.answer or ""
            yield Stated(event.noted, facts.ANSWERED, facts.answered(raw, _unchecked(raw)))
    if document.completed is not None:
        yield Stated(document.completed, facts.COMPLETED, facts.completed(document.panel))


def _announcement(reading: Reading) -> Facts | None:
    announcement, before = reading.announcement, reading.before
    if before is not None and before.document.seed is not None:
        previous = announcement.previous
        if previous is None or previous.ann != before.ann.hex() or announcement.lot != before.announcement.lot:
            raise Mismatch("draw.rerolled")
        same = [item.root for item in before.document.specialties] == [
            item.root for item in reading.document.specialties
        ]
        # The same people in another order would be a second throw of the dice.
        if same != (previous.rule == "continued"):
            raise Mismatch("draw.rerolled", rule=previous.rule)
    elif announcement.previous is not None:
        raise Mismatch("draw.rerolled", detail="no draw before it")
    return {"ann": reading.ann.hex()}


def _roster(reading: Reading) -> Facts | None:
    roster, leaves = reading.announcement.roster, reading.leaves
    if list(leaves) != sorted(leaves) or len(leaves) != roster.size or draw.roster_root(leaves).hex() != roster.root:
        raise Mismatch("draw.roster", size=len(leaves))
    journalled = parse_instant(reading.document.rooted.at)
    if parse_instant(reading.document.announced.at) - journalled < ROSTER_AGE:
        raise Mismatch("draw.roster.young", at=reading.document.rooted.at)
    return {"size": len(leaves), "root": roster.root}


def _filter(reading: Reading) -> Facts | None:
    quotas = reading.announcement.quotas
    if [item.specialty for item in reading.document.specialties] != [quota.specialty for quota in quotas]:
        raise Mismatch("draw.filter", detail="specialties")
    for quota, item in zip(quotas, reading.document.specialties, strict=True):
        eligible = reading.eligible[item.specialty]
        if draw.eligible_root(eligible).hex() != item.root:
            raise Mismatch("draw.filter", specialty=item.specialty)
        if len(eligible) < quota.least:
            raise Mismatch("draw.filter.few", specialty=item.specialty, count=len(eligible), least=quota.least)
    return {"counts": " · ".join(f"{name} {len(found)}" for name, found in reading.eligible.items())}


def _commits(reading: Reading) -> Facts | None:
    commits, announcement = reading.document.commits, reading.announcement
    names = [item.party for item in commits]
    if len(set(names)) != len(names) or not set(names) <= set(announcement.parties):
        raise Mismatch("draw.commits", parties=", ".join(names))
    if reading.continued:
        return _none(commits, "draw.commits")
    for item in commits:
        if not reading.document.announced.at <= item.noted.at <= announcement.commit_until:
            raise Mismatch("draw.commits.late", party=item.party, at=item.noted.at)
    return {"count": len(commits)} if commits or reading.document.settled else None


def _reveals(reading: Reading) -> Facts | None:
    document, announcement = reading.document, reading.announcement
    if reading.continued:
        return _none((*document.reveals, *document.missing), "draw.reveals")
    if document.settled is None:
        return None
    commits = {item.party: item.commit for item in document.commits}
    for item in document.reveals:
        until = announcement.reveal_until if item.how == "party" else announcement.settled_by
        if not announcement.commit_until < item.noted.at <= until:
            raise Mismatch("draw.reveals.late", party=item.party, at=item.noted.at)
        if draw.commit_hash(reading.ann, item.party, bytes.fromhex(item.r)).hex() != commits.get(item.party):
            raise Mismatch("draw.reveals", party=item.party)
    named = [*(item.party for item in document.reveals), *(item.party for item in document.missing)]
    uncommitted = {item.party for item in document.missing if item.code == "uncommitted"}
    if sorted(named) != sorted(announcement.parties) or uncommitted != set(announcement.parties) - commits.keys():
        raise Mismatch("draw.reveals", parties=", ".join(named))
    return {"count": len(document.reveals), "missing": len(document.missing)}


def _beacon(reading: Reading) -> Facts | None:
    document, announcement = reading.document, reading.announcement
    if reading.continued:
        return _none(document.beacons, "draw.beacon")
    if not document.beacons:
        return None
    shown = [item.value is not None for item in document.beacons]
    if [item.beacon for item in document.beacons] != list(range(len(shown))) or any(shown[:-1]):
        raise Mismatch("draw.beacon", detail="order")
    if len(shown) > len(announcement.beacons):
        raise Mismatch("draw.beacon", detail="not announced")
    for item in document.beacons:
        if item.first.entry == item.second.entry:
            raise Mismatch("draw.beacon", detail="one witness")
        if min(item.first.at, item.second.at) < announcement.beacon_at:
            raise Mismatch("draw.beacon.early", at=min(item.first.at, item.second.at))
    if not shown[-1]:
        return None
    used = announcement.beacons[len(shown) - 1]
    return {"name": used.name, "issue": used.issue, "value": document.beacons[-1].value}


def _seed(reading: Reading) -> Facts | None:
    document = reading.document
    if document.seed is None:
        return None
    if reading.continued:
        known = reading.before.document.seed if reading.before else None
    else:
        commits = {item.party: bytes.fromhex(item.commit) for item in document.commits}
        reveals = {item.party: bytes.fromhex(item.r) for item in document.reveals}
        parties = [(name, commits.get(name), reveals.get(name)) for name in reading.announcement.parties]
        values = {item.beacon: item.value for item in document.beacons}
        beacons = [values.get(number) for number in range(len(reading.announcement.beacons))]
        roots = [bytes.fromhex(item.root) for item in document.specialties]
        known = draw.seed(reading.ann, roots, parties, beacons).hex()
    if known != document.seed:
        raise Mismatch("draw.seed", shown=document.seed, computed=known)
    return {"seed": known}


def _order(reading: Reading) -> Facts | None:
    document = reading.document
    if document.seed is None:
        return None
    if [item.specialty for item in document.orders] != [item.specialty for item in document.specialties]:
        raise Mismatch("draw.order", detail="specialties")
    for item in document.orders:
        computed = draw.permutation(bytes.fromhex(document.seed), item.specialty, len(reading.eligible[item.specialty]))
        if computed != item.places:
            raise Mismatch("draw.order", specialty=item.specialty)
    return {"count": sum(len(item.places) for item in document.orders)}


def _calls(reading: Reading) -> Facts | None:
    document = reading.document
    if not document.calls:
        return None
    refused = sum(outcome in draw.REFUSALS for outcome in reading.outcomes.values())
    return {"count": len(document.calls), "refused": refused, "replaced": len(document.replaced)}


def _panel(reading: Reading) -> Facts | None:
    document, announcement = reading.document, reading.announcement
    if document.completed is None:
        if document.panel:
            raise Mismatch("draw.panel", detail="not complete")
        return None
    quotas = announcement.quotas
    progress = draw.panel(reading.orders, quotas, reading.outcomes, declines=announcement.declines)
    numbers = {leaf: number for number, leaf in enumerate(reading.leaves)}
    seats = tuple(
        Seat(place.specialty, place.position, numbers[reading.orders[place.specialty][place.position]])
        for place in progress.seated
    )
    if progress.state != "complete" or seats != document.panel:
        raise Mismatch("draw.panel", shown=len(document.panel), computed=len(seats))
    return {"count": len(seats)}


_ANSWER, _REPLACEMENT, _CALL = range(3)


class _Event(NamedTuple):
    rank: int
    """At one instant an answer comes before what follows from it."""
    noted: Noted
    item: Called | Replaced


def _events(document: DrawDocument) -> list[_Event]:
    """Calls, answers and replacements as they happened."""
    events = [_Event(_CALL, item.made, item) for item in document.calls]
    events += [_Event(_ANSWER, item.answered, item) for item in document.calls if item.answered is not None]
    replaced = (_Event(_REPLACEMENT, item.noted, item) for item in document.replaced)
    return sorted([*events, *replaced], key=lambda event: (event.noted.at, event.rank))


def _replay(reading: Reading) -> dict[Place, Outcome]:
    """The outcomes after every event; refuses an event that does not follow from those before."""
    announcement, calls = reading.announcement, reading.document.calls
    outcomes: dict[Place, Outcome] = {}
    if reading.continued and reading.before is not None:
        outcomes |= draw.carried(reading.before.outcomes)
    if len({item.call for item in calls}) != len(calls) or any(
        (item.answer is None) != (item.answered is None) for item in calls
    ):
        raise Mismatch("draw.calls", detail="twice")
    for event in _events(reading.document):
        item, place = event.item, Place(event.item.specialty, event.item.position)
        if isinstance(item, Replaced):
            if outcomes.get(place) != "accepted":
                raise Mismatch("draw.calls.replaced", specialty=place.specialty, position=place.position)
            outcomes[place] = item.outcome
        elif event.rank == _CALL:
            progress = draw.panel(reading.orders, announcement.quotas, outcomes, declines=announcement.declines)
            if place not in progress.call or reading.orders[place.specialty][place.position].hex() != item.leaf:
                raise Mismatch("draw.calls", specialty=place.specialty, position=place.position)
            outcomes[place] = "called"
        elif outcomes.get(place) != "called":
            raise Mismatch("draw.calls", specialty=place.specialty, position=place.position)
        else:
            outcomes[place] = _answered(item, reading).outcome
    return outcomes


def _answered(call: Called, reading: Reading) -> Answer:
    """An answer the announced gateway signed, in time, to the very call it stands beside."""
    where: Facts = {"specialty": call.specialty, "position": call.position}
    try:
        answer = verify_answer((call.answer or "").encode(), reading.announcement.gateway)
    except DrawError as error:
        raise Mismatch("draw.calls.answer", **where, detail=error.code) from error
    told, window = (answer.draw, answer.call, answer.specialty, answer.position), reading.announcement.call_window
    if told != (reading.subject, call.call, *where.values()) or not in_window(answer, call.made.at, window):
        raise Mismatch("draw.calls.answer", **where)
    if answer.leaf != call.leaf:
        raise Mismatch("draw.calls.person", **where)
    return answer


def _unchecked(raw: str) -> Answer:
    """What an answer says, whoever signed it: the step of the calls has judged that already."""
    try:
        return msgspec.json.decode(msgspec.json.decode(raw)["record"], type=Answer)
    except (ValueError, LookupError, TypeError) as error:
        raise Mismatch("draw.calls.answer") from error


def _none(items: tuple[object, ...], code: str) -> Facts:
    """A continued draw throws no new dice."""
    if items:
        raise Mismatch(code, detail="continued")
    return {"count": 0, "missing": 0, "name": "", "issue": "", "value": ""}


_CHECKS: dict[str, Callable[[Reading], Facts | None]] = {
    "announcement": _announcement,
    "roster": _roster,
    "filter": _filter,
    "commits": _commits,
    "reveals": _reveals,
    "beacon": _beacon,
    "seed": _seed,
    "order": _order,
    "calls": _calls,
    "panel": _panel,
}
