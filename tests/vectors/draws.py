"""Vectors of LBD1 that Python and JavaScript must both pass: `python -m tests.vectors.draws`.

`changes` are made to the first document: `["set", path, value]`, `["add", path, value]` (at the end of a list),
`["cut", path]` (the last of a list) or `["swap", path]` (its first two); then the first step that fails is `step`, with
`code`. `permutations` holds the first 16 hex digits of SHA-256 over the canonical list, for seed SHA-256("draw/i").
"""

import copy
import hashlib
import json
from pathlib import Path
from typing import Any

import msgspec

from bidding.sealing.framing import parse_instant
from experts import draw
from experts.draw import DrawAnnouncement, Quota
from experts.proof.documents import DrawDocument
from experts.proof.draw import Reading, Step, check
from tests.factories.draws import DrawStory, continued, pinned, random_draw, whole_draw
from trading.kernel.canonical import canonical

HERE = Path(__file__).parent
SPECIALTIES = ("A06", "A08", "B0102", "C01.3")
Op = list[Any]


def applied(document: DrawDocument, ops: list[Op]) -> DrawDocument:
    """A copy with the changes made."""
    told = copy.deepcopy(msgspec.json.decode(msgspec.json.encode(document)))
    for kind, path, *value in ops:
        place: Any = told
        for part in path[:-1]:
            place = place[part]
        if kind == "set":
            place[path[-1]] = value[0]
        elif kind == "add":
            place[path[-1]].append(value[0])
        elif kind == "cut":
            place[path[-1]].pop()
        else:
            items = place[path[-1]]
            items[0], items[1] = items[1], items[0]
    return msgspec.convert(told, DrawDocument)


def _announce(document: DrawDocument, **change: Any) -> list[Op]:
    told: DrawAnnouncement = draw.parse_announcement(document.announcement.encode())
    return [["set", ["announcement"], draw.announce_text(msgspec.structs.replace(told, **change)).decode()]]


def _builtins(value: Any) -> Any:
    return json.loads(msgspec.json.encode(value))


def _of_another(whole: DrawDocument) -> str | None:
    """What the gateway would sign had it called another person for the second call."""
    story = DrawStory()
    story.document, story.now = whole, parse_instant(whole.calls[1].made.at)
    story.answer(whole.calls[1], "accepted", leaf="55" * 32)
    return story.document.calls[1].answer


def changes(whole: DrawDocument) -> dict[str, tuple[list[Op], str, str]]:
    """The published inputs, each changed in turn, and the first step that must fail, with its code."""
    first = whole.specialties[0].codes.index("eligible")
    outside = whole.specialties[1].codes.index("specialty")
    beacon, last = _builtins(whole.beacons[0]), whole.reveals[-1].party
    commit_at, reveal_at = ["commits", 0, "noted", "at"], ["reveals", 0, "noted", "at"]
    answers = [item.answer for item in whole.calls]
    return {
        "announcement, its form": ([["set", ["announcement"], '{"v":"LBDA1"}']], "announcement", "draw.announcement"),
        "announcement, its cap": (_announce(whole, declines=7), "reveals", "draw.reveals"),
        "announcement, its times": (
            _announce(whole, commit_until="2026-12-18T01:04:00.000Z"),
            "commits",
            "draw.commits.late",
        ),
        "announcement, its gateway": (
            _announce(whole, gateway=draw.parse_announcement(whole.announcement.encode()).roster.root),
            "reveals",
            "draw.reveals",
        ),
        "roster, a leaf": ([["set", ["leaves", 0], "00" * 32]], "roster", "draw.roster"),
        "roster, its order": ([["swap", ["leaves"]]], "roster", "draw.roster"),
        "roster, its age": (
            [["set", ["rooted", "at"], "2026-12-11T01:00:00.001Z"]],
            "roster",
            "draw.roster.young",
        ),
        "filter, one excluded": ([["set", ["specialties", 0, "codes", first], "leave"]], "filter", "draw.filter"),
        "filter, one admitted": ([["set", ["specialties", 1, "codes", outside], "eligible"]], "filter", "draw.filter"),
        "filter, a root": ([["set", ["specialties", 0, "root"], "11" * 32]], "filter", "draw.filter"),
        "filter, a specialty dropped": ([["cut", ["specialties"]]], "filter", "draw.filter"),
        "filter, too few": (
            _announce(whole, quotas=(Quota("A08", 3, 30), Quota("A06", 2, 1))),
            "filter",
            "draw.filter.few",
        ),
        "commit, late": ([["set", commit_at, "2026-12-18T01:10:00.001Z"]], "commits", "draw.commits.late"),
        "commit, before the announcement": (
            [["set", commit_at, "2026-12-18T00:59:59.999Z"]],
            "commits",
            "draw.commits.late",
        ),
        "commit, a stranger's": ([["set", ["commits", 0, "party"], "friend"]], "commits", "draw.commits"),
        "commit, twice": ([["set", ["commits", 1, "party"], "centre"]], "commits", "draw.commits"),
        "commit, other": ([["set", ["commits", 0, "commit"], "22" * 32]], "reveals", "draw.reveals"),
        "reveal, other": ([["set", ["reveals", 0, "r"], "33" * 32]], "reveals", "draw.reveals"),
        "reveal, after T1": ([["set", reveal_at, "2026-12-18T01:20:00.001Z"]], "reveals", "draw.reveals.late"),
        "reveal, before T0": ([["set", reveal_at, "2026-12-18T01:10:00.000Z"]], "reveals", "draw.reveals.late"),
        "escrow, after T2": (
            [["set", reveal_at, "2026-12-18T01:30:00.001Z"], ["set", ["reveals", 0, "how"], "escrow"]],
            "reveals",
            "draw.reveals.late",
        ),
        "reveal, lost": ([["cut", ["reveals"]]], "reveals", "draw.reveals"),
        "reveal, called missing": (
            [["cut", ["reveals"]], ["add", ["missing"], {"party": last, "code": "no_escrow"}]],
            "seed",
            "draw.seed",
        ),
        "beacon, other": ([["set", ["beacons", 0, "value"], "03 11 17 22 29 31 09"]], "seed", "draw.seed"),
        "beacon, early": (
            [["set", ["beacons", 0, "first", "at"], "2026-12-18T01:44:59.999Z"]],
            "beacon",
            "draw.beacon.early",
        ),
        "beacon, one witness": ([["set", ["beacons", 0, "second"], beacon["first"]]], "beacon", "draw.beacon"),
        "beacon, a second though the first came": (
            [["add", ["beacons"], {**beacon, "beacon": 1}]],
            "beacon",
            "draw.beacon",
        ),
        "beacon, not announced": ([["set", ["beacons", 0, "beacon"], 1]], "beacon", "draw.beacon"),
        "seed": ([["set", ["seed"], "44" * 32]], "seed", "draw.seed"),
        "order": ([["swap", ["orders", 0, "places"]]], "order", "draw.order"),
        "order, one left out": ([["cut", ["orders", 1, "places"]]], "order", "draw.order"),
        "order, a specialty left out": ([["cut", ["orders"]]], "order", "draw.order"),
        "call, somebody passed over": (
            [["set", ["calls"], _builtins(whole.calls[1:])]],
            "calls",
            "draw.calls",
        ),
        "call, another place": ([["set", ["calls", 0, "position"], 9]], "calls", "draw.calls"),
        "call, another person": ([["set", ["calls", 0, "leaf"], "55" * 32]], "calls", "draw.calls"),
        "call, too early": ([["set", ["calls", 3, "made", "at"], "2026-12-18T01:47:00.000Z"]], "calls", "draw.calls"),
        "call, the answer of another": ([["set", ["calls", 1, "answer"], answers[0]]], "calls", "draw.calls.answer"),
        "call, an answer changed": (
            [["set", ["calls", 0, "answer"], (answers[0] or "").replace("declined", "accepted")]],
            "calls",
            "draw.calls.answer",
        ),
        "call, what another person answered": (
            [["set", ["calls", 1, "answer"], _of_another(whole)]],
            "calls",
            "draw.calls.person",
        ),
        "call, an answer lost": ([["set", ["calls", 0, "answer"], None]], "calls", "draw.calls"),
        "call, an answer not journalled": ([["set", ["calls", 0, "answered"], None]], "calls", "draw.calls"),
        "panel, another member": ([["set", ["panel", 0, "leaf"], 0]], "panel", "draw.panel"),
        "panel, fewer": ([["cut", ["panel"]]], "panel", "draw.panel"),
        "panel, not complete": ([["set", ["completed"], None]], "panel", "draw.panel"),
    }


def _steps(steps: tuple[Step, ...]) -> list[list[str | None]]:
    return [[step.name, step.state, step.code] for step in steps]


def _document(document: DrawDocument, before: DrawDocument | None = None) -> dict[str, Any]:
    steps = check(document, Reading(before) if before else None)
    return {"document": _builtins(document), "before": _builtins(before), "steps": _steps(steps)}


def vectors() -> dict[str, Any]:
    """Everything both implementations must agree on."""
    whole = whole_draw()
    cancelled = whole_draw().cancel()
    under_way = DrawStory().announce().commit()
    ann = pinned("ann")
    parties = ("centre", "supervisor", "tenderer")
    commits = [draw.commit_hash(ann, party, pinned(party)) for party in parties]
    roots = [draw.eligible_root([pinned(f"leaf/{n}") for n in range(size)]) for size in (1, 2, 7)]
    told: list[list[draw.Party]] = [
        [(party, commit, pinned(party)) for party, commit in zip(parties, commits, strict=True)],
        [(parties[0], commits[0], None), (parties[1], None, None), (parties[2], commits[2], pinned(parties[2]))],
    ]
    seeds = []
    beacons: list[list[str | None]] = [["03 11 17", None], [None, "ab 12"]]
    for case, values in zip(told, beacons, strict=True):
        made = draw.seed(ann, roots[:2], case, values)
        shown = [[p, c.hex() if c else None, r.hex() if r else None] for p, c, r in case]
        seeds.append({"parties": shown, "beacons": values, "seed": made.hex()})
    return {
        "leaf": {
            "salt": pinned("salt").hex(),
            "expert": {"number": "E1", "specialties": ["A08"]},
            "leaf": draw.roster_leaf(pinned("salt"), {"number": "E1", "specialties": ["A08"]}).hex(),
        },
        "ann": ann.hex(),
        "commits": [
            {"party": party, "r": pinned(party).hex(), "commit": commit.hex()}
            for party, commit in zip(parties, commits, strict=True)
        ],
        "roots": [
            {"leaves": [pinned(f"leaf/{n}").hex() for n in range(size)], "root": root.hex()}
            for size, root in zip((1, 2, 7), roots, strict=True)
        ],
        "seeds": seeds,
        "order": {"seed": pinned("0").hex(), "specialty": "A08", "places": draw.permutation(pinned("0"), "A08", 60)},
        "permutations": [
            {"n": n, "specialty": specialty, "digest": digest_of(draw.permutation(pinned(str(i)), specialty, n))}
            for i, (n, specialty) in enumerate((1 + i * 7 % 211, SPECIALTIES[i % 4]) for i in range(1000))
        ],
        "documents": [
            _document(whole.document),
            _document(under_way.document),
            _document(continued(cancelled).document, cancelled.document),
            _document(whole_draw(start=cancelled.start).document, cancelled.document),
            *(_document(random_draw(number).document) for number in range(6)),
        ],
        "changes": [
            {"name": name, "ops": ops, "step": step, "code": code}
            for name, (ops, step, code) in changes(whole.document).items()
        ],
    }


def digest_of(places: tuple[int, ...]) -> str:
    """Enough of it to compare by."""
    return hashlib.sha256(canonical(list(places))).hexdigest()[:16]


def render() -> str:
    """The file."""
    return json.dumps(_builtins(vectors()), ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n"


if __name__ == "__main__":
    (HERE / "draw.json").write_text(render(), encoding="utf-8")
