"""Facts of the archive that tasks act on."""

from typing import ClassVar
from uuid import UUID

from trading.kernel.outbox import Event


class Approved(Event, frozen=True):
    """Two officials agree that a project is to be sealed."""

    name: ClassVar[str] = "archive.approved"

    package_id: UUID


class Composed(Event, frozen=True):
    """What the package will hold is fixed and journalled."""

    name: ClassVar[str] = "archive.composed"

    package_id: UUID


class SweepDue(Event, frozen=True):
    """It is time to read every package again."""

    name: ClassVar[str] = "archive.sweep_due"

    due: str
