"""`trading trustee`: the trustee's program, on the trustee's machine."""

from pathlib import Path

import click

from trading.kernel.log import configure_log


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), required=True, help="Keys and memory of this trustee.")
@click.option("--port", type=click.IntRange(1, 65535), default=8201, show_default=True)
@click.option("--platform", required=True, help="Address of the platform.")
@click.option("--witness", required=True, multiple=True, help="Address of a witness; repeat for several.")
def trustee(folder: Path, port: int, platform: str, witness: tuple[str, ...]) -> None:
    """Make keys, sign announcements and release shares, on a page at 127.0.0.1."""
    from bidding.trustee.app import API_TOKEN_FILE, HOST, run  # noqa: PLC0415  # brings the web server with it
    from bidding.trustee.program import Program  # noqa: PLC0415
    from trading.kernel.errors import StartupRefused  # noqa: PLC0415

    configure_log(process="trustee")
    try:
        program = Program(folder, platform=platform, witnesses=witness)
    except StartupRefused as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"http://{HOST}:{port}/")
    click.echo(f"API: {folder / API_TOKEN_FILE}")
    try:
        run(program, port)
    finally:
        program.close()
