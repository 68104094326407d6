"""The bidders' own receipts against the evidence: what the platform once signed for is in the box, in its slot.

The folder's makers cannot take a receipt back, nor the cosigned checkpoint in a bidder's proof, so both bind them to
the log as it was then.
"""

from collections.abc import Mapping

from bidding.proof import Mismatch
from bidding.sealing.box import COMMITTED, WITHDRAWN, Act, Box, check_receipt_entry, commit_body
from bidding.sealing.framing import parse_instant
from bidding.sealing.submission import Receipt
from portal.evidence.layout import RECEIPTS
from portal.verify.announced import Announced
from portal.verify.folder import Folder
from portal.verify.journal import Journal
from portal.verify.promises import Promises, Proved, open_proof, open_receipt, open_refusal, sort_promises
from portal.verify.report import Report
from portal.verify.slots import Slots

REFUSED = "lot:submission:refused"
_ACTIONS = {"commit": COMMITTED, "withdraw": WITHDRAWN}


def read_receipts(folder: Folder) -> Promises:
    """Whatever bidders have put beside the evidence."""
    return sort_promises((path, folder.read(path)) for path in folder.below(RECEIPTS))


def believe_proofs(promises: Promises, journal: Journal, report: Report) -> dict[str, Proved]:
    """The checkpoints in bidders' proofs join those that the entries must fit."""
    proved: dict[str, Proved] = {}
    for path, text in promises.proofs.items():
        with report.check("receipt.proved", otherwise="receipt.malformed", path=path) as facts:
            proved[path] = item = open_proof(text, journal.cosigned)
            facts["slot"] = item.shown.slot.slot
    with report.check("receipts.history", otherwise="journal.leaf", count=len(proved)):
        journal.believe({path: item.witnessed for path, item in proved.items()}, report)
    return proved


def check_receipts(
    promises: Promises,
    proved: Mapping[str, Proved],
    announced: Announced,
    *,
    journal: Journal,
    slots: Slots,
    box: Box | None,
    report: Report,
) -> None:
    """Every promise kept."""
    for path in promises.unknown:
        report.failed("receipt.form", path=path)
    for path, raw in promises.receipts.items():
        with report.check("receipt", otherwise="receipt.form", path=path) as facts:
            receipt = open_receipt(raw, announced.by_ann, announced.subject)
            facts.update(slot=receipt.slot, at=receipt.received_at)
            _check_receipt(receipt, slots, box, report)
    for path, raw in promises.refusals.items():
        with report.check("refusal", otherwise="receipt.form", path=path):
            refusal = open_refusal(raw, announced.by_ann, announced.subject)
            told = {
                "hash": refusal.hash,
                "ann": refusal.ann,
                "refused_at": refusal.refused_at,
                "code": refusal.code,
            }
            found = journal.one(REFUSED, announced.subject, hash=refusal.hash)
            if found is None or found.entry.payload != told:
                raise Mismatch("refusal.unjournalled")
            if parse_instant(refusal.refused_at) <= announced.deadline:
                raise Mismatch("refusal.early", at=refusal.refused_at)
    for path, item in proved.items():
        if item.shown.sealed.subject != announced.subject:
            report.failed("receipt.other_lot", path=path, subject=item.shown.sealed.subject)
        else:
            _check_proved(path, item, journal, slots, report)


def _check_receipt(receipt: Receipt, slots: Slots, box: Box | None, report: Report) -> None:
    named = (receipt.hash, _ACTIONS[receipt.kind])
    act = next((act for act in slots.acts if (act.hash, act.body.action) == named), None)
    if act is None:
        if slots.empty(receipt.slot):
            report.failed("slot.false_empty", slot=receipt.slot)
        raise Mismatch("bid.dropped" if receipt.kind == "commit" else "bid.revived", hash=receipt.hash)
    if not _is_promised(receipt, act, slots):
        raise Mismatch("receipt.entry")
    envelope = next((item for item in box.envelopes if item.digest == receipt.hash), None) if box else None
    if envelope is not None:
        check_receipt_entry(receipt, commit_body(envelope, parse_instant(receipt.received_at)))


def _is_promised(receipt: Receipt, act: Act, slots: Slots) -> bool:
    """The act stands where and when the receipt said, behind the very entry it named."""
    place = (act.slot, act.body.at, act.body.ann) == (receipt.slot, receipt.received_at, receipt.ann)
    entries = slots.openings[act.slot].entries
    named = [entry for entry in entries if entry.leaf.hex() == receipt.entry and entry.salt.hex() == receipt.salt]
    return place and any(receipt.hash.encode() in entry.body for entry in named)


def _check_proved(path: str, item: Proved, journal: Journal, slots: Slots, report: Report) -> None:
    """What was proved to a bidder then is what the journal and the slot show now."""
    index, slot = item.shown.log.index, item.shown.slot.slot
    if index < len(journal.entries) and journal.entries[index] != item.shown.leaf:
        report.failed("journal.leaf", where=path, size=index)
    if not slots.holds(slot, item.shown.blind.leaf):
        if slots.empty(slot):
            report.failed("slot.false_empty", slot=slot)
        report.failed("receipt.unkept", path=path, slot=slot)
