"""`trading archive sweep`: every sealed package read again, now."""

import asyncio
import sys

import click

from trading.kernel.identity import system_actor


@click.group()
def archive() -> None:
    """Sealed packages of closed projects."""


@archive.command()
def sweep() -> None:
    """Read every sealed package again and journal what was found; exit status 1 if anything was."""
    findings = asyncio.run(_sweep())
    for line in findings:
        click.echo(line, err=True)
    sys.exit(1 if findings else 0)


async def _sweep() -> list[str]:
    from archive import reads, service  # noqa: PLC0415  # brings the database with it
    from trading.kernel.db import Database  # noqa: PLC0415
    from trading.kernel.objects import ObjectStore  # noqa: PLC0415
    from trading.kernel.settings import load_settings  # noqa: PLC0415

    settings = load_settings()
    database = Database(settings.database.app, pool_size=1)
    try:
        async with database.transaction() as session:
            done = await service.sweep(session, system_actor("operator"), vault=ObjectStore(settings.objects).vault)
            found = [
                f"{name}: {item.kind} {item.path or 'the package itself'}"
                for name, item in await reads.findings_of(session, done.id)
            ]
    finally:
        await database.close()
    click.echo(f"{done.packages} packages, {done.files} files, {done.bytes} bytes read; {done.findings} findings")
    return found
