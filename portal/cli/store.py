"""`trading store`: the S3 store of a deployment on one machine, with Object Lock that holds at its only open port."""

import signal
import threading
from pathlib import Path

import click

from trading.kernel.log import configure_log


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), required=True, help="Everything the store keeps.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 55535), default=8333, show_default=True)
@click.option("--access-key", envvar="TRADING_S3_ACCESS_KEY", required=True)
@click.option("--secret-key", envvar="TRADING_S3_SECRET_KEY", required=True)
def store(folder: Path, host: str, port: int, access_key: str, secret_key: str) -> None:
    """Keep objects until SIGTERM: SeaweedFS with signed tokens inside and one open port, S3."""
    from portal.embedded.home import Home  # noqa: PLC0415
    from portal.embedded.seaweedfs import Door, EmbeddedSeaweedFS  # noqa: PLC0415

    configure_log(process="store")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    home = Home(folder)
    with home.claimed(), EmbeddedSeaweedFS(home, Door(host, port, access_key, secret_key)) as running:
        click.echo(f"S3 at {running.endpoint}")
        while not stop.wait(1.0):
            if not running.is_running:
                raise click.ClickException("the store has stopped by itself")
