"""What a subject's owner decides of its lock-box, before seats and keys: the announcement says nothing else of it."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from bidding.sealing.announcement import PartRule


class Terms(msgspec.Struct, frozen=True):
    """Deadline, parts and minimum; `documents` and `profile` are digests (hex) of what the subject stands on."""

    deadline: datetime
    parts: tuple[PartRule, ...]
    min_envelopes: int
    documents: str
    profile: str
    title: str
    """What the subject is called, for people; nothing signed depends on it."""
    allowed_seats: Mapping[str, UUID] = {}
    """The seats `tenderer` and `agency` → the one organisation each is for, which then sits nowhere else."""
