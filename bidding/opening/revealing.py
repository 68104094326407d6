"""Revealing (开标): a pure function of what was settled and stored; after a crash anyone may finish it.

Nothing is decrypted before the settled decisions stand under a checkpoint that the announced witnesses cosigned. The
table then appears bidder by bidder. After the identities the minimum is tested again, before any price opens.
"""

import asyncio
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from cryptography import x509
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bidding.kinds import kind_of
from bidding.opening.closing import cancel_opening
from bidding.opening.entries import PHASE_REVEALED
from bidding.opening.errors import CiphertextDamaged, SettledNotWitnessed
from bidding.opening.events import PhaseRevealed
from bidding.opening.state import Opening, opening, stream_of
from bidding.proof.revealed import files_digest, in_entries
from bidding.reads import ciphertext
from bidding.sealing.content import (
    IDENTITY_FILE,
    IDENTITY_PART,
    LARGEST_READ_ALOUD,
    PRICE_FILE,
    Identity,
    read_price,
    verify_identity,
)
from bidding.sealing.envelope import Envelope
from bidding.sealing.errors import SealingError
from bidding.sealing.layout import FileEntry
from bidding.sealing.reveal import duplicate_bidders, reveal_part
from bidding.sealing.settle import settle
from bidding.subjects import Subject
from trading.kernel import live
from trading.kernel.clock import platform_now
from trading.kernel.identity import Actor
from trading.kernel.journal import reads as journal
from trading.kernel.journal.actions import append
from trading.kernel.objects import ObjectStore
from trading.kernel.outbox import emit
from trading.kernel.signing import PlatformKeys
from trading.parties.services import authority_certificate

PRICE_PART = "price"
DUPLICATE = "sealing.identity.duplicate"
DAMAGED = "sealing.object.root"
_READ_ALOUD = {IDENTITY_PART: IDENTITY_FILE, PRICE_PART: PRICE_FILE}
_IN_MEMORY = 8 * 1024 * 1024

_UPLOADS = text("SELECT digest, uploads FROM envelopes WHERE digest = ANY(:digests)")
_INSERT_PART = text(
    "INSERT INTO opened_parts (subject_kind, subject_id, phase, position, env, part, code, facts, files) "
    "VALUES (:kind, :id, :phase, :position, :env, :part, :code, CAST(:facts AS jsonb), CAST(:files AS jsonb))"
)
_INSERT_REVEAL = text(
    "INSERT INTO reveals (subject_kind, subject_id, phase, valid, revealed_at, entry_id) "
    "VALUES (:kind, :id, :phase, :valid, :at, :entry)"
)


@dataclass
class Opened:
    """One part of one envelope after decryption: its facts, its files, or why it is void."""

    position: int
    env: str
    part: str
    code: str | None = None
    text: bytes = b""
    """The small file that is read aloud, exact bytes."""
    facts: dict[str, Any] = field(default_factory=dict)
    files: list[dict[str, Any]] = field(default_factory=list)


async def reveal_phase(
    session: AsyncSession, actor: Actor, *, subject: str, phase: int, objects: ObjectStore, keys: PlatformKeys
) -> None:
    """Decrypt what was settled as openable; doing it again changes nothing."""
    # Decrypting a large part takes longer than a transaction may otherwise sit idle.
    await session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
    found = await opening(session, subject, locked=True)
    settled = found.phase(phase)
    if settled is None or settled.revealed_at is not None:
        return
    quorum = found.announcement.body.witness.quorum
    if await journal.checkpoint_covering(session, settled.entry_id, quorum=quorum) is None:
        raise SettledNotWitnessed
    authority = await authority_certificate(session, keys.ca)
    roots = [x509.load_pem_x509_certificate(authority.encode())]
    opened = await _open_all(session, found, phase, objects=objects, roots=roots)
    now = await platform_now(session)
    valid = sum(item.code is None for item in opened if item.part == IDENTITY_PART or not _identified(found))
    for parts in in_entries([_result(item) for item in opened]):
        shown = {"phase": phase, "parts": parts}
        entry = await append(session, actor, PHASE_REVEALED, subject=subject, payload=shown, at=now)
    for item in opened:
        await session.execute(_INSERT_PART, _row(found.subject, phase, item))
    told = {"phase": phase, "valid": valid, "at": now, "entry": entry}
    await session.execute(_INSERT_REVEAL, {**found.subject.columns, **told})
    await kind_of(found.subject).show(session, found.subject)
    await emit(session, PhaseRevealed(subject=subject, phase=phase))
    await live.publish(session, stream_of(found.subject), "revealed", {"phase": phase})
    await _go_on(session, actor, found, phase=phase, valid=valid, at=now)


async def _go_on(session: AsyncSession, actor: Actor, found: Opening, *, phase: int, valid: int, at: datetime) -> None:
    """After the identities, where there are any, the minimum is tested again; after the last phase it is over."""
    body = found.announcement.body
    identified = any(part.id == IDENTITY_PART and part.phase == phase for part in body.parts)
    if identified and valid < body.min_envelopes:
        await cancel_opening(session, actor, subject=found.subject, reason="too_few_valid", count=valid, at=at)
    elif phase == found.phases[-1]:
        await kind_of(found.subject).opened(session, found.subject)


async def _open_all(
    session: AsyncSession,
    found: Opening,
    phase: int,
    *,
    objects: ObjectStore,
    roots: list[x509.Certificate],
) -> list[Opened]:
    settlement = settle(found.announcement, found.box, phase, [row.file for row in found.batches_of(phase)])
    uploads = {
        row.digest: row.uploads
        for row in await session.execute(_UPLOADS, {"digests": [item.digest for item in found.box.envelopes]})
    }
    opened: list[Opened] = []
    identities: dict[str, Identity] = {}
    for decision in settlement.settled.decisions:
        position = next(n for n, item in enumerate(found.box.envelopes) if item.env == decision.env)
        envelope = found.box.envelopes[position]
        item = Opened(position=position, env=decision.env, part=decision.part, code=decision.code)
        opened.append(item)
        ck = settlement.keys.get((decision.env, decision.part))
        if ck is None:
            continue
        upload = uploads[envelope.digest][decision.part]
        with tempfile.TemporaryDirectory(prefix="trading-reveal-") as folder:
            sealed = Path(folder) / "sealed"
            with sealed.open("wb") as out:
                async for block in ciphertext(session, objects, upload):
                    await asyncio.to_thread(out.write, block)
            await _open_part(found, envelope, item, ck=ck, sealed=sealed, objects=objects)
        if item.part == IDENTITY_PART and item.code is None:
            # The instant of receipt is the last at which it can have been signed, and the one that is proved.
            _read_identity(item, envelope, roots, found.box.live[position].at, identities)
    for env in duplicate_bidders(identities):
        for item in opened:
            if (item.env, item.part) == (env, IDENTITY_PART):
                item.code = DUPLICATE
    return opened


async def _open_part(
    found: Opening, envelope: Envelope, item: Opened, *, ck: bytes, sealed: Path, objects: ObjectStore
) -> None:
    """Decrypt into files; only a part that proved whole is kept."""
    written: dict[str, Path] = {}

    def decrypt() -> tuple[FileEntry, ...]:
        with sealed.open("rb") as source, ExitStack() as files:

            def sink(entry: FileEntry) -> BinaryIO:
                files.close()  # one open at a time: a bidder decides how many there are
                path = sealed.parent / f"file-{len(written)}"
                written[entry.name] = path
                return files.enter_context(path.open("wb"))

            index = reveal_part(found.announcement, envelope, item.part, ck=ck, ciphertext=source, sink=sink)
        return index.files

    try:
        files = await asyncio.to_thread(decrypt)
    except SealingError as error:
        if error.code == DAMAGED:
            # Our store does not hold what was signed and received: no bid is void for that, and none is passed over.
            raise CiphertextDamaged(part=item.part) from error
        item.code = error.code
        return
    for entry in files:
        digest = await objects.put_file(written[entry.name])
        item.files.append({"name": entry.name, "size": entry.size, "sha256": digest})
    read_aloud = _READ_ALOUD.get(item.part)
    if read_aloud is None:
        return
    if any(entry.name == read_aloud and entry.size <= LARGEST_READ_ALOUD for entry in files):
        item.text = written[read_aloud].read_bytes()
    else:
        item.code = f"sealing.{item.part}"
    if item.part == PRICE_PART and item.code is None:
        try:
            item.facts = msgspec.to_builtins(read_price(item.text))
        except SealingError as error:
            item.code = error.code


def _read_identity(
    item: Opened, envelope: Envelope, roots: list[x509.Certificate], at: datetime, identities: dict[str, Identity]
) -> None:
    try:
        identity = verify_identity(item.text, envelope.core, roots=roots, at=at)
    except SealingError as error:
        item.code = error.code
        return
    identities[item.env] = identity
    item.facts = {
        "organisation": identity.organisation,
        "uscc": identity.uscc,
        "deposit_reference": identity.deposit_reference,
    }


def _identified(found: Opening) -> bool:
    """Whether envelopes say who sent them, so that it is senders who are counted."""
    return any(part.id == IDENTITY_PART for part in found.announcement.body.parts)


def _result(item: Opened) -> dict[str, Any]:
    files = files_digest((file["name"], file["sha256"]) for file in item.files)
    return {"env": item.env, "part": item.part, "code": item.code, "facts": item.facts, "files": files}


def _row(subject: Subject, phase: int, item: Opened) -> Mapping[str, Any]:
    return {
        **subject.columns,
        "phase": phase,
        "position": item.position,
        "env": item.env,
        "part": item.part,
        "code": item.code,
        "facts": msgspec.json.encode(item.facts).decode(),
        "files": msgspec.json.encode(item.files).decode(),
    }
