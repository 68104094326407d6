"""`trading draw commit | reveal`: a party's part in a draw without a browser, on its own machine."""

import os
from collections.abc import Callable
from pathlib import Path

import click
import httpx

from bidding.sealing.errors import SealingError
from experts.draw import DrawError
from experts.party import PartyMachine, PartyRefused

_FOLDER = click.Path(path_type=Path, file_okay=False)
_TOKEN = click.option(
    "--token-file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Your access token with the party's role; else TRADING_TOKEN, else asked for.",
)


@click.group()
def draw() -> None:
    """Commit to and reveal a party's number in a draw."""


def _token(file: Path | None) -> str:
    """From a file or the environment, never from the command line, which every process can read."""
    given = file.read_text(encoding="utf-8").strip() if file else os.environ.get("TRADING_TOKEN", "")
    return given or str(click.prompt("Access token", hide_input=True, err=True))


def _run(act: Callable[[], None]) -> None:
    """What goes wrong is one line on the screen, never a traceback."""
    try:
        act()
    except PartyRefused as refused:
        raise click.ClickException(f"{refused} ({refused.code})") from refused
    except (DrawError, SealingError) as error:
        raise click.ClickException(error.code) from error
    except httpx.TransportError as error:
        raise click.ClickException(f"the platform does not answer: {error}") from error


@draw.command()
@click.argument("draw_id")
@click.option("--url", required=True, envvar="TRADING_URL", help="Address of the platform.")
@_TOKEN
@click.option("--party", required=True, type=click.Choice(["centre", "supervisor", "tenderer"]))
@click.option("--folder", type=_FOLDER, required=True, help="Where your number is kept; keep it.")
def commit(draw_id: str, url: str, token_file: Path | None, party: str, folder: Path) -> None:
    """Make a number here, commit to it, leave it in the trustees' escrow."""

    def act() -> None:
        machine = PartyMachine(folder, url, draw_id, _token(token_file))
        try:
            click.echo(machine.commit(party))
        finally:
            machine.close()

    _run(act)


@draw.command()
@click.argument("draw_id")
@click.option("--url", required=True, envvar="TRADING_URL", help="Address of the platform.")
@_TOKEN
@click.option("--folder", type=_FOLDER, required=True, help="Where your number is kept.")
def reveal(draw_id: str, url: str, token_file: Path | None, folder: Path) -> None:
    """Show the number."""

    def act() -> None:
        machine = PartyMachine(folder, url, draw_id, _token(token_file))
        try:
            machine.reveal()
        finally:
            machine.close()

    _run(act)
