"""A receipt's promise kept (回执核对), pure: entry in its slot, slot in the journal, journal witnessed.

The proof is a C2SP tlog-proof of the slot's journal entry; its `extra` carries that entry, the blind one and its place
in the slot. Only the keys the announcement pins are believed.
"""

from typing import Any

import msgspec

from bidding.proof import Mismatch
from bidding.sealing.announcement import Announcement
from bidding.sealing.submission import Receipt
from trading.kernel.canonical import CanonicalError, parse_canonical
from trading.kernel.journal.blind import SLOT_SEALED, BlindEntry, BlindError, parse_proof, verify_proof
from trading.kernel.journal.checkpoint import log_verifier
from trading.kernel.journal.cosignature import witness_verifier
from trading.kernel.journal.entry import EntryError, parse_entry
from trading.kernel.journal.proof import ProofError, Trust, Witnessed, verify_entry
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


def verify_receipt_proof(proof: str, receipt: Receipt, announcement: Announcement) -> Witnessed:
    """The witnessed checkpoint under which the promise is kept; refuses with `receipt.entry`, `.slot`, `.journal`."""
    try:
        extra = msgspec.convert(parse_canonical(parse_log_proof(proof).extra or b""), _Extra)
        blind = BlindEntry(bytes.fromhex(extra.entry.salt), extra.entry.body.encode())
        slot, sealed = parse_proof(extra.slot), parse_entry(extra.leaf.encode())
    except (ProofError, CanonicalError, BlindError, EntryError, msgspec.ValidationError, ValueError) as error:
        raise Mismatch("receipt.malformed") from error
    says_so = receipt.hash in extra.entry.body
    if (blind.leaf.hex(), extra.entry.salt) != (receipt.entry, receipt.salt) or not says_so:
        raise Mismatch("receipt.entry")
    try:
        verify_proof(slot, blind, bytes.fromhex(str(sealed.payload.get("seal"))))
    except (BlindError, ValueError) as error:
        raise Mismatch("receipt.slot", slot=receipt.slot) from error
    named = (sealed.action, sealed.subject, sealed.payload.get("slot"), slot.slot)
    if named != (SLOT_SEALED, receipt.subject, receipt.slot, receipt.slot):
        raise Mismatch("receipt.slot", slot=receipt.slot)
    try:
        return verify_entry(proof, extra.leaf.encode(), trust_of(announcement))
    except ProofError as error:
        raise Mismatch("receipt.journal", reason=error.code) from error
