"""What records hand out, and how subjects are written."""

from datetime import datetime
from uuid import UUID

import msgspec


class Record(msgspec.Struct, frozen=True):
    """A filed document; its bytes are in the object store under `digest`."""

    id: UUID
    subject: str
    kind: str
    name: str
    media_type: str
    digest: str
    size: int
    public_at: datetime | None
    filed_at: datetime

    def is_public(self, now: datetime) -> bool:
        """Whether anyone may read it."""
        return self.public_at is not None and self.public_at <= now


class Provable(msgspec.Struct, frozen=True):
    """What anyone who knows a document's proof code may know of it: that it was filed, when, and its digest."""

    code: str
    kind: str
    digest: str
    size: int
    filed_at: datetime
    entry_id: UUID


def split_subject(subject: str) -> tuple[str, UUID]:
    """`lot:0190…` → its kind and id."""
    kind, _, value = subject.partition(":")
    return kind, UUID(value)
