"""`trading bank`: a bank for demonstrations, with its page on this machine."""

from pathlib import Path

import click

from trading.kernel.log import configure_log


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), required=True, help="Payments and statements of this bank.")
@click.option("--port", type=click.IntRange(1, 65535), default=8401, show_default=True)
@click.option("--platform", required=True, help="Address of the platform.")
def bank(folder: Path, port: int, platform: str) -> None:
    """Let somebody pay, and hand in the statement, on a page at 127.0.0.1."""
    from portal.bank.app import HOST, run  # noqa: PLC0415  # brings the web server with it
    from portal.bank.book import Book  # noqa: PLC0415

    configure_log(process="bank")
    click.echo(f"http://{HOST}:{port}/")
    run(Book(folder, platform), port)
