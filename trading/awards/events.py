"""Facts of the outcome that tasks act on."""

from typing import ClassVar
from uuid import UUID

from trading.kernel.outbox import Event


class PublicityDue(Event, frozen=True):
    """The planned first day of the publicity has come."""

    name: ClassVar[str] = "awards.publicity_due"

    lot_id: UUID


class Publicised(Event, frozen=True):
    """The candidates are public."""

    name: ClassVar[str] = "awards.publicised"

    lot_id: UUID


class PublicityEnded(Event, frozen=True):
    """24:00 of the publicity's last day."""

    name: ClassVar[str] = "awards.publicity_ended"

    lot_id: UUID


class Awarded(Event, frozen=True):
    """The tenderer has decided."""

    name: ClassVar[str] = "awards.awarded"

    lot_id: UUID
    decision_id: UUID


class Annulled(Event, frozen=True):
    """A decision stands no more."""

    name: ClassVar[str] = "awards.annulled"

    lot_id: UUID
    decision_id: UUID


class Contracted(Event, frozen=True):
    """Both sides have confirmed the contract."""

    name: ClassVar[str] = "awards.contracted"

    lot_id: UUID
    contract_id: UUID
