"""Commands that run the platform's processes: each reads `TRADING_*`, except `up`, which makes them."""

from pathlib import Path

import click

from trading.kernel.log import configure_log
from trading.kernel.settings import load_settings


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, help="Port of the web pages; the next free one if taken.")
@click.option("--home", type=click.Path(path_type=Path), help="Folder that keeps the data (default: see docs).")
def up(host: str, port: int, home: Path | None) -> None:
    """Start everything on this machine with a demonstration city, until Ctrl-C."""
    from portal.up import run_everything  # noqa: PLC0415  # the other commands need no embedded servers

    run_everything(host=host, port=port, home=home)


@click.command()
def serve() -> None:
    """Serve the web pages and the API."""
    from portal.serving import serve as run  # noqa: PLC0415  # brings the web server with it

    run(load_settings().web)


@click.command()
@click.option("--threads", default=4, show_default=True)
def worker(threads: int) -> None:
    """Do background tasks."""
    import portal.wiring  # noqa: F401, PLC0415  # registers every task
    from portal.pulse import beat  # noqa: PLC0415
    from trading.kernel.tasks import run_worker  # noqa: PLC0415

    configure_log(process="worker")
    settings = load_settings()
    run_worker(settings, threads=threads, pulse=lambda: beat(settings.pulse_file))


@click.command()
def relay() -> None:
    """Hand on events, fire timers, seal slots, sequence the journal."""
    from portal.relay import main  # noqa: PLC0415

    configure_log(process="relay")
    main(load_settings())


@click.command()
@click.option("--url", envvar="TRADING_OWNER_DATABASE_URL", required=True, help="Database address of trading_owner.")
def migrate(url: str) -> None:
    """Bring the database to the newest version."""
    from migrations.apply import migrate as apply  # noqa: PLC0415

    click.echo(f"database is at {apply(url)}")


@click.command()
def check() -> None:
    """Check that this machine has what the platform needs."""
    from portal.bootstrap import Missing, check_system  # noqa: PLC0415

    try:
        check_system(tests=False)
    except Missing as error:
        raise click.ClickException(str(error)) from error
    click.echo("✓ everything the platform needs is here")
