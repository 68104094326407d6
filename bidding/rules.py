"""Where a new envelope or withdrawal may stand among those already in the box, pure."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from bidding.errors import (
    AlreadyWithdrawn,
    EnvelopeNumberUsed,
    Fork,
    KeyUsed,
    OtherKey,
    PredecessorUnknown,
)
from trading.kernel.errors import Refused


class Held(msgspec.Struct, frozen=True):
    """A document in the box, as far as links go."""

    digest: str
    kind: Literal["commit", "withdraw"]
    env: str
    key: str
    prev: str | None


def chain_problem(new: Held, held: Iterable[Held]) -> Refused | None:
    """Why a document cannot follow where it says; None when it can.

    One key has one chain; a document is followed once, by the same key, by a replacement or by a withdrawal.
    """
    box = list(held)
    if new.kind == "commit" and any(item.kind == "commit" and item.env == new.env for item in box):
        return EnvelopeNumberUsed()
    if new.prev is None:
        return KeyUsed() if any(item.key == new.key and item.prev is None for item in box) else None
    before = next((item for item in box if item.digest == new.prev), None)
    if before is None or before.kind == "withdraw":
        return PredecessorUnknown()
    if before.key != new.key:
        return OtherKey()
    after = next((item for item in box if item.prev == new.prev), None)
    if after is None:
        return None
    return AlreadyWithdrawn() if after.kind == "withdraw" else Fork()
