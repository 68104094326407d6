"""A receipt's promise kept (回执核对), pure: entry in its slot, slot in the journal, journal witnessed.

The proof is a C2SP tlog-proof of the slot's journal entry; its `extra` carries that entry, the blind one and its place
in the slot. Only the keys the announcement pins are believed.
"""

from dataclasses import dataclass
from typing import Any

import msgspec

from bidding.proof import Mismatch
from bidding.sealing.announcement import Announcement
from bidding.sealing.submission import Receipt
from trading.kernel.canonical import CanonicalError, parse_canonical
from trading.kernel.journal.blind import SLOT_SEALED, BlindEntry, BlindError, SlotProof, parse_proof, verify_proof
from trading.kernel.journal.checkpoint import log_verifier
from trading.kernel.journal.cosignature import witness_verifier
from trading.kernel.journal.entry import Entry, EntryError, parse_entry
from trading.kernel.journal.proof import LogProof, ProofError, Trust, Witnessed, verify_entry
from trading.kernel.journal.proof import parse_proof as parse_log_proof


class _Blind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    salt: str
    body: str


class _Extra(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    leaf: str
    entry: _Blind
    slot: dict[str, Any]


def trust_of(announcement: Announcement) -> Trust:
    """The log and witnesses that an announcement pins."""
    body = announcement.body
    witnesses = tuple(witness_verifier(item.name, bytes.fromhex(item.key)) for item in body.witness.keys)
    return Trust(log_verifier(body.log.origin, bytes.fromhex(body.log.key)), witnesses, body.witness.quorum)


@dataclass(frozen=True)
class Proof:
    """A proof file as it reads, nothing believed yet: an entry, its slot, the leaf that seals the slot."""

    log: LogProof
    leaf: bytes
    sealed: Entry
    blind: BlindEntry
    slot: SlotProof

    def demand_slot(self) -> None:
        """Refuses unless the entry is in the slot that the leaf seals."""
        if (self.sealed.action, self.sealed.payload.get("slot")) != (SLOT_SEALED, self.slot.slot):
            raise Mismatch("receipt.slot", slot=self.slot.slot)
        try:
            verify_proof(self.slot, self.blind, bytes.fromhex(str(self.sealed.payload.get("seal"))))
        except (BlindError, ValueError) as error:
            raise Mismatch("receipt.slot", slot=self.slot.slot) from error


def read_proof(text: str) -> Proof:
    """The parts of a proof file; refuses with `receipt.malformed`."""
    try:
        log = parse_log_proof(text)
        extra = msgspec.convert(parse_canonical(log.extra or b""), _Extra)
        blind = BlindEntry(bytes.fromhex(extra.entry.salt), extra.entry.body.encode())
        slot, sealed = parse_proof(extra.slot), parse_entry(extra.leaf.encode())
    except (ProofError, CanonicalError, BlindError, EntryError, msgspec.ValidationError, ValueError) as error:
        raise Mismatch("receipt.malformed") from error
    if slot.to_json() != extra.slot or blind.salt.hex() != extra.entry.salt:
        raise Mismatch("receipt.malformed")
    return Proof(log, extra.leaf.encode(), sealed, blind, slot)


def verify_receipt_proof(proof: str, receipt: Receipt, announcement: Announcement) -> Witnessed:
    """The witnessed checkpoint under which the promise is kept; refuses with `receipt.entry`, `.slot`, `.journal`."""
    shown = read_proof(proof)
    says_so = receipt.hash.encode() in shown.blind.body
    if (shown.blind.leaf.hex(), shown.blind.salt.hex()) != (receipt.entry, receipt.salt) or not says_so:
        raise Mismatch("receipt.entry")
    if (shown.sealed.subject, shown.slot.slot) != (receipt.subject, receipt.slot):
        raise Mismatch("receipt.slot", slot=receipt.slot)
    shown.demand_slot()
    try:
        return verify_entry(proof, shown.leaf, trust_of(announcement))
    except ProofError as error:
        raise Mismatch("receipt.journal", reason=error.code) from error
