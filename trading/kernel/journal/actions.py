"""Appending to the journal, in the caller's transaction: the act and its entry are committed together or not.

A package declares its actions in `entries.py`, once, as module constants. The sentence a person reads is the
message `journal.<name>` of that package's catalogues. What an action calls personal is committed to, not shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from trading.kernel.clock import platform_now
from trading.kernel.identity import Actor, system_actor
from trading.kernel.ids import new_id
from trading.kernel.journal.entry import Entry, Opening, make_entry

_NAME = re.compile(r"[a-z][a-z0-9_]*:[a-z][a-z0-9_]*:[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Action:
    """A kind of entry, `noun:noun:verb`; `blind` ones are written by `append_blind` and named in its body."""

    name: str
    package: str
    personal: tuple[str, ...] = ()
    blind: bool = False

    registry: ClassVar[dict[str, Action]] = {}

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is not noun:noun:verb")
        if self.registry.setdefault(self.name, self) != self:
            raise ValueError(f"{self.name} is declared twice")

    @property
    def message(self) -> str:
        """The key of its sentence in the catalogues."""
        return f"journal.{self.name}"


async def append(
    session: AsyncSession,
    actor: Actor,
    action: Action,
    *,
    subject: str,
    payload: Mapping[str, Any] | None = None,
    secret: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> UUID:
    """One entry about `subject` (`kind:id`); returns its id.

    `payload` is public for ever, except the action's personal fields; those and `secret` are only committed to.
    `at` spares asking for the time again where the caller has just asked under its lock.
    """
    if action.blind:
        raise ValueError(f"{action.name} would show that something exists: use append_blind")
    shown = {name: value for name, value in (payload or {}).items() if name not in action.personal}
    hidden = {name: value for name, value in (payload or {}).items() if name in action.personal}
    entry, openings = make_entry(
        new_id(),
        at or await platform_now(session),
        action.name,
        subject=subject,
        actor=actor_value(actor),
        payload=shown,
        secret={**hidden, **(secret or {})},
    )
    await insert_entries(session, [entry], {entry.id: openings})
    return entry.id


async def insert_entries(
    session: AsyncSession, entries: Iterable[Entry], openings: Mapping[UUID, Iterable[Opening]]
) -> None:
    """Entries as rows; the database itself puts them before the sequencer."""
    rows = [(entry, entry.body) for entry in entries]
    kept = [(entry_id, opening) for entry_id, group in openings.items() for opening in group]
    await session.execute(
        _INSERT,
        {
            "ids": [entry.id for entry, _ in rows],
            "actions": [entry.action for entry, _ in rows],
            "subjects": [entry.subject for entry, _ in rows],
            "bodies": [body for _, body in rows],
            "times": [entry.at for entry, _ in rows],
            "of": [entry_id for entry_id, _ in kept],
            "names": [opening.name for _, opening in kept],
            "salts": [opening.salt for _, opening in kept],
            "contents": [opening.value for _, opening in kept],
        },
    )


async def read_openings(session: AsyncSession, entry_id: UUID) -> list[Opening]:
    """What an entry committed to and was not destroyed; whoever calls decides who may see it."""
    rows = await session.execute(_SELECT_OPENINGS, {"id": entry_id})
    return [Opening(row.name, row.salt, row.value) for row in rows]


async def destroy_openings(session: AsyncSession, actor: Actor, entry_id: UUID, *, reason: str) -> int:
    """Make an entry's commitments unreadable for ever, and journal that and why; returns how many there were."""
    names = (await session.execute(_DELETE_OPENINGS, {"id": entry_id})).scalars().all()
    if names:
        shown = {"names": sorted(names), "reason": reason}
        await append(session, actor, OPENINGS_DESTROYED, subject=f"entry:{entry_id}", payload=shown)
    return len(names)


def actor_value(actor: Actor) -> dict[str, Any]:
    """Who acted, as it is committed to."""
    ids = {
        "person": actor.person_id,
        "account": actor.account_id,
        "membership": actor.membership_id,
        "org": actor.org_id,
    }
    known = {name: str(value) for name, value in ids.items() if value is not None}
    return {**known, "name": actor.name, "org_name": actor.org_name, "roles": sorted(actor.roles)}


OPENINGS_DESTROYED = Action("journal:opening:destroyed", "kernel")
JOURNAL = system_actor("journal")

# One statement, for it is on the way of every act, and a deadline's transaction is short.
_INSERT = text(
    "WITH entries AS (INSERT INTO journal_entries (id, action, subject, body, leaf_hash, at) "
    "SELECT id, action, subject, body, sha256('\\x00'::bytea || body), at FROM unnest(CAST(:ids AS uuid[]), "
    "CAST(:actions AS text[]), CAST(:subjects AS text[]), CAST(:bodies AS bytea[]), CAST(:times AS timestamptz[])) "
    "AS added (id, action, subject, body, at)) "
    "INSERT INTO journal_openings (entry_id, name, salt, value) SELECT * FROM unnest(CAST(:of AS uuid[]), "
    "CAST(:names AS text[]), CAST(:salts AS bytea[]), CAST(:contents AS bytea[]))"
)
_SELECT_OPENINGS = text("SELECT name, salt, value FROM journal_openings WHERE entry_id = :id ORDER BY name")
_DELETE_OPENINGS = text("DELETE FROM journal_openings WHERE entry_id = :id RETURNING name")
