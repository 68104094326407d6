"""Plays the whole line in memory: publish, seal, commit, replace, withdraw, close, settle, reveal, record.

The payloads are those that the services journal.
"""

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from io import BytesIO
from typing import Any
from uuid import UUID

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from bidding.proof.objection import ObjectionReceipt, RecordedObjection, sign_objection, words_digest
from bidding.proof.record import LABEL, Record, RecordSignature, present_message
from bidding.proof.revealed import DUPLICATE, files_digest
from bidding.proof.settled import READ_ALOUD
from bidding.sealing.announcement import Log, Slots, Witness, WitnessKey
from bidding.sealing.box import Box, commit_body, withdrawal_body
from bidding.sealing.content import PRICE_FILE
from bidding.sealing.documents import sign_document
from bidding.sealing.envelope import Envelope
from bidding.sealing.framing import format_instant
from bidding.sealing.objects import Source
from bidding.sealing.reveal import reveal_part
from bidding.sealing.sealer import Sealer
from bidding.sealing.settle import settle
from bidding.sealing.submission import Receipt, Refusal, sign_receipt, sign_refusal, withdraw
from portal.evidence.layout import OPENING_FORMAT, Opening
from portal.verify.record import NOTICE_SOURCE, RECORD_SOURCE
from tests.factories.evaluations import documents_root
from tests.factories.evidence import FIRST, PROJECT, Bid, Lot
from tests.factories.memory_log import ORIGIN, WITNESS, MemoryLog
from tests.factories.sealing import DEADLINE, SUBJECT, World, make_world, price_json
from trading.kernel.canonical import canonical
from trading.kernel.journal.blind import MERGE, SLOT_SEALED, BlindEntry, SlotOpening, slot_payload
from trading.parties.certificates import read_certificate
from trading.parties.proof import verify_seal

OBJECTIONS = (
    ("甲建设", "91310000000000000A", "请核对本单位工期。", "经核对一致。"),
    ("乙建工", "91310000000000001A", "唱价有误。", ""),
)
SECOND = timedelta(seconds=1)
FACTS = {"duration_days": 360, "quality": "合格", "manager": "王工"}


class Story:
    """Plays the line against a lot."""

    def __init__(self) -> None:
        log = MemoryLog()
        self.lot = Lot(log, make_world(**_announced(log)))
        self._acts: dict[int, list[tuple[str, bytes, bytes, datetime]]] = {}

    def seal(self, organisation: str, uscc: str, fen: int, **how: Any) -> Bid:
        bid = seal_for(self.lot, organisation, uscc, fen, **how)
        self.lot.bids[bid.digest] = bid
        return bid

    def commit(self, bid: Bid, slot: int) -> None:
        """Taken in in the middle of a slot."""
        at = self.lot.timeline.bounds(slot)[0] + 5 * SECOND
        body = commit_body(self.lot.world.envelope(bid.raw), at)
        self._acts.setdefault(slot, []).append(("commit", bid.raw, body, at))

    def withdraw(self, bid: Bid, slot: int) -> bytes:
        at = self.lot.timeline.bounds(slot)[0] + 7 * SECOND
        envelope = self.lot.world.envelope(bid.raw)
        raw = withdraw(envelope.core.ann, envelope.env, envelope.digest, bid.key)
        self.lot.withdrawals[sha256(raw).hexdigest()] = raw
        self._acts.setdefault(slot, []).append(("withdraw", raw, withdrawal_body(raw, envelope, at), at))
        return raw

    def publish(self) -> None:
        """Notice and announcement, an hour before the first slot."""
        lot, at = self.lot, FIRST - timedelta(hours=1)
        log, announcement = lot.log, lot.world.announcement
        seal = verify_seal(lot.seal, lot.authority, at)
        certified = {"fingerprint": seal.fingerprint, "uscc": seal.uscc}
        log.append("parties:seal:certified", "organisation:1", at, certified)
        text = canonical({"title": "水厂招标公告"})
        lots: dict[str, Any] = {"notice": "n-1", "kind": "tender-notice", "lots": [SUBJECT.removeprefix("lot:")]}
        lots["deadline_at"] = format_instant(DEADLINE)
        log.append("notices:notice:published", PROJECT, at, {**lots, "digest": sha256(text).hexdigest()})
        lot.notice = lot.sealed(NOTICE_SOURCE, text, at)
        digest = sha256(lot.notice).hexdigest()
        log.append("notices:pdf:made", PROJECT, at, {"notice": "n-1", "record": "r-1", "digest": digest})
        body = announcement.body
        log.append(
            "lot:announcement:published",
            SUBJECT,
            at,
            {
                "ann": announcement.ann,
                "file": sha256(announcement.raw).hexdigest(),
                "version": 1,
                "t": body.t,
                "n": body.n,
                "deadline": body.deadline,
                "reduced_secrecy": False,
            },
        )

    def run_slots(self) -> None:
        """Seal every slot as it ends; who acted gets a receipt, and its proof once the witness has cosigned."""
        lot = self.lot
        for slot in range(lot.timeline.count):
            end = lot.timeline.bounds(slot)[1]
            acts = self._acts.get(slot, [])
            entries = tuple(BlindEntry(os.urandom(32), body) for _, _, body, _ in acts)
            opening = SlotOpening(slot, os.urandom(32), entries)
            index = lot.log.append(SLOT_SEALED, SUBJECT, end, slot_payload(lot.timeline, slot, opening.seal))
            lot.slots.append(opening)
            lot.slot_entries.append(index)
            if slot % 9 == 0:
                lot.log.append("lot:ceremony:started", "lot:another", end, {"slot": slot})
            if not acts:
                continue
            lot.log.stamp(end + SECOND, handed_out=False)
            for entry, (kind, raw, _, at) in zip(entries, acts, strict=True):
                name = f"{slot}-{kind}-{sha256(raw).hexdigest()[:8]}"
                lot.receipts[f"{name}.json"] = self.receipt(kind, raw, opening, entry, at)
                lot.receipts[f"{name}.proof"] = lot.log.proof(index, opening, entry).encode()

    def receipt(self, kind: Any, raw: bytes, opening: SlotOpening, entry: BlindEntry, at: datetime) -> bytes:
        promise = Receipt(
            v="LBR1",
            kind=kind,
            subject=SUBJECT,
            ann=self.lot.world.announcement.ann,
            hash=sha256(raw).hexdigest(),
            received_at=format_instant(at),
            slot=opening.slot,
            entry=entry.leaf.hex(),
            salt=entry.salt.hex(),
            merge_by=format_instant(self.lot.timeline.bounds(opening.slot)[1] + MERGE),
        )
        return sign_receipt(promise, self.lot.world.receipt)

    def close(self) -> Box:
        """The box is fixed and witnessed; a late bidder gets a signed refusal."""
        lot, box, at = self.lot, self.lot.box(), DEADLINE + 2 * SECOND
        payload = {
            "ann": lot.world.announcement.ann,
            "root": box.root,
            "live": box.count,
            "slots": sha256(lot.slots_document()).hexdigest(),
        }
        lot.log.append("lot:box:closed", SUBJECT, at, payload)
        told = Refusal(
            v="LBN1",
            subject=SUBJECT,
            ann=lot.world.announcement.ann,
            hash="cd" * 32,
            refused_at=format_instant(DEADLINE + 5 * SECOND),
            deadline=format_instant(DEADLINE),
            code="bidding.too_late",
        )
        lot.receipts["late-refusal.json"] = sign_refusal(told, lot.world.receipt)
        shown = {"hash": told.hash, "ann": told.ann, "refused_at": told.refused_at, "code": told.code}
        lot.log.append("lot:submission:refused", SUBJECT, DEADLINE + 5 * SECOND, shown)
        lot.log.stamp(DEADLINE + 6 * SECOND)
        return box

    def cancel(self, reason: str, count: int) -> None:
        self.lot.log.append("lot:opening:cancelled", SUBJECT, DEADLINE + 9 * SECOND, {"reason": reason, "count": count})

    def open_phase(self, phase: int, *, seats: tuple[int, ...] = (1, 3), lost: int | None = None) -> None:
        """Batches, settled, witnessed, revealed; the seat `lost` holds another key than it announced."""
        lot, box = self.lot, self.lot.box()
        at = DEADLINE + timedelta(minutes=10 * phase)
        parts = [part.id for part in lot.world.announcement.body.parts if part.phase == phase]
        for x in seats:
            for part in parts:
                raw = lot.world.batch(x, part, box, X25519PrivateKey.generate() if x == lost else None)
                lot.batches[part, x] = raw
                shown = {"digest": sha256(raw).hexdigest(), "phase": phase, "part": part, "x": x}
                lot.log.append("lot:batch:received", SUBJECT, at, shown)
        settlement = settle(lot.world.announcement, box, phase, [lot.batches[part, x] for x in seats for part in parts])
        lot.settled[phase] = document = settlement.document()
        openable = sum(item.outcome == "openable" for item in settlement.settled.decisions)
        counts = {"openable": openable, "void": len(settlement.settled.decisions) - openable}
        digest = sha256(document).hexdigest()
        lot.log.append("lot:phase:settled", SUBJECT, at, {"phase": phase, "digest": digest, **counts})
        lot.log.stamp(at + SECOND)
        results = []
        for item in settlement.settled.decisions:
            envelope = next(envelope for envelope in box.envelopes if envelope.env == item.env)
            bid = lot.bids[envelope.digest]
            ck = settlement.keys[item.env, item.part]
            results.append(_revealed(lot.world, envelope, item.part, ck, bid))
        lot.results += results
        lot.log.append("lot:phase:revealed", SUBJECT, at + 2 * SECOND, {"phase": phase, "parts": results})

    def record(self, change: Callable[[Record], dict[str, Any]] | None = None) -> None:
        """The record, two signatures of people present, the print."""
        lot, box = self.lot, self.lot.box()
        at = DEADLINE + timedelta(minutes=40)
        body = Record(
            v="LBO3",
            subject=SUBJECT,
            ann=lot.world.announcement.ann,
            project={"code": "P-1", "name": "水厂", "tenderer": "某市水务局"},
            lot={"number": "1", "name": "一标段", "ceiling_fen": None},
            deadline=format_instant(DEADLINE),
            closed_at=format_instant(DEADLINE + 2 * SECOND),
            box={"root": box.root, "live": box.count, "minimum": 3},
            phases=tuple({"phase": n, "settled": sha256(raw).hexdigest()} for n, raw in lot.settled.items()),
            rows=tuple(_row(lot, position, envelope) for position, envelope in enumerate(box.envelopes)),
            made_at=format_instant(at),
            objections=self.objections(at),
            deposits=tuple(
                {"env": row["env"], "state": "matched" if row["organisation"] else None, "paid_fen": None}
                for row in (_row(lot, n, envelope) for n, envelope in enumerate(box.envelopes))
            ),
        )
        self.sign_record(msgspec.structs.replace(body, **change(body)) if change else body, at)

    def objections(self, before: datetime) -> tuple[RecordedObjection, ...]:
        """One answered and one taken back, then the end of the opening."""
        lot, at = self.lot, before - timedelta(minutes=5)
        told = []
        for number, (name, uscc, words, answer) in enumerate(OBJECTIONS, 1):
            objection = str(UUID(int=number))
            raised = at + number * SECOND
            shown = {"objection": objection, "organisation": name, "uscc": uscc, "digest": words_digest(words)}
            lot.log.append("lot:objection:raised", SUBJECT, raised, shown)
            receipt = ObjectionReceipt(
                v="LBQ1",
                subject=SUBJECT,
                ann=lot.world.announcement.ann,
                objection=objection,
                uscc=uscc,
                digest=words_digest(words),
                raised_at=format_instant(raised),
            )
            lot.receipts[f"objection-{number}.json"] = sign_objection(receipt, lot.world.receipt)
            end: dict[str, Any] = {"objection": objection}
            if answer:
                end |= {"outcome": "dismissed", "digest": words_digest(answer)}
            action = "lot:objection:answered" if answer else "lot:objection:withdrawn"
            ended = raised + timedelta(minutes=1)
            lot.log.append(action, SUBJECT, ended, end)
            told.append(
                RecordedObjection(
                    id=objection,
                    organisation=name,
                    uscc=uscc,
                    text=words,
                    raised_at=format_instant(raised),
                    outcome="dismissed" if answer else "withdrawn",
                    answer=answer,
                    ended_at=format_instant(ended),
                )
            )
        lot.log.append("lot:opening:ended", SUBJECT, before - SECOND, {"objections": len(told)})
        return tuple(told)

    def sign_record(self, body: Record, at: datetime) -> None:
        lot = self.lot
        raw = sign_document(LABEL, body, lot.record_key)
        digest = sha256(raw).hexdigest()
        key = lot.record_key.public_key().public_bytes_raw().hex()
        lot.log.append("lot:record:made", SUBJECT, at, {"digest": digest, "key": key})
        signatures = []
        for number, role in enumerate(("official", "supervisor"), 1):
            signer = Ed25519PrivateKey.generate()
            pem = lot.certificate(
                role, f"机构{number}", f"1231000000000000{number}X", signer.public_key().public_bytes_raw()
            )
            signed_at = at + number * timedelta(minutes=1)
            signature = signer.sign(present_message(digest)).hex()
            fingerprint = read_certificate(pem).fingerprint
            shown = {"digest": digest, "fingerprint": fingerprint, "role": role, "signature": signature}
            lot.log.append("lot:record:signed", SUBJECT, signed_at, shown)
            signatures.append(
                RecordSignature(fingerprint, role, f"机构{number}", role, pem, signature, format_instant(signed_at))
            )
        lot.opening = Opening(format=OPENING_FORMAT, record=raw.decode(), signatures=tuple(signatures))
        lot.opening_record = lot.sealed(RECORD_SOURCE, raw, at + timedelta(minutes=3))
        shown = {"record": digest, "pdf": sha256(lot.opening_record).hexdigest()}
        lot.log.append("lot:record:printed", SUBJECT, at + timedelta(minutes=3), shown)


def seal_for(
    lot: Lot,
    organisation: str,
    uscc: str,
    fen: int,
    *,
    key: Ed25519PrivateKey | None = None,
    prev: str | None = None,
    price: bytes | None = None,
    issuer: Lot | None = None,
) -> Bid:
    """A bid as its bidder seals it; `price` that nobody can read, an `issuer` that nobody knows make it void."""
    key = key or Ed25519PrivateKey.generate()
    sealer = Sealer(lot.world.announcement, key=key, prev=prev)
    outs = {part: BytesIO() for part in ("identity", "technical", "price")}
    sealer.add("technical", [Source.of_bytes("方案.pdf", b"%PDF-1.7 " + os.urandom(3000))], outs["technical"])
    sealer.add("price", [Source.of_bytes(PRICE_FILE, price or price_json(fen))], outs["price"])
    signer = Ed25519PrivateKey.generate()
    pem = (issuer or lot).certificate("投标员", organisation, uscc, signer.public_key().public_bytes_raw())
    certificate = x509.load_pem_x509_certificate(pem.encode())
    sealer.add_identity(certificate, signer, outs["identity"], deposit_reference="DR-1")
    facts: dict[str, dict[str, Any]] = {
        "identity": {"organisation": organisation, "uscc": uscc, "deposit_reference": "DR-1"},
        "price": {"price_fen": fen, **FACTS},
        "technical": {},
    }
    codes = {"price": "sealing.price"} if price else {}
    if issuer is not None:
        codes["identity"] = "sealing.identity.certificate"
    return Bid(sealer.finish().envelope, {part: out.getvalue() for part, out in outs.items()}, key, facts, codes)


def open_tender() -> Lot:
    """Four bidders: two in one slot, one replaced his bid, one withdrew; three bids stand and are opened."""
    story = opened(Story())
    story.lot.log.stamp(DEADLINE + timedelta(hours=1))
    return story.lot


def opened(story: Story) -> Story:
    """The line up to the record."""
    story.publish()
    first, second, third, fourth = (
        story.seal(name, f"9131000000000000{n}A", fen)
        for n, (name, fen) in enumerate(
            (("甲建设", 99_000_00), ("乙建工", 98_500_00), ("丙路桥", 97_000_00), ("丁市政", 96_000_00))
        )
    )
    again = story.seal("甲建设", "91310000000000000A", 98_000_00, key=first.key, prev=first.digest)
    for bid, slot in ((first, 3), (second, 3), (third, 10), (fourth, 20), (again, 40)):
        story.commit(bid, slot)
    story.withdraw(fourth, 30)
    story.run_slots()
    story.close()
    for phase in (1, 2):
        story.open_phase(phase)
    story.record()
    return story


def _announced(log: MemoryLog) -> dict[str, Any]:
    witness = WitnessKey(name=WITNESS, key=log.witness_public.hex())
    return {
        "log": Log(origin=ORIGIN, key=log.key.public_key().public_bytes_raw().hex()),
        "witness": Witness(keys=(witness,), quorum=1),
        "slots": Slots(first=format_instant(FIRST), length=300, last_hour=60, last=format_instant(DEADLINE)),
        "documents": documents_root(),
    }


def _revealed(world: World, envelope: Envelope, part: str, ck: bytes, bid: Bid) -> dict[str, Any]:
    ciphertext = BytesIO(bid.ciphertexts[part])
    index = reveal_part(world.announcement, envelope, part, ck=ck, ciphertext=ciphertext, sink=lambda _: None)
    files = files_digest((entry.name, entry.sha256) for entry in index.files)
    code = bid.codes.get(part)
    facts = {} if code and code != DUPLICATE else bid.facts[part]
    return {"env": envelope.env, "part": part, "code": code, "facts": facts, "files": files}


def _row(lot: Lot, position: int, envelope: Envelope) -> dict[str, Any]:
    bid = lot.bids[envelope.digest]
    row: dict[str, Any] = {"position": position, "env": envelope.env, "codes": bid.codes}
    for part in READ_ALOUD:
        shown = bid.facts[part]
        row |= dict.fromkeys(shown) if part in bid.codes else shown
    return row
