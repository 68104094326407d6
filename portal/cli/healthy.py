"""`trading healthy`: for container health checks, so it reads the container's own settings and answers quickly."""

from pathlib import Path

import click

from portal.pulse import answers, beats


@click.command()
@click.option(
    "--pulse-file", envvar="TRADING_PULSE_FILE", type=click.Path(path_type=Path), help="Of a worker or relay."
)
@click.option("--host", envvar="TRADING_HOST", default="127.0.0.1", show_default=True)
@click.option("--port", envvar="TRADING_PORT", type=int, default=8000, show_default=True)
def healthy(pulse_file: Path | None, host: str, port: int) -> None:
    """Exit with 0 if the web process is ready, or the worker or relay has a pulse; with 1 otherwise."""
    if not (beats(pulse_file) if pulse_file else answers(host, port)):
        raise SystemExit(1)
