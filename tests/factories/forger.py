"""Whoever holds every platform key (journal, receipt, record, export, CA) and the database, but no one else's keys.

He rewrites what he likes and makes everything that he can sign fit again: slots, leaves, box, settled documents,
table, record, tiles, checkpoints, manifest. The witness's cosignature, the trustees' batches and the bidders' own
receipts he can only leave as they were, or leave out.
"""

from dataclasses import replace
from hashlib import sha256
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.proof.record import LABEL, Record
from bidding.proof.revealed import rows_of
from bidding.sealing.box import Box
from bidding.sealing.documents import sign_document
from bidding.sealing.settle import Decision, Settled
from tests.factories.evidence import Lot
from trading.kernel.canonical import canonical, parse_canonical
from trading.kernel.journal.blind import BlindEntry, SlotOpening


def forger_of(lot: Lot) -> Lot:
    """A copy without the keys of witness, trustees and bidders."""
    log = replace(
        lot.log,
        witness=None,
        entries=list(lot.log.entries),
        stamps=list(lot.log.stamps),
        handed_out=set(lot.log.handed_out),
        kept=dict(lot.log.kept),
    )
    bids = {digest: replace(bid, key=Ed25519PrivateKey.generate()) for digest, bid in lot.bids.items()}
    return replace(
        lot,
        log=log,
        world=replace(lot.world, hands=[]),
        slots=list(lot.slots),
        bids=bids,
        withdrawals=dict(lot.withdrawals),
        batches=dict(lot.batches),
        settled=dict(lot.settled),
        results=[dict(result) for result in lot.results],
        receipts=dict(lot.receipts),
        award_notices=list(lot.award_notices),
    )


def reseal(lot: Lot, slot: int, entries: tuple[BlindEntry, ...]) -> None:
    """The slot as if it had been sealed so."""
    lot.slots[slot] = SlotOpening(slot, lot.slots[slot].seed, entries)
    lot.log.rewrite(lot.slot_entries[slot], seal=lot.slots[slot].seal.hex())


def retell(lot: Lot, extra: dict[str, dict[str, Any]] | None = None) -> None:
    """Everything after the slots made to fit them: box, settled documents, table, record, log."""
    box = lot.box()
    (closed,) = lot.log.find("lot:box:closed")
    slots = sha256(lot.slots_document()).hexdigest()
    lot.log.rewrite(closed, root=box.root, live=box.count, slots=slots)
    _resettle(lot, box)
    _rereveal(lot, box, extra or {})
    rerecord(lot, box)
    lot.log.rebuild()


def rerecord(lot: Lot, box: Box, instead: dict[str, Any] | None = None, **price: Any) -> None:
    """The record with the lines that the table gives, `price` changed in the first one, other parts put `instead`."""
    assert lot.opening is not None
    body = msgspec.json.decode(msgspec.json.decode(lot.opening.record)["body"], type=Record)
    rows = rows_of(box, lot.results)
    rows[0] |= price
    settled = tuple({"phase": phase, "settled": sha256(raw).hexdigest()} for phase, raw in lot.settled.items())
    told = msgspec.structs.replace(
        body, rows=tuple(rows), phases=settled, box={**body.box, "root": box.root, "live": box.count}
    )
    raw = sign_document(LABEL, msgspec.structs.replace(told, **(instead or {})), lot.record_key)
    digest = sha256(raw).hexdigest()
    lot.opening = msgspec.structs.replace(lot.opening, record=raw.decode())
    for action, name in (
        ("lot:record:made", "digest"),
        ("lot:record:signed", "digest"),
        ("lot:record:printed", "record"),
    ):
        for index in lot.log.find(action):
            lot.log.rewrite(index, **{name: digest})


def _resettle(lot: Lot, box: Box) -> None:
    for index in lot.log.find("lot:phase:settled"):
        phase = lot.log.entries[index].payload["phase"]
        told = msgspec.convert(parse_canonical(lot.settled[phase]), Settled)
        parts = [part.id for part in lot.world.announcement.body.parts if part.phase == phase]
        decisions = tuple(
            Decision(env=envelope.env, part=part, outcome="openable", code=None, blame=())
            for envelope in box.envelopes
            for part in parts
        )
        document = canonical(msgspec.to_builtins(msgspec.structs.replace(told, box=box.root, decisions=decisions)))
        lot.settled[phase] = document
        lot.log.rewrite(index, digest=sha256(document).hexdigest(), openable=len(decisions))


def _rereveal(lot: Lot, box: Box, extra: dict[str, dict[str, Any]]) -> None:
    known = {(result["env"], result["part"]): result for result in lot.results}
    lot.results = []
    for index in lot.log.find("lot:phase:revealed"):
        phase = lot.log.entries[index].payload["phase"]
        parts = [part.id for part in lot.world.announcement.body.parts if part.phase == phase]
        results = []
        for envelope in box.envelopes:
            for part in parts:
                made: dict[str, Any] = {
                    "env": envelope.env,
                    "part": part,
                    "code": None,
                    "facts": extra.get(part, {}),
                    "files": [],
                }
                results.append(known.get((envelope.env, part), made))
        lot.results += results
        lot.log.rewrite(index, parts=results)
