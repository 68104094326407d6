"""The kinds of subjects and what hangs off each: the one place where the lock-box asks which kind it serves."""

from bidding.kinds.base import Kind
from bidding.kinds.lot import Lot
from bidding.subjects import DRAW, LOT, Subject

_KINDS: dict[str, Kind] = {LOT: Lot(), DRAW: Kind()}


def kind_of(subject: Subject) -> Kind:
    """What hangs off this subject."""
    return _KINDS[subject.kind]
