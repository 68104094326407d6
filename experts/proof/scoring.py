"""The arithmetic of an evaluation (评标计分), exact: fractions of integers, rounded once, half up to hundredths.

F4 of the standard construction text (标准施工招标文件): a bid's deviation from the benchmark (基准价) costs E1 points a
percent above it and E2 below it. Order: total, then the lower price (财政部令87号 57), then what the terms announced.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import floor

from bidding.sealing.framing import framed_hash
from experts.proof.documents import Deviation, Drawn


def half_up(value: Fraction) -> int:
    """Rounded to the nearest integer, a half upwards; scores are never negative."""
    return floor(value + Fraction(1, 2))


def benchmark(terms: Deviation, prices: Sequence[int]) -> Fraction | None:
    """评标基准价 in fen: the mean of the valid bids, the extremes left out where there are many, × (1 − k)."""
    kept = sorted(prices)
    if terms.drop_from and len(kept) >= terms.drop_from and len(kept) > 2:
        kept = kept[1:-1]
    if not kept:
        return None
    return Fraction(sum(kept), len(kept)) * Fraction(10_000 - terms.k, 10_000)


def price_score(terms: Deviation, base: Fraction, price: int) -> int:
    """Hundredths of a point; never below zero."""
    percent = (price - base) / base * 100
    lost = percent * terms.above if percent > 0 else -percent * terms.below
    return half_up(max(Fraction(0), terms.full - lost))


def mean(scores: Sequence[int]) -> int:
    """The members' mean of one item, in hundredths."""
    return half_up(Fraction(sum(scores), len(scores)))


def lot(drawn: Drawn, env: str) -> bytes:
    """A bid's lot (抽签) where everything else is equal; the least comes first."""
    return framed_hash("LBD1/tie", bytes.fromhex(drawn.seed), bytes.fromhex(drawn.settled), bytes.fromhex(env))


def ranking(
    totals: Mapping[str, tuple[int, int]],
    *,
    means: Mapping[str, Sequence[int]] | None = None,
    drawn: Drawn | None = None,
) -> dict[str, int]:
    """Rank of each bid by (total, price), then, where the terms say so, by the items' means and by lot.

    One more than there are better ones: what nothing decides shares a rank.
    """
    keys = {
        bid: (-total, price, tuple(-mean for mean in (means or {}).get(bid, ())), lot(drawn, bid) if drawn else b"")
        for bid, (total, price) in totals.items()
    }
    return {bid: 1 + sum(other < key for other in keys.values()) for bid, key in keys.items()}
