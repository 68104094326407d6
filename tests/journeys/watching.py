"""What an outsider sees of a platform: its journal as tiles, and its live events, resumed where they broke off."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from portal.demo.client import Client
from trading.kernel.journal.checkpoint import Checkpoint, log_verifier, parse_checkpoint
from trading.kernel.journal.entry import Entry, parse_entry
from trading.kernel.journal.note import parse_note, verify_note
from trading.kernel.journal.tiles import replay, tiles_of


def read_journal(anyone: Client, log_key: str, folder: Path) -> tuple[list[Entry], Checkpoint]:
    """Every entry under the newest checkpoint, all hashes recomputed; tiles already fetched are not fetched again."""
    note = parse_note(anyone.raw("/v1/journal/checkpoint"))
    checkpoint = parse_checkpoint(note.text)
    verify_note(note, log_verifier(checkpoint.origin, bytes.fromhex(log_key)))
    for tile in tiles_of(checkpoint.size):
        path = folder / tile.path
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(anyone.raw(f"/v1/journal/{tile.path}"))
    entries, root = replay(folder, checkpoint.size)
    assert root == checkpoint.root
    return [parse_entry(entry) for entry in entries], checkpoint


class Event(NamedTuple):
    """A server-sent event."""

    number: int
    kind: str
    data: dict[str, Any]


def listen(base_url: str, path: str, *, after: int = 0) -> Iterator[Event]:
    """Events as a browser gets them, for ever; `after` is sent as Last-Event-ID, as on a reconnection."""
    headers = {"accept": "text/event-stream", "last-event-id": str(after)}
    with httpx.stream("GET", base_url + path, headers=headers, timeout=60) as answer:
        assert answer.status_code == 200, answer.status_code
        assert answer.headers["content-type"].startswith("text/event-stream")
        fields: dict[str, str] = {}
        for text in answer.iter_lines():
            if not text and "id" in fields:  # without one it is a sign of life
                yield Event(int(fields["id"]), fields["event"], json.loads(fields["data"]))
            if not text:
                fields = {}
            elif not text.startswith(":"):
                name, _, value = text.partition(":")
                fields[name] = value.removeprefix(" ")


def listen_until(base_url: str, path: str, enough: Callable[[Event], bool], *, after: int = 0) -> list[Event]:
    """Listen, and break off once there is enough."""
    events = []
    stream = listen(base_url, path, after=after)
    try:
        for event in stream:
            events.append(event)
            if enough(event):
                return events
    finally:
        stream.close()  # type: ignore[attr-defined]  # a generator
    raise AssertionError("the stream ended")
