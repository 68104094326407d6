"""`trading gateway`: the local gateway for calls and messages, with its page on this machine."""

from pathlib import Path

import click

from trading.kernel.log import configure_log


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), required=True, help="Key and memory of this gateway.")
@click.option("--port", type=click.IntRange(1, 65535), default=8301, show_default=True)
@click.option("--platform", required=True, help="Address of the platform.")
def gateway(folder: Path, port: int, platform: str) -> None:
    """Show what is called and sent to telephones, let one answer, sign every outcome."""
    from portal.gateway.app import HOST, run  # noqa: PLC0415  # brings the web server with it
    from portal.gateway.book import Book  # noqa: PLC0415

    configure_log(process="gateway")
    click.echo(f"http://{HOST}:{port}/")
    run(Book(folder, platform), port)
