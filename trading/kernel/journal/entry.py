"""One journal entry as bytes, pure: what every leaf of the log says, and what it only commits to.

Whatever is secret now or personal ever, the actor always, enters as SHA-256(salt ‖ canonical value). The
salt and the value stay outside the log, so they can be shown later, or destroyed when the law says so, and
the log is whole either way (个人信息保护法 47).
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from trading.kernel import merkle
from trading.kernel.canonical import CanonicalError, canonical, parse_canonical
from trading.kernel.journal.instant import format_instant, parse_instant
from trading.kernel.journal.tiles import LARGEST_ENTRY

VERSION = 1
ACTOR = "actor"

_HEX = re.compile(r"[0-9a-f]{64}")
_SUBJECT = re.compile(r"[a-z][a-z0-9_-]*:\S{1,200}")
_FIELDS = {"v", "id", "at", "action", "subject", "actor", "payload", "committed"}


class EntryError(ValueError):
    """Not an entry of this journal."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What a commitment hides; `value` is canonical JSON."""

    name: str
    salt: bytes
    value: bytes

    @property
    def commitment(self) -> str:
        return hashlib.sha256(self.salt + self.value).hexdigest()

    @property
    def plain(self) -> Any:
        return parse_canonical(self.value)


@dataclass(frozen=True, slots=True)
class Entry:
    """A leaf's meaning; `committed` maps names to commitments in hex."""

    id: UUID
    at: datetime
    action: str
    subject: str
    actor: str
    payload: dict[str, Any]
    committed: dict[str, str]

    @property
    def body(self) -> bytes:
        body = canonical(
            {
                "v": VERSION,
                "id": str(self.id),
                "at": format_instant(self.at),
                "action": self.action,
                "subject": self.subject,
                "actor": self.actor,
                "payload": self.payload,
                "committed": self.committed,
            }
        )
        if len(body) > LARGEST_ENTRY:
            raise EntryError(f"{self.action} is larger than {LARGEST_ENTRY} bytes: journal a digest instead")
        return body

    @property
    def leaf(self) -> bytes:
        return merkle.leaf_hash(self.body)

    def opens(self, opening: Opening) -> bool:
        """Whether this is what the entry committed to."""
        expected = self.actor if opening.name == ACTOR else self.committed.get(opening.name)
        return opening.commitment == expected


def commit(name: str, value: Any) -> Opening:
    return Opening(name, os.urandom(32), canonical(value))


def make_entry(
    entry_id: UUID,
    at: datetime,
    action: str,
    *,
    subject: str,
    actor: Mapping[str, Any],
    payload: Mapping[str, Any],
    secret: Mapping[str, Any],
) -> tuple[Entry, list[Opening]]:
    """An entry and the openings of everything it commits to, the actor's first."""
    if not _SUBJECT.fullmatch(subject):
        raise EntryError(f"{subject!r} is not of the form kind:id")
    if ACTOR in secret or payload.keys() & secret.keys():
        raise EntryError("a value is either shown or committed to, and `actor` is the actor")
    openings = [commit(ACTOR, dict(actor)), *(commit(name, value) for name, value in secret.items())]
    committed = {opening.name: opening.commitment for opening in openings[1:]}
    entry = Entry(entry_id, at, action, subject, openings[0].commitment, dict(payload), committed)
    return entry, openings


def parse_entry(body: bytes) -> Entry:
    try:
        value = parse_canonical(body)
        if not isinstance(value, dict) or value.keys() != _FIELDS or value["v"] != VERSION:
            raise EntryError("not an entry of this version")
        hashes = [value["actor"], *value["committed"].values()]
        if not all(isinstance(item, str) and _HEX.fullmatch(item) for item in hashes):
            raise EntryError("a commitment is 32 bytes in hex")
        return Entry(
            UUID(value["id"]),
            parse_instant(value["at"]),
            str(value["action"]),
            str(value["subject"]),
            value["actor"],
            dict(value["payload"]),
            value["committed"],
        )
    except (CanonicalError, AttributeError, TypeError, ValueError) as error:
        raise EntryError("not an entry") from error
