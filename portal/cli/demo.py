"""`trading demo …`: scenarios on a fresh platform, the demonstration clock, and codes for demonstration logins."""

import secrets
import shutil
import time
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

STEPS = 39


@click.group()
def demo() -> None:
    """Demonstrations, and the demonstration clock."""


@demo.command("open-tender")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder for the evidence.")
@click.option("--keep", is_flag=True, help="Keep the platform's data afterwards.")
def open_tender(out: Path, keep: bool) -> None:
    """One open tender from registration to the sealed package; its evidence into a folder."""
    from portal.demo.open_tender import run  # noqa: PLC0415  # brings the embedded servers
    from portal.embedded.home import Home, default_root  # noqa: PLC0415
    from portal.platform import EmbeddedPlatform  # noqa: PLC0415

    if out.exists() and any(out.iterdir()):
        raise click.ClickException(f"{out} is not empty; evidence is never mixed")
    root = default_root()
    home = Home(root / f"demo-{secrets.token_hex(3)}", binaries=root / "bin")
    console = Console(stderr=True)
    begun = time.monotonic()
    with Progress(
        SpinnerColumn(),
        TextColumn("[{task.completed}/{task.total}] {task.description}"),
        TimeElapsedColumn(),
        console=console,
    ) as bars:
        bar = bars.add_task("starting a fresh platform", total=STEPS)

        def step(words: str) -> None:
            bars.update(bar, advance=1, description=words)
            if not console.is_terminal:
                console.print(f"{time.monotonic() - begun:6.1f} s  {words}")

        try:
            with EmbeddedPlatform(home, say=lambda _: None) as platform:
                run(platform, out, step)
        finally:
            if not keep:
                shutil.rmtree(home.root, ignore_errors=True)
    console.print(f"✓ evidence in {out} after {time.monotonic() - begun:.0f} s; check it with: trading verify {out}")


@demo.command()
@click.option("--url", default="http://127.0.0.1:8000", show_default=True, help="Address of the platform.")
@click.option("--minutes", type=int, help="Move forward by so many minutes.")
@click.option("--to", help="Move forward to an instant, for instance 2026-12-14T01:30:00.000Z.")
def clock(url: str, minutes: int | None, to: str | None) -> None:
    """Show the demonstration clock, or move it forward."""
    from portal.demo.client import Client  # noqa: PLC0415

    client = Client(url, headers={"authorization": "Demonstration clock"})
    try:
        if minutes is None and to is None:
            click.echo(client.get("/v1/time")["now"])
        else:
            body = {"to": to} if to else {"minutes": minutes}
            click.echo(client.post("/demo/clock", body)["now"])
    finally:
        client.close()


@demo.command()
@click.argument("login")
def code(login: str) -> None:
    """The six digits a demonstration login of the staff types now."""
    import pyotp  # noqa: PLC0415

    from portal.demo.people import PEOPLE  # noqa: PLC0415
    from portal.demo.secrets import totp_secret  # noqa: PLC0415

    person = next((person for person in PEOPLE if person.login == login), None)
    secret = totp_secret(person) if person else None
    if secret is None:
        raise click.ClickException(f"{login} is no staff login of the demonstration")
    click.echo(pyotp.TOTP(secret).now())
