"""`trading objects`: the store's objects into a folder and back, for backups and for moving to another store.

What has been kept never changes, but for the journal's unfinished tiles: so a second copy into the same folder moves
only what is new. Database first, objects second: then everything that the database names is in the copy.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import click

from trading.kernel.objects import ObjectStore
from trading.kernel.settings import ObjectsSettings

_AT_ONCE = 8
_CHANGES = "journal/"
_BROKEN_OFF = ".part.minio"  # how the S3 client ends the name of a file that is not whole


@click.group()
@click.option("--endpoint", envvar="TRADING_S3_ENDPOINT", required=True, help="host:port of the store.")
@click.option("--access-key", envvar="TRADING_S3_ACCESS_KEY", required=True)
@click.option("--secret-key", envvar="TRADING_S3_SECRET_KEY", required=True)
@click.option("--bucket", envvar="TRADING_S3_BUCKET", default="trading", show_default=True)
@click.option("--secure", envvar="TRADING_S3_SECURE", default="", help="1: over TLS.")
@click.pass_context
def objects(ctx: click.Context, *, endpoint: str, access_key: str, secret_key: str, bucket: str, secure: str) -> None:
    """Copy the store's objects into a folder, and back."""
    ctx.obj = ObjectStore(
        ObjectsSettings(
            endpoint=endpoint, access_key=access_key, secret_key=secret_key, bucket=bucket, secure=secure == "1"
        )
    )


@objects.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.pass_obj
def save(store: ObjectStore, folder: Path) -> None:
    """Copy every object that FOLDER does not have."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    async def copy() -> int:
        wanted = [key for key in await store.keys() if key.startswith(_CHANGES) or not _place(folder, key).exists()]
        await _each(wanted, lambda key: store.save_at(key, _place(folder, key)))
        return len(wanted)

    click.echo(f"{asyncio.run(copy())} objects copied")


@objects.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.pass_obj
def load(store: ObjectStore, folder: Path) -> None:
    """Copy every file of FOLDER that the store does not have; the bucket is made where it is missing."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.endswith(_BROKEN_OFF)]
    kept = [path.relative_to(folder).as_posix() for path in files]

    async def copy() -> int:
        await store.ensure_bucket()
        there = set(await store.keys())
        wanted = [key for key in kept if key not in there]
        await _each(wanted, lambda key: store.load_at(key, _place(folder, key)))
        return len(wanted)

    click.echo(f"{asyncio.run(copy())} objects copied")


def _place(folder: Path, key: str) -> Path:
    path = folder / key
    if not path.resolve().is_relative_to(folder.resolve()):
        raise click.ClickException(f"{key!r} is no name of an object of the platform")
    return path


async def _each(keys: list[str], act: Callable[[str], Awaitable[None]]) -> None:
    turns = asyncio.Semaphore(_AT_ONCE)

    async def one(key: str) -> None:
        async with turns:
            await act(key)

    async with asyncio.TaskGroup() as group:
        for key in keys:
            group.create_task(one(key))
