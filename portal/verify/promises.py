"""Receipts of bids and of objections, refusals and proofs as their holders keep them: a file says itself what it is."""

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import msgspec

from bidding.proof import Mismatch
from bidding.proof.objection import ObjectionReceipt, peek_objection, verify_objection
from bidding.proof.receipt import Proof, read_proof
from bidding.sealing.announcement import Announcement
from bidding.sealing.documents import peek_document
from bidding.sealing.errors import SealingError
from bidding.sealing.submission import Receipt, Refusal, verify_receipt, verify_refusal
from trading.kernel import merkle
from trading.kernel.journal.proof import HEADER, Witnessed

ByAnn = Callable[[str], Announcement | None]
"""The announcement of a digest, among those that hold for the lot."""
Kind = Literal["receipt", "refusal", "objection", "proof", "letter"]


_SIGNED: dict[Kind, type[msgspec.Struct]] = {"receipt": Receipt, "refusal": Refusal, "objection": ObjectionReceipt}


@dataclass(frozen=True)
class Proved:
    """What a proof file shows, and the checkpoint that it is shown under."""

    shown: Proof
    witnessed: Witnessed


@dataclass(frozen=True)
class Promises:
    """The files of a folder of receipts, read but not yet believed."""

    receipts: dict[str, bytes]
    refusals: dict[str, bytes]
    objections: dict[str, bytes]
    proofs: dict[str, str]
    letters: dict[str, bytes]
    """Sealed PDFs: letters of award and result (中标通知书、中标结果通知书)."""
    unknown: tuple[str, ...]


def kind_of(raw: bytes) -> Kind | None:
    """What a file is, by what stands in it."""
    if raw.startswith(HEADER.encode()):
        return "proof"
    if raw.startswith(b"%PDF-"):
        return "letter"
    for kind, body in _SIGNED.items():
        try:
            peek_document(raw, body, f"sealing.{kind}")
        except SealingError:
            continue
        return kind
    return None


def sort_promises(files: Iterable[tuple[str, bytes]]) -> Promises:
    """Every file by its kind."""
    found = Promises({}, {}, {}, {}, {}, ())
    unknown = []
    for path, raw in files:
        kind = kind_of(raw)
        if kind == "receipt":
            found.receipts[path] = raw
        elif kind == "refusal":
            found.refusals[path] = raw
        elif kind == "objection":
            found.objections[path] = raw
        elif kind == "proof":
            found.proofs[path] = raw.decode("utf-8", "replace")
        elif kind == "letter":
            found.letters[path] = raw
        else:
            unknown.append(path)
    return dataclasses.replace(found, unknown=tuple(unknown))


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


def open_objection(raw: bytes, by_ann: ByAnn) -> ObjectionReceipt:
    """An objection's receipt (异议回执), if the announced receipt key signed it."""
    told = peek_objection(raw)
    announcement = by_ann(told.ann)
    if announcement is None or told.subject != announcement.body.subject:
        raise Mismatch("receipt.other_lot", subject=told.subject)
    try:
        return verify_objection(raw, announcement)
    except SealingError as error:
        raise Mismatch("receipt.signature", detail=error.code) from error


def open_proof(text: str, cosigned: Callable[[str], Witnessed]) -> Proved:
    """What a proof file proves; `cosigned` says whether its checkpoint is to be believed."""
    shown = read_proof(text)
    shown.demand_slot()
    witnessed = cosigned(shown.log.checkpoint)
    tree, leaf = witnessed.checkpoint, merkle.leaf_hash(shown.leaf)
    if not merkle.verify_inclusion(leaf, shown.log.index, tree.size, shown.log.path, tree.root):
        raise Mismatch("receipt.journal")
    return Proved(shown, witnessed)
