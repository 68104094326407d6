"""The arithmetic of comprehensive evaluation (综合评估法), exact and pure: price formula F4, averages, totals, ranking.

《标准施工招标文件》(2007) 评标办法: the benchmark is the mean of the valid bids, lowered by k; a price above it loses
E1 points for each percent of deviation, a price below it E2. Here no highest or lowest price is dropped. Everything is
computed with fractions; what is written down is rounded half up to a hundredth of a point, and totals add what is
written down, so that the report's columns add up on paper.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise

import msgspec

K_UNIT = 10_000


class Formula(msgspec.Struct, frozen=True):
    """F, E1, E2 in hundredths of a point (E for each percent), k in ten-thousandths."""

    full: int
    above: int
    below: int
    k: int


class PriceScore(msgspec.Struct, frozen=True):
    """One price's score, with what it follows from; `deviation` in percent."""

    deviation: Fraction
    exact: Fraction
    score: int


class Standing(msgspec.Struct, frozen=True):
    """A valid bid in the ranking."""

    env: str
    price_fen: int
    price: PriceScore
    averages: dict[str, int]
    total: int
    rank: int


class Tied(Exception):  # a fact of the arithmetic; the service states the refusal
    """Bids equal in total and in price: the ranking is not decided by arithmetic."""

    def __init__(self, envs: Sequence[str]) -> None:
        super().__init__(f"{len(envs)} bids are equal")
        self.envs = tuple(envs)


def half_up(value: Fraction) -> int:
    """To a whole number, a half upwards; for values that are not negative."""
    return int((value * 2 + 1) // 2)


def benchmark(prices: Sequence[int], k: int) -> Fraction:
    """评标基准价: the mean of all valid prices, lowered by k."""
    return Fraction(sum(prices), len(prices)) * (K_UNIT - k) / K_UNIT


def price_score(formula: Formula, base: Fraction, price: int) -> PriceScore:
    """F less E for each percent away from the benchmark, never below nothing."""
    deviation = (price - base) / base * 100
    loss = abs(deviation) * (formula.above if deviation > 0 else formula.below)
    exact = max(Fraction(0), formula.full - loss)
    return PriceScore(deviation=deviation, exact=exact, score=half_up(exact))


def average(scores: Sequence[int]) -> int:
    """The members' mean, rounded half up to a hundredth; no score is dropped."""
    return half_up(Fraction(sum(scores), len(scores)))


def rank(
    formula: Formula, prices: Mapping[str, int], scores: Sequence[Mapping[str, Mapping[str, int]]]
) -> tuple[Standing, ...]:
    """Every valid bid, best first: by total, then by the lower price; `Tied` where both are equal.

    `scores` are the members' sheets: by envelope, then by item.
    """
    base = benchmark(list(prices.values()), formula.k)
    standing = []
    for env, price in prices.items():
        own = price_score(formula, base, price)
        averages = {item: average([sheet[env][item] for sheet in scores]) for item in scores[0][env]}
        standing.append((env, price, own, averages, own.score + sum(averages.values())))
    standing.sort(key=lambda line: (-line[4], line[1], line[0]))
    for before, after in pairwise(standing):
        if (before[4], before[1]) == (after[4], after[1]):
            raise Tied([line[0] for line in standing if (line[4], line[1]) == (after[4], after[1])])
    return tuple(
        Standing(env=env, price_fen=price, price=own, averages=averages, total=total, rank=place)
        for place, (env, price, own, averages, total) in enumerate(standing, 1)
    )


def written(value: Fraction) -> str:
    """A fraction as the report writes it."""
    return f"{value.numerator}/{value.denominator}"
