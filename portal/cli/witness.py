"""`trading witness`: run by supervisor, notary or industry body on a machine of their own."""

from pathlib import Path

import click

from trading.kernel.log import configure_log


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), required=True, help="Keys and memory of this witness.")
@click.option("--port", type=int, default=8101, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--origin", required=True, help="The journal's name, pinned at the first start.")
@click.option("--log-key", required=True, help="The journal's public key in hex, pinned at the first start.")
def witness(folder: Path, port: int, host: str, origin: str, log_key: str) -> None:
    """Cosign checkpoints of one journal, never two histories."""
    from trading.kernel.journal.witness import run  # noqa: PLC0415  # brings the web server with it

    configure_log(process="witness")
    run(folder, port, origin=origin, log_key=log_key, host=host)
