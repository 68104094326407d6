"""`trading draw commit | reveal`: a party's part in a draw without a browser, on its own machine."""

from collections.abc import Callable
from pathlib import Path

import click
import httpx

from bidding.sealing.errors import SealingError
from experts.draw import DrawError
from experts.party import PartyMachine, PartyRefused

_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.group()
def draw() -> None:
    """Commit to and reveal a party's number in a draw."""


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
@click.option("--token", required=True, envvar="TRADING_TOKEN", help="Your access token with the party's role.")
@click.option("--party", required=True, type=click.Choice(["centre", "supervisor", "tenderer"]))
@click.option("--folder", type=_FOLDER, required=True, help="Where your number is kept; keep it.")
def commit(draw_id: str, url: str, token: str, party: str, folder: Path) -> None:
    """Make a number here, commit to it, leave it in the trustees' escrow."""

    def act() -> None:
        machine = PartyMachine(folder, url, draw_id, token)
        try:
            click.echo(machine.commit(party))
        finally:
            machine.close()

    _run(act)


@draw.command()
@click.argument("draw_id")
@click.option("--url", required=True, envvar="TRADING_URL", help="Address of the platform.")
@click.option("--token", required=True, envvar="TRADING_TOKEN", help="Your access token with the party's role.")
@click.option("--folder", type=_FOLDER, required=True, help="Where your number is kept.")
def reveal(draw_id: str, url: str, token: str, folder: Path) -> None:
    """Show the number."""

    def act() -> None:
        machine = PartyMachine(folder, url, draw_id, token)
        try:
            machine.reveal()
        finally:
            machine.close()

    _run(act)
