"""The opening record (开标记录): machine-readable, signed by the platform, and by those present over its digest."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bidding.opening.entries import RECORD_MADE, RECORD_SIGNED
from bidding.opening.errors import AlreadySigned, NoRecordYet, NotPresent, SignatureOfAnother
from bidding.opening.events import OpeningRecorded
from bidding.opening.state import announcements, opening, stream_of
from bidding.opening.table import Line, table
from bidding.proof.objection import RecordedObjection
from bidding.proof.record import LABEL, Record, RecordSignature, signed_by
from bidding.sealing.documents import sign_document
from bidding.sealing.framing import sha256
from bidding.subjects import lot as lot_subject
from trading.kernel import live
from trading.kernel.clock import platform_now, rfc3339
from trading.kernel.errors import FieldProblem
from trading.kernel.identity import Actor
from trading.kernel.journal.actions import append
from trading.kernel.outbox import emit
from trading.kernel.signing import PlatformKeys
from trading.parties import reads as parties
from trading.parties.types import Certificate
from trading.projects import reads as projects

_INSERT = text(
    "INSERT INTO opening_records (lot_id, digest, file, made_at, entry_id) VALUES (:lot, :digest, :file, :at, :entry)"
)
_RECORD = text("SELECT digest, file, made_at FROM opening_records WHERE lot_id = :lot")
_INSERT_SIGNATURE = text(
    "INSERT INTO record_signatures (lot_id, fingerprint, name, organisation, role, certificate, signature, signed_at, "
    "entry_id) VALUES (:lot, :fingerprint, :name, :organisation, :role, :certificate, :signature, :at, :entry)"
)
_SIGNATURES = text(
    "SELECT fingerprint, name, organisation, role, certificate, signature, signed_at FROM record_signatures "
    "WHERE lot_id = :lot ORDER BY signed_at, fingerprint"
)


class RecordView(msgspec.Struct, frozen=True):
    """The stored record."""

    digest: str
    file: bytes
    body: Record
    signatures: tuple[RecordSignature, ...]


async def make_record(
    session: AsyncSession, actor: Actor, *, lot_id: UUID, objections: tuple[RecordedObjection, ...], keys: PlatformKeys
) -> str:
    """Make and sign the record of a finished opening; returns its digest."""
    subject = str(lot_subject(lot_id))
    found = await opening(session, subject)
    lot = await projects.lot(session, lot_id)
    now = await platform_now(session)
    lines = (await table(session, lot_id)).rows
    body = Record(
        v="LBO3",
        subject=subject,
        ann=found.announcement.ann,
        project={"code": lot.project_code, "name": lot.project_name, "tenderer": lot.tenderer_name},
        lot={"number": lot.number, "name": lot.name, "ceiling_fen": lot.ceiling_fen},
        deadline=found.announcement.body.deadline,
        closed_at=rfc3339(found.stored.closed_at),
        box={"root": found.box.root, "live": found.box.count, "minimum": found.announcement.body.min_envelopes},
        phases=tuple({"phase": row.phase, "settled": row.digest} for row in found.settled),
        rows=tuple(_opened(line) for line in lines),
        made_at=rfc3339(now),
        objections=objections,
        deposits=tuple({"env": line.env, "state": line.deposit, "paid_fen": line.deposit_fen} for line in lines),
    )
    file = sign_document(LABEL, body, keys.record)
    digest = sha256(file).hex()
    key = keys.record.public_raw.hex()
    entry = await append(session, actor, RECORD_MADE, subject=subject, payload={"digest": digest, "key": key}, at=now)
    await session.execute(_INSERT, {"lot": lot_id, "digest": digest, "file": file, "at": now, "entry": entry})
    await emit(session, OpeningRecorded(lot_id=lot_id))
    await live.publish(session, stream_of(lot_subject(lot_id)), "recorded", {"digest": digest})
    return digest


def _opened(line: Line) -> dict[str, Any]:
    """What the envelope itself held: what anyone computes again from the evidence."""
    shown: dict[str, Any] = msgspec.to_builtins(line)
    return {name: value for name, value in shown.items() if name not in {"deposit", "deposit_fen"}}


async def record(session: AsyncSession, lot_id: UUID) -> RecordView:
    """The record with every signature so far."""
    row = (await session.execute(_RECORD, {"lot": lot_id})).one_or_none()
    if row is None:
        raise NoRecordYet
    signed = msgspec.json.decode(row.file)
    signatures = [
        RecordSignature(**{**item, "signed_at": rfc3339(item["signed_at"])})
        for item in (await session.execute(_SIGNATURES, {"lot": lot_id})).mappings()
    ]
    return RecordView(
        digest=row.digest,
        file=bytes(row.file),
        body=msgspec.json.decode(signed["body"], type=Record),
        signatures=tuple(signatures),
    )


async def sign_record(
    session: AsyncSession, actor: Actor, *, lot_id: UUID, fingerprint: str, signature: str
) -> RecordView:
    """Somebody present signs with the key of a certificate of theirs (电子签名法 13)."""
    found = await record(session, lot_id)
    now = await platform_now(session)
    certificate = await _own_certificate(session, actor, fingerprint, now)
    if certificate is None or not signed_by(found.digest, certificate.public_key, signature):
        raise SignatureOfAnother({"signature": FieldProblem("opening.record_signature")})
    if any(item.fingerprint == fingerprint for item in found.signatures):
        raise AlreadySigned
    role = await _capacity(session, actor, lot_id, found)
    if role is None:
        raise NotPresent
    shown = {"digest": found.digest, "fingerprint": fingerprint, "role": role, "signature": signature}
    entry = await append(session, actor, RECORD_SIGNED, subject=f"lot:{lot_id}", payload=shown, at=now)
    await session.execute(
        _INSERT_SIGNATURE,
        {
            "lot": lot_id,
            "fingerprint": fingerprint,
            "name": actor.name,
            "organisation": actor.org_name,
            "role": role,
            "certificate": certificate.pem,
            "signature": signature,
            "at": now,
            "entry": entry,
        },
    )
    await live.publish(session, stream_of(lot_subject(lot_id)), "signed", {"name": actor.name, "role": role})
    return await record(session, lot_id)


async def _own_certificate(session: AsyncSession, actor: Actor, fingerprint: str, at: datetime) -> Certificate | None:
    """The signer's own certificate, good now."""
    if actor.person_id is None:
        return None
    mine = {item.fingerprint: item for item in await parties.certificates_of(session, actor.person_id)}
    if fingerprint not in mine:
        return None
    await parties.certificate_valid_at(session, fingerprint, at)
    return mine[fingerprint] if mine[fingerprint].org_id == actor.org_id else None


async def _capacity(session: AsyncSession, actor: Actor, lot_id: UUID, found: RecordView) -> str | None:
    """In which role this person had a part in this opening; None for one who had none."""
    if actor.org_id is None:
        return None
    lot = await projects.lot(session, lot_id)
    own = await parties.organisation(session, actor.org_id)
    seats = (await announcements(session, str(lot_subject(lot_id))))[-1].body.trustees
    took_part = {
        "official": True,
        "supervisor": True,
        "notary": True,
        "witness": True,
        "tenderer": actor.org_id == lot.tenderer_org_id,
        "agency": actor.org_id == lot.agency_org_id,
        "trustee": any(seat.organisation == own.name for seat in seats),
        "bidder": any(row.get("uscc") == own.uscc for row in found.body.rows),
    }
    return next((role for role, there in took_part.items() if there and actor.has(role)), None)
