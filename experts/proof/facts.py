"""What the journal says at each step of a draw and of an evaluation: names of the actions and their payloads, pure.

The services journal with these functions and `verify` compares with them, so neither can mean another thing. Subject is
`draw:<id>` for a draw's entries, `lot:<id>` for an evaluation's, the roster's own for its root.
"""

from collections.abc import Sequence
from typing import Any

from bidding.sealing.framing import sha256
from experts.answers import Answer
from experts.proof.documents import Called, Committed, Filtered, Missing, Order, Replaced, Revealed, Seat, Shown
from trading.kernel.canonical import digest

Payload = dict[str, Any]

ROSTER_ROOTED = "experts:roster:rooted"
ANNOUNCED = "draw:draw:announced"
FILTERED = "draw:roster:filtered"
COMMITTED = "draw:party:committed"
REVEALED = "draw:party:revealed"
SETTLED = "draw:reveals:settled"
BEACON_TYPED = "draw:beacon:typed"
COMPUTED = "draw:order:computed"
CALLED = "draw:call:made"
ANSWERED = "draw:call:answered"
REPLACED = "draw:member:replaced"
COMPLETED = "draw:panel:completed"
CANCELLED = "draw:draw:cancelled"
RESEED_APPROVED = "draw:reseed:approved"
UNLOCKED = "draw:committee:unlocked"
ABSENCE_DECLARED = "draw:absence:declared"

SHEET_SUBMITTED = "evaluation:sheet:submitted"
SHEETS_VOIDED = "evaluation:sheets:voided"
REPORT_MADE = "evaluation:report:made"
REPORT_SIGNED = "evaluation:report:signed"
REPORT_DEEMED = "evaluation:report:deemed"


def rooted(root: str, size: int) -> Payload:
    """The roster's root, daily."""
    return {"root": root, "size": size}


def announced(text: str, lot: str) -> Payload:
    """The announcement by its digest, which is `ann`."""
    return {"ann": sha256(text.encode()).hex(), "lot": lot}


def filtered(specialties: Sequence[Filtered]) -> Payload:
    """Who is eligible: the root of each specialty, and the digest of all reason codes."""
    told = [
        {"specialty": item.specialty, "root": item.root, "codes": digest(list(item.codes)).hex()}
        for item in specialties
    ]
    return {"specialties": told}


def committed(item: Committed) -> Payload:
    """A party's commitment."""
    return {"party": item.party, "commit": item.commit}


def revealed(item: Revealed) -> Payload:
    """A reveal, public from now on."""
    return {"party": item.party, "r": item.r, "how": item.how}


def settled(reveals: Sequence[Revealed], missing: Sequence[Missing]) -> Payload:
    """The whole reveal set after T2: nothing is added later."""
    shown = [{"party": item.party, "r": item.r} for item in reveals]
    return {"reveals": shown, "missing": [{"party": item.party, "code": item.code} for item in missing]}


def typed(item: Shown) -> Payload:
    """What one witness typed; two such entries, by two people."""
    return {"beacon": item.beacon, "value": item.value}


def computed(seed: str, orders: Sequence[Order]) -> Payload:
    """The seed and the digest of the orders that follow from it."""
    told = {item.specialty: list(item.places) for item in orders}
    return {"seed": seed, "orders": digest(told).hex()}


def called(item: Called) -> Payload:
    """A call made."""
    return {"call": item.call, "specialty": item.specialty, "position": item.position, "leaf": item.leaf}


def answered(raw: str, answer: Answer) -> Payload:
    """An answer as the gateway signed it; `raw` is the file."""
    return {"call": answer.call, "outcome": answer.outcome, "answer": sha256(raw.encode()).hex()}


def replaced(item: Replaced) -> Payload:
    """A member left the panel."""
    return {"specialty": item.specialty, "position": item.position, "outcome": item.outcome, "code": item.code}


def completed(panel: Sequence[Seat]) -> Payload:
    """The panel as it stands."""
    return {"panel": [{"specialty": s.specialty, "position": s.position, "leaf": s.leaf} for s in panel]}


def sheet_submitted(commitment: str) -> Payload:
    """A member's sheet (评分表): only its salted commitment."""
    return {"sheet": commitment}


def sheets_voided(replaced: str, sheets: Sequence[str]) -> Payload:
    """Sheets that count no more, because of this entry by which a member left the committee."""
    return {"replaced": replaced, "sheets": sorted(sheets)}


def report_made(report: str) -> Payload:
    """The report's digest."""
    return {"digest": sha256(report.encode()).hex()}


def report_signed(report: str, fingerprint: str, signature: str) -> Payload:
    """A member's signature over it; a dissent is part of what was signed, and not told here."""
    return {"digest": sha256(report.encode()).hex(), "fingerprint": fingerprint, "signature": signature}


def report_deemed(report: str, seat: int) -> Payload:
    """A member neither signed nor wrote why in time, and so agrees."""
    return {"digest": sha256(report.encode()).hex(), "seat": seat}
