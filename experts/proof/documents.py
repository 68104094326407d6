"""What is published of a draw (抽取) and of an evaluation (评标): exact fields, no name of an expert in any of them.

A draw's document grows as the draw goes on; what has not happened yet is null or empty. An evaluation's document
exists once its report is signed.
"""

from typing import Annotated, Final, Literal

import msgspec

from bidding.sealing.framing import Hex16, Hex32, Hex64, Instant, Subject, lp
from experts.draw import Code, ShortText, Value

DRAW_FORMAT: Final = "trading-draw/1"
EVALUATION_FORMAT: Final = "trading-evaluation/1"
MEMBER_LABEL = "LBD1/member"
ELIGIBLE = "eligible"

EntryId = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f-]{36}\Z")]
Count = Annotated[int, msgspec.Meta(ge=0)]


class _Exact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Noted(_Exact, frozen=True):
    """A step's entry in the journal and its instant."""

    entry: EntryId
    at: Instant


class Filtered(_Exact, frozen=True):
    """One specialty: for every leaf of the roster, in the roster's order, `eligible` or why not."""

    specialty: Code
    codes: tuple[Code, ...]
    root: Hex32


class Committed(_Exact, frozen=True):
    """A party's commitment (承诺)."""

    party: Code
    commit: Hex32
    noted: Noted


class Revealed(_Exact, frozen=True):
    """What a party had committed to: shown by itself, or taken from its escrow by the trustees."""

    party: Code
    r: Hex32
    how: Literal["party", "escrow"]
    noted: Noted


class Missing(_Exact, frozen=True):
    """A party that did not reveal, and what its escrow gave: nothing, or nothing that fits."""

    party: Code
    code: Literal["uncommitted", "no_escrow", "unopenable", "other"]


class Shown(_Exact, frozen=True):
    """An announced beacon as two witnesses typed it; null where both attest that it is missing."""

    beacon: Count
    value: Value | None
    first: Noted
    second: Noted


class Order(_Exact, frozen=True):
    """The computed order of a specialty: numbers of the eligible leaves, sorted, from 0."""

    specialty: Code
    places: tuple[Count, ...]


class Called(_Exact, frozen=True):
    """A call (通知); `answer` is the gateway's signed file (`experts.answers`), null while it is awaited."""

    call: Hex16
    specialty: Code
    position: Count
    leaf: Hex32
    made: Noted
    answer: str | None
    answered: Noted | None


class Replaced(_Exact, frozen=True):
    """A seated expert who left the panel: recusal (回避) found after opening, or absence."""

    specialty: Code
    position: Count
    outcome: Literal["recused", "absent"]
    code: Code
    noted: Noted


class Seat(_Exact, frozen=True):
    """A member of the panel, by the number of his leaf in the roster."""

    specialty: Code
    position: Count
    leaf: Count


class DrawDocument(_Exact, frozen=True):
    """`GET /v1/draws/{id}` and evidence `draw/<n>.json`."""

    format: Literal["trading-draw/1"]
    announcement: str
    """Exact canonical text, see `experts.draw.announce_text`."""
    announced: Noted
    rooted: Noted
    """The journal entry of the roster's root."""
    leaves: tuple[Hex32, ...]
    """Of the whole roster, ascending."""
    specialties: tuple[Filtered, ...]
    """In quota order."""
    filtered: Noted
    commits: tuple[Committed, ...] = ()
    reveals: tuple[Revealed, ...] = ()
    missing: tuple[Missing, ...] = ()
    settled: Noted | None = None
    beacons: tuple[Shown, ...] = ()
    seed: Hex32 | None = None
    orders: tuple[Order, ...] = ()
    drawn: Noted | None = None
    calls: tuple[Called, ...] = ()
    """As they were made; of an earlier draw that this one continues, in its own document."""
    replaced: tuple[Replaced, ...] = ()
    panel: tuple[Seat, ...] = ()
    completed: Noted | None = None
    """The panel as it stands was journalled; again after every replacement."""
    cancelled: Noted | None = None


class Deviation(_Exact, frozen=True):
    """F4: price score of a bid by its deviation from the benchmark (标准施工招标文件)."""

    full: Count
    """Points for the price, in hundredths."""
    above: Count
    """E1: hundredths of a point off for each percent above the benchmark."""
    below: Count
    """E2: the same below it; E1 > E2."""
    k: Annotated[int, msgspec.Meta(ge=0, le=9999)]
    """The benchmark is the mean × (1 − k), k in ten-thousandths."""
    drop_from: Count
    """From so many valid bids the highest and the lowest do not enter the mean; 0: never."""


class Item(_Exact, frozen=True):
    """A scored item (评分项); `full` in hundredths of a point."""

    id: Code
    title: ShortText
    full: Count


class Terms(_Exact, frozen=True):
    """How bids are scored, fixed in the tender documents (评标办法)."""

    v: Literal["LBVT1"]
    price: Deviation
    items: tuple[Item, ...]
    ties: tuple[Literal["price", "items", "lot"], ...] = ()
    """What decides between equal totals, in order: lower price, better means item by item, a lot drawn (抽签)."""


class Drawn(_Exact, frozen=True):
    """What lots are drawn by among full ties: nobody knew the second when bids were sealed, nor chose it after."""

    seed: Annotated[str, msgspec.Meta(pattern=r"\A([0-9a-f]{64})?\Z")]
    """Of the draw (LBD1) that made the committee; empty where the lot has none."""
    settled: Hex32
    """Digest of the last settled phase of the opening."""


class ItemScore(_Exact, frozen=True):
    """The members' mean of an item, half up to hundredths of a point."""

    item: Code
    mean: Count


class Line(_Exact, frozen=True):
    """A bid in the report; a rejected one has neither scores nor rank."""

    env: Hex16
    deposit: ShortText
    passed: bool
    codes: tuple[ShortText, ...]
    """Why it was rejected (否决投标)."""
    price_fen: int | None
    reasons: tuple[str, ...] = ()
    """What members who rejected it wrote, in order of the text."""
    items: tuple[ItemScore, ...] = ()
    price_score: int | None = None
    total: int | None = None
    rank: int | None = None


class Report(_Exact, frozen=True):
    """The evaluation report (评标报告): what every member signs, by its digest."""

    v: Literal["LBVR1"]
    subject: Subject
    ann: Hex32
    """Of the lot's announcement (密钥公告)."""
    terms: Hex32
    """Digest of the terms' exact text."""
    members: Annotated[int, msgspec.Meta(ge=1)]
    sheets: tuple[Hex32, ...]
    """Commitment of every sheet (评分表) as the journal has it, ascending."""
    benchmark: tuple[int, int] | None
    """基准价 in fen, an exact fraction in lowest terms."""
    lines: tuple[Line, ...]
    """In box order."""
    made_at: Instant
    salt: Hex32
    """Random: the digest is in the journal before the ranking is public, and few numbers would have to be guessed."""
    choice: Literal["continue", "reject_all"] | None = None
    """What the committee decided where fewer bids passed than competition needs (评标委员会和评标方法暂行规定 27).

    After `reject_all` there is no benchmark, and no line has scores or rank.
    """
    drawn: Drawn | None = None
    """By what lots were drawn, where bids were equal in everything else."""


class MemberSignature(_Exact, frozen=True):
    """A member signed the report's digest, with a key certified under his pseudonym."""

    pseudonym: ShortText
    fingerprint: Hex32
    certificate: str
    signature: Hex64
    signed_at: Instant
    dissent: str | None = None
    """不同意见, signed with the digest; null: the member agrees."""


class Deemed(_Exact, frozen=True):
    """A member who neither signed nor wrote why: deemed to agree (招标投标法实施条例 53)."""

    pseudonym: ShortText
    noted: Noted


class EvaluationDocument(_Exact, frozen=True):
    """Evidence `evaluation.json`."""

    format: Literal["trading-evaluation/1"]
    terms: str
    """Exact canonical text."""
    documents: tuple[Hex32, ...]
    """What the announcement's `documents` is the root of, ascending; the digest of the terms is among them."""
    report: str
    """Exact canonical text."""
    made: Noted
    signatures: tuple[MemberSignature, ...]
    deemed: tuple[Deemed, ...] = ()
    """Signatures and these together are the members."""


def member_message(digest: str, dissent: str | None = None) -> bytes:
    """What a member signs with the key of his certificate: the report's SHA-256, and what he holds against it."""
    items = (bytes.fromhex(digest),) if dissent is None else (bytes.fromhex(digest), dissent)
    return lp(MEMBER_LABEL, *items)
