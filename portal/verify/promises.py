"""Receipts, refusals and proofs as their holders keep them; a file's own content says which it is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from bidding.proof import Mismatch
from bidding.sealing.announcement import Announcement
from bidding.sealing.documents import peek_document
from bidding.sealing.errors import SealingError
from bidding.sealing.submission import Receipt, Refusal, verify_receipt, verify_refusal
from trading.kernel import merkle
from trading.kernel.canonical import parse_canonical
from trading.kernel.journal.blind import SLOT_SEALED, BlindEntry, SlotProof, verify_proof
from trading.kernel.journal.blind import parse_proof as parse_slot_proof
from trading.kernel.journal.entry import parse_entry
from trading.kernel.journal.proof import HEADER, LogProof, Witnessed, parse_proof

ByAnn = Callable[[str], Announcement | None]
"""The announcement of a digest, among those that hold for the lot."""
Kind = Literal["receipt", "refusal", "proof"]


@dataclass(frozen=True)
class Proved:
    """What a proof file shows: this entry, in this slot, sealed in this leaf, under this checkpoint."""

    subject: str
    slot: int
    entry: BlindEntry
    leaf: bytes
    index: int
    witnessed: Witnessed


@dataclass(frozen=True)
class Promises:
    """The files of a folder of receipts, read but not yet believed."""

    receipts: dict[str, bytes]
    refusals: dict[str, bytes]
    proofs: dict[str, str]
    unknown: tuple[str, ...]


def kind_of(raw: bytes) -> Kind | None:
    """What a file is, by what stands in it."""
    if raw.startswith(HEADER.encode()):
        return "proof"
    for kind, body, code in (("receipt", Receipt, "sealing.receipt"), ("refusal", Refusal, "sealing.refusal")):
        try:
            peek_document(raw, body, code)
        except SealingError:
            continue
        return "receipt" if kind == "receipt" else "refusal"
    return None


def sort_promises(files: Iterable[tuple[str, bytes]]) -> Promises:
    """Every file by its kind."""
    found = Promises({}, {}, {}, ())
    unknown = []
    for path, raw in files:
        kind = kind_of(raw)
        if kind == "receipt":
            found.receipts[path] = raw
        elif kind == "refusal":
            found.refusals[path] = raw
        elif kind == "proof":
            found.proofs[path] = raw.decode("utf-8", "replace")
        else:
            unknown.append(path)
    return Promises(found.receipts, found.refusals, found.proofs, tuple(unknown))


def open_receipt(raw: bytes, by_ann: ByAnn, subject: str | None = None) -> Receipt:
    """The receipt, if the announced receipt key signed it for this lot, or for whatever lot its announcement is of."""
    told = peek_document(raw, Receipt, "sealing.receipt")
    announcement = by_ann(told.ann)
    if announcement is None or told.subject != (subject or announcement.body.subject):
        raise Mismatch("receipt.other_lot", subject=told.subject)
    try:
        return verify_receipt(raw, announcement)
    except SealingError as error:
        raise Mismatch("receipt.signature", detail=error.code) from error


def open_refusal(raw: bytes, by_ann: ByAnn, subject: str | None = None) -> Refusal:
    """The signed refusal (拒收回执), if it is of this lot."""
    told = peek_document(raw, Refusal, "sealing.refusal")
    announcement = by_ann(told.ann)
    if announcement is None or told.subject != (subject or announcement.body.subject):
        raise Mismatch("receipt.other_lot", subject=told.subject)
    try:
        return verify_refusal(raw, announcement)
    except SealingError as error:
        raise Mismatch("receipt.signature", detail=error.code) from error


def claims_of(text: str) -> tuple[str, bytes]:
    """The subject and the entry's leaf that a proof file speaks of; nothing is verified here."""
    sealed, entry, _ = _extra(parse_proof(text))
    return parse_entry(sealed).subject, entry.leaf


def open_proof(text: str, cosigned: Callable[[str], Witnessed]) -> Proved:
    """What a proof file proves; `cosigned` says whether its checkpoint is to be believed."""
    proof = parse_proof(text)
    sealed, entry, place = _extra(proof)
    told = parse_entry(sealed)
    witnessed = cosigned(proof.checkpoint)
    tree = witnessed.checkpoint
    inside = merkle.verify_inclusion(merkle.leaf_hash(sealed), proof.index, tree.size, proof.path, tree.root)
    if told.action != SLOT_SEALED or told.payload.get("slot") != place.slot or not inside:
        raise Mismatch("receipt.proof")
    verify_proof(place, entry, bytes.fromhex(told.payload["seal"]))
    return Proved(told.subject, place.slot, entry, sealed, proof.index, witnessed)


def _extra(proof: LogProof) -> tuple[bytes, BlindEntry, SlotProof]:
    """The slot's journal entry, the blind entry, its place in the slot."""
    extra = parse_canonical(proof.extra or b"")
    if extra.keys() != {"leaf", "entry", "slot"} or extra["entry"].keys() != {"salt", "body"}:
        raise Mismatch("receipt.proof")
    entry = BlindEntry(bytes.fromhex(extra["entry"]["salt"]), extra["entry"]["body"].encode())
    place = parse_slot_proof(extra["slot"])
    if place.to_json() != extra["slot"] or entry.salt.hex() != extra["entry"]["salt"]:
        raise Mismatch("receipt.proof")
    return extra["leaf"].encode(), entry, place
