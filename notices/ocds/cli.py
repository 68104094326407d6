"""`trading ocds export`: open data into a file, over HTTP and without signing in, as anyone may have it."""

import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import click
import httpx
import msgspec

from notices.ocds.paths import FEED_PATH, package_path


class _Feed(msgspec.Struct, frozen=True):
    releases: tuple[msgspec.Raw, ...]
    links: dict[str, str] = {}


@click.group()
def ocds() -> None:
    """Open data of projects, by the Open Contracting Data Standard."""


@ocds.command()
@click.option("--url", envvar="TRADING_URL", default="http://127.0.0.1:8000", show_default=True)
@click.option("--project", type=click.UUID, help="One project's release package; else every release, one a line.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="A file; else standard output.")
def export(url: str, project: UUID | None, out: Path | None) -> None:
    """Fetch the release package of a project, or all releases of all projects, oldest first, as JSON Lines."""
    try:
        with httpx.Client(base_url=url, timeout=60) as http:
            if project is not None:
                data = _fetched(http, package_path(project))
            else:
                data = b"".join(bytes(release) + b"\n" for release in reversed([*_all(http)]))
    except httpx.TransportError as error:
        raise click.ClickException(f"the platform does not answer: {error}") from error
    if out is None:
        sys.stdout.buffer.write(data)
    else:
        out.write_bytes(data)
        click.echo(f"{out}: {len(data)} bytes", err=True)


def _all(http: httpx.Client) -> Iterator[msgspec.Raw]:
    """Page by page, the newest first. Only this platform's own pages are followed (R43)."""
    path = FEED_PATH
    while path:
        page = msgspec.json.decode(_fetched(http, path), type=_Feed)
        yield from page.releases
        query = httpx.URL(page.links.get("next", "")).query.decode()
        path = f"{FEED_PATH}?{query}" if query else ""


def _fetched(http: httpx.Client, path: str) -> bytes:
    answer = http.get(path)
    if answer.status_code != httpx.codes.OK:
        raise click.ClickException(f"{path}: {answer.status_code} {answer.json().get('code', '')}".strip())
    return answer.content
