"""`python -m benchmarks [--only a,b] [--scale 0.1] [--save NAME]`: every goal beside its limit, one line each."""

import importlib
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

import click

from benchmarks.report import Line, machine, save
from benchmarks.running import Run

Benchmark = Callable[[Run], Iterator[Line]]
MODULES = {
    "a": "benchmarks.a_sealing",
    "b": "benchmarks.b_submitting",
    "d": "benchmarks.d_drawing",
    "e": "benchmarks.e_journal",
    "g": "benchmarks.g_pdf",
    "i": "benchmarks.i_pages",
}
"""Letter → module; c, f, h and j come with what they measure."""


def wanted(only: str) -> list[str]:
    """The letters asked for, in order; all when none is named."""
    letters = [letter.strip() for letter in only.split(",") if letter.strip()]
    unknown = [letter for letter in letters if letter not in MODULES]
    if unknown:
        raise click.BadParameter(f"{', '.join(unknown)}: there are {', '.join(MODULES)}", param_hint="--only")
    return letters or list(MODULES)


def run(letters: list[str], measuring: Run, say: Callable[[str], None]) -> tuple[dict[str, Any], list[Line]]:
    """Measure, say each line when it is known."""
    facts, lines = machine(), []
    say("# " + ", ".join(f"{name} {value}" for name, value in facts.items()))
    for letter in letters:
        measure: Benchmark = importlib.import_module(MODULES[letter]).measure
        for line in measure(measuring):
            say(str(line))
            say("    " + ", ".join(f"{name} {value}" for name, value in line.detail.items()))
            lines.append(line)
    if measuring.begun is not None:
        facts |= measuring.begun.facts()
    return facts, lines


@click.command()
@click.option("--only", default="", help="Letters of the goals, such as a,b.")
@click.option("--quick", is_flag=True, help="Tiny sizes: shows that it works, measures nothing.")
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(min=3), help="Rounds of each comparison.")
@click.option("--scale", default=1.0, show_default=True, help="Of every size, for a shorter run.")
@click.option("--save", "name", default="", help="Also write benchmarks/results/NAME.json and .md.")
def main(only: str, quick: bool, rounds: int, scale: float, name: str) -> None:
    """Measure the platform beside its limits."""
    logging.disable(logging.INFO)  # libraries tell of every page and request
    letters, measuring = wanted(only), Run(quick, rounds, scale)
    try:
        facts, lines = run(letters, measuring, lambda text: click.echo(text, file=sys.stdout))
    finally:
        measuring.close()
    if name:
        click.echo(f"written to {save(name, facts, lines)}")


if __name__ == "__main__":
    main()
