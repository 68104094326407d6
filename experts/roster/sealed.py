"""Records as they lie in the database: sealed, each to its own row, opened only while they are needed."""

import secrets
from collections.abc import Sequence
from uuid import UUID

import msgspec

from experts.draw import roster_leaf
from experts.roster.records import Record
from trading.kernel.canonical import canonical
from trading.kernel.signing import PersonalSeal

PIN_DIGITS = 6


class Kept(msgspec.Struct, frozen=True):
    """What is sealed of one version: the record, the salt of its leaf, the expert's PIN."""

    salt: str
    pin: str
    record: Record

    @property
    def leaf(self) -> bytes:
        """The roster leaf."""
        return roster_leaf(bytes.fromhex(self.salt), self.record.plain())


def fresh(record: Record, *, pin: str | None = None) -> Kept:
    """A record with a salt of its own; a new expert's PIN is made here."""
    number = pin or f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}d}"
    return Kept(salt=secrets.token_hex(32), pin=number, record=record)


def seal(kept: Kept, seal_: PersonalSeal, version_id: UUID) -> bytes:
    """For the column `expert_versions.sealed`."""
    return seal_.seal(canonical(msgspec.to_builtins(kept)), f"expert-version:{version_id}")


def unseal(sealed: bytes, seal_: PersonalSeal, version_id: UUID) -> Kept:
    """The other way."""
    return msgspec.json.decode(seal_.open(sealed, f"expert-version:{version_id}"), type=Kept)


def seal_records(records: Sequence[Record], seal_: PersonalSeal, change_id: UUID) -> bytes:
    """A proposed import, until another person has confirmed it."""
    return seal_.seal(msgspec.json.encode(records), f"roster-change:{change_id}")


def unseal_records(sealed: bytes, seal_: PersonalSeal, change_id: UUID) -> list[Record]:
    """The other way."""
    return msgspec.json.decode(seal_.open(sealed, f"roster-change:{change_id}"), type=list[Record])
