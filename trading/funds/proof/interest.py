"""Interest of a deposit (银行同期活期存款利息), pure: principal × rate × days ÷ basis, whole fen at the end.

The day the money came counts, the day it is paid back does not (算头不算尾); days are counted as they are, the 29th of
February among them. Where the bank's rate changes on the way, each stretch has its own (分段计息); nothing is
compounded. The exact sum is rounded once, half a fen upwards. Every number is a row of the profile, none stands here.
"""

import datetime as dt
from collections.abc import Sequence
from fractions import Fraction

import msgspec

_TEN_THOUSAND = 10_000


class Rate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The bank's yearly rate from a day on, in ten-thousandths (万分之一): 35 is 0.35 %."""

    starts_on: dt.date
    bp: int


class Stretch(msgspec.Struct, frozen=True):
    """Days under one rate; the last one is not counted."""

    starts_on: dt.date
    ends_on: dt.date
    bp: int

    @property
    def days(self) -> int:
        """How many."""
        return (self.ends_on - self.starts_on).days


def stretches(starts_on: dt.date, ends_on: dt.date, rates: Sequence[Rate]) -> tuple[Stretch, ...]:
    """The period cut where the rate changes; `ValueError` where a day has no rate."""
    if ends_on <= starts_on:
        return ()
    known = sorted(rates, key=lambda rate: rate.starts_on)
    if not known or known[0].starts_on > starts_on:
        raise ValueError(f"no rate is known on {starts_on}")
    found = []
    for number, rate in enumerate(known):
        until = known[number + 1].starts_on if number + 1 < len(known) else ends_on
        first, last = max(starts_on, rate.starts_on), min(ends_on, until)
        if first < last:
            found.append(Stretch(first, last, rate.bp))
    return tuple(found)


def interest_fen(principal_fen: int, starts_on: dt.date, ends_on: dt.date, rates: Sequence[Rate], basis: int) -> int:
    """What the principal earned between two days, in whole fen."""
    exact = sum(
        (
            Fraction(principal_fen * part.bp * part.days, _TEN_THOUSAND * basis)
            for part in stretches(starts_on, ends_on, rates)
        ),
        Fraction(0),
    )
    return int(exact + Fraction(1, 2))  # never negative, so this is half upwards
