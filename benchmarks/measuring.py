"""Measuring two things side by side: interleaved, the order turned round each time, the median of the rounds."""

import math
import statistics
from collections.abc import Awaitable, Callable, Mapping, Sequence
from time import perf_counter

Measured = dict[str, list[float]]


def interleaved(sides: Mapping[str, Callable[[], float]], rounds: int) -> Measured:
    """Every side once a round; what warms or slows the machine meets them all."""
    found: Measured = {name: [] for name in sides}
    for number in range(rounds):
        for name in in_turn(list(sides), number):
            found[name].append(sides[name]())
    return found


async def interleaved_async(sides: Mapping[str, Callable[[], Awaitable[float]]], rounds: int) -> Measured:
    """The same for sides that need the event loop."""
    found: Measured = {name: [] for name in sides}
    for number in range(rounds):
        for name in in_turn(list(sides), number):
            found[name].append(await sides[name]())
    return found


def in_turn(names: Sequence[str], number: int) -> list[str]:
    """First to last in even rounds, last to first in odd ones."""
    return list(names) if number % 2 == 0 else list(reversed(names))


def timed(action: Callable[[], object]) -> float:
    """Seconds it takes."""
    begin = perf_counter()
    action()
    return perf_counter() - begin


async def timed_async(action: Awaitable[object]) -> float:
    """Seconds it takes."""
    begin = perf_counter()
    await action
    return perf_counter() - begin


def median_ratio(measured: Measured, over: str, under: str) -> float:
    """The median of the rounds' own ratios: a slow moment of the machine meets both of a round."""
    return statistics.median(a / b for a, b in zip(measured[over], measured[under], strict=True))


def medians(measured: Measured, unit: str = "s", factor: float = 1.0) -> dict[str, str]:
    """For a line's detail."""
    return {name: f"{statistics.median(values) * factor:.4g} {unit}" for name, values in measured.items()}


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
