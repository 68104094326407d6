"""`trading verify`: for those who do not trust us. Needs neither database nor network."""

import os
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from portal.verify.examine import examine
from portal.verify.report import Line
from portal.verify.words import FAILED, NOTED, PASSED, VERDICTS, Lang, language, sentence

_MARKS = {"passed": ("✓", "green", PASSED), "failed": ("✗", "bold red", FAILED), "noted": ("·", "yellow", NOTED)}


def _fingerprints(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    keys = tuple(value.replace(":", "").replace(" ", "").lower() for value in values)
    for key in keys:
        if len(key) != 64 or not set(key) <= set("0123456789abcdef"):
            raise click.BadParameter("a fingerprint is 64 hexadecimal digits")
    return keys


@click.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--key",
    "pins",
    multiple=True,
    metavar="FINGERPRINT",
    callback=_fingerprints,
    help="SHA-256 of a witness's public key, from a source other than PATH; may be repeated.",
)
@click.option(
    "--with",
    "beside",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="For a receipt: its announcement, envelope or proof, where they are not beside it.",
)
@click.option("--lang", type=click.Choice(["zh", "en"]), help="Language of the report (default: by LANG).")
def verify(path: Path, pins: tuple[str, ...], beside: tuple[Path, ...], lang: Lang | None) -> None:
    """Check evidence (a folder or a tar of it), a receipt, or a receipt's proof, offline.

    Exit status 0 if everything holds, 1 otherwise, with the code of everything that failed.
    """
    report = examine(path, pins=pins, beside=beside)
    spoken = lang or language(_locale())
    console = Console(highlight=False, soft_wrap=True)
    for line in report.lines:
        console.print(_shown(line, spoken))
    kind = ("pinned" if pins else "unpinned") if report.ok else "failed"
    words = sentence(VERDICTS, kind, spoken, {"codes": ", ".join(report.failures)})
    console.print(Text(words, style="bold green" if report.ok else "bold red"))
    if not report.ok:
        raise SystemExit(1)


def _locale() -> str:
    return next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")


def _shown(line: Line, lang: Lang) -> Text:
    mark, style, table = _MARKS[line.kind]
    facts = {name: _short(value) for name, value in line.facts.items()}
    text = Text(f"{mark} ", style=style)
    if line.kind == "failed":
        text.append(f"{line.code}  ")
    text.append(sentence(table, line.code, lang, facts), style="" if line.kind == "passed" else style)
    if line.kind != "passed" and facts:
        text.append("  " + " ".join(f"{name}={value}" for name, value in facts.items()), style="dim")
    return text


def _short(value: object) -> str:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else str(value)
