"""Committing (投标), replacing (修改), withdrawing (撤回): one short transaction under the box's lock, held shared.

What can be checked without the lock is checked before it. Then the lock, then the database's clock: whoever was let in
before the deadline is in the box, whoever reaches the lock after it is late, whenever his transaction began. The
document, its blind entry and its receipt are committed together. A blind act writes no outbox, record,
live or audit row.
"""

from datetime import datetime, timedelta

import msgspec
from psycopg.errors import LockNotAvailable
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from bidding.engine_errors import envelope_refusal
from bidding.entries import SUBMISSION_REFUSED
from bidding.errors import (
    BidAltered,
    BidTooLate,
    EnvelopeNumberUsed,
    KeyUsedElsewhere,
    LotCancelled,
    LotNotOpen,
    NotAnnounced,
    NotOpenYet,
    OtherKey,
    PredecessorUnknown,
    TokenInvalid,
    TooManyRefusals,
    UploadIncomplete,
    WithdrawalRefused,
)
from bidding.kinds import kind_of
from bidding.reads import announced, verified
from bidding.rules import Held, chain_problem
from bidding.sealing.announcement import Announcement
from bidding.sealing.box import commit_body, withdrawal_body
from bidding.sealing.envelope import Envelope, verify_envelope
from bidding.sealing.errors import SealingError
from bidding.sealing.framing import format_instant
from bidding.sealing.objects import block_root
from bidding.sealing.submission import (
    Receipt,
    Refusal,
    document_digest,
    peek_withdrawal,
    sign_receipt,
    sign_refusal,
    verify_withdrawal,
)
from bidding.subjects import parse_subject
from bidding.tokens import token_hash
from bidding.types import RefusedLate, Submitted
from trading.kernel.errors import Busy, TradingError
from trading.kernel.identity import system_actor
from trading.kernel.journal import blind_streams
from trading.kernel.journal.actions import append
from trading.kernel.locks import lock_key
from trading.kernel.merkle import HASH_SIZE
from trading.kernel.signing import Signer

LIMIT_MS = 5000
"""How long a commit's transaction may wait or work."""
MOST_REFUSALS = 20
"""Late submissions of one sender that are journalled."""
SENDER = system_actor("submission")
"""Who submits is not known before opening; the platform says that it refused."""

_ENTER = text(
    "SELECT set_config('lock_timeout', :ms, true), set_config('statement_timeout', :ms, true), "
    "set_config('idle_in_transaction_session_timeout', :ms, true), "
    "pg_advisory_xact_lock_shared(:box), pg_advisory_xact_lock(:key)"
)
_CONTEXT = text(
    "SELECT platform_now() AS now, e.digest, e.kind, e.env, e.key, e.prev, e.receipt, e.received_at "
    "FROM (VALUES (1)) one "
    "LEFT JOIN LATERAL (SELECT * FROM envelopes WHERE subject_kind = :kind AND subject_id = :id AND "
    "(digest = :digest OR digest = :prev OR prev = :prev OR key = :key)) e ON true"
)
_UPLOADS = text(
    "SELECT u.part, u.id, u.size, u.block_size, count(b.n) AS blocks, "
    "string_agg(b.leaves, ''::bytea ORDER BY b.n) AS leaves FROM uploads u "
    "LEFT JOIN upload_blocks b ON b.upload_id = u.id WHERE u.token_hash = :hash AND u.env = :env GROUP BY u.id"
)
_PREDECESSOR = text(
    "SELECT e.file, a.file AS announcement FROM envelopes e JOIN announcements a USING (ann) "
    "WHERE e.digest = :digest AND e.kind = 'commit' AND e.subject_kind = :kind AND e.subject_id = :id"
)
_INSERT = text(
    "INSERT INTO envelopes (digest, kind, subject_kind, subject_id, ann, env, key, prev, file, uploads, received_at, "
    "slot, entry, receipt) VALUES (:digest, :act, :kind, :id, :ann, :env, :key, :prev, :file, "
    "CAST(:uploads AS jsonb), :received_at, :slot, :entry, :receipt)"
)
_CHAIN = "uq_envelopes_chain"
_REFUSED = text("SELECT refusal FROM submission_refusals WHERE digest = :digest")
_REFUSALS_OF = text("SELECT count(*) FROM submission_refusals WHERE holder = :holder")
_REFUSE = text(
    "INSERT INTO submission_refusals (digest, subject_kind, subject_id, holder, refused_at, refusal, entry_id) "
    "VALUES (:digest, :kind, :id, :holder, :at, :refusal, :entry)"
)


class _Document(msgspec.Struct, frozen=True):
    """What is to be put into the box."""

    link: Held
    raw: bytes
    envelope: Envelope
    """Itself, or the envelope withdrawn."""
    holder: str
    uploads: dict[str, str] = {}
    problem: TradingError | None = None
    """Found without the lock; said only if nothing more telling holds (accepted before, too late)."""

    @property
    def ann(self) -> str:
        """The announcement it was sealed under."""
        return self.envelope.core.ann

    def act(self, at: datetime) -> bytes:
        """What the subject's blind slot keeps of it."""
        if self.link.kind == "commit":
            return commit_body(self.envelope, at)
        return withdrawal_body(self.raw, self.envelope, at)


async def commit(
    session: AsyncSession, *, subject: str, token: str, secret: str, raw: bytes, signer: Signer
) -> Submitted | RefusedLate:
    """Take an envelope in, as a new bid or in place of the one it names."""
    announcement = await _announcement(session, subject)
    hashed = token_hash(token, subject, secret)
    if hashed is None:
        raise TokenInvalid
    try:
        envelope = verify_envelope(raw, announcement)
    except SealingError as error:
        raise envelope_refusal(error, raw) from error
    core = envelope.core
    uploads, problem = await _uploads(session, hashed, envelope)
    link = Held(envelope.digest, "commit", core.env, core.key, core.prev)
    document = _Document(link, raw, envelope, hashed, uploads, problem)
    return await _Box(session, announcement, signer).take(document)


async def withdraw(session: AsyncSession, *, subject: str, raw: bytes, signer: Signer) -> Submitted | RefusedLate:
    """End a chain: the key's signature suffices, no token."""
    announcement = await _announcement(session, subject)
    try:
        prev = peek_withdrawal(raw)
    except SealingError as error:
        raise WithdrawalRefused(detail=error.code) from error
    row = (await session.execute(_PREDECESSOR, {"digest": prev, **parse_subject(subject).columns})).one_or_none()
    if row is None:
        raise PredecessorUnknown
    envelope = verify_envelope(row.file, verified(row.announcement))
    try:
        verify_withdrawal(raw, envelope)
    except SealingError as error:
        raise (OtherKey() if error.code.endswith(".sig") else WithdrawalRefused(detail=error.code)) from error
    link = Held(document_digest(raw), "withdraw", envelope.env, envelope.core.key, prev)
    document = _Document(link, raw, envelope, envelope.core.key)
    return await _Box(session, announcement, signer).take(document)


async def _announcement(session: AsyncSession, subject: str) -> Announcement:
    found = await announced(session, subject)
    if found is None:
        raise NotAnnounced
    return verified(found.file)


async def _uploads(
    session: AsyncSession, hashed: str, envelope: Envelope
) -> tuple[dict[str, str], TradingError | None]:
    """Part → upload, if every part of the envelope is here in whole and is the one that was signed."""
    rows = {row.part: row for row in await session.execute(_UPLOADS, {"hash": hashed, "env": envelope.env})}
    for entry in envelope.core.parts:
        row = rows.get(entry.id)
        missing = -(-row.size // row.block_size) - row.blocks if row else 1
        if row is None or missing:
            return {}, UploadIncomplete(part=entry.id, missing=missing)
        leaves = [row.leaves[at : at + HASH_SIZE] for at in range(0, len(row.leaves), HASH_SIZE)]
        if row.size != entry.size or block_root(leaves).hex() != entry.obj:
            return {}, BidAltered(part=entry.id)
    return {entry.id: rows[entry.id].id for entry in envelope.core.parts}, None


class _Box:
    """A subject's box while one submission is decided."""

    def __init__(self, session: AsyncSession, announcement: Announcement, signer: Signer) -> None:
        self._session, self._announcement, self._signer = session, announcement, signer
        self._subject = announcement.body.subject
        self._of = parse_subject(self._subject)

    async def take(self, document: _Document) -> Submitted | RefusedLate:
        """Decide under the lock, by the clock read after it."""
        link = document.link
        await self._enter(link.key)
        near = {**self._of.columns, "digest": link.digest, "prev": link.prev or "", "key": link.key}
        rows = (await self._session.execute(_CONTEXT, near)).all()
        for row in rows:
            if row.digest == link.digest:
                return Submitted(receipt=row.receipt.decode(), again=True)
        now: datetime = rows[0].now
        standing = await kind_of(self._of).standing(self._session, self._of)
        if standing == "cancelled":
            raise LotCancelled
        if now > self._announcement.deadline:
            return await self._refuse_late(document, now)
        if standing != "open":
            raise LotNotOpen
        if any(row.digest and row.digest == link.prev and row.received_at > now for row in rows):
            raise Busy  # the machine's clock was set back: an act before its predecessor would spoil the whole box
        if now < self._announcement.schedule.opens_at:
            raise NotOpenYet
        if document.problem:
            raise document.problem
        held = [Held(row.digest, row.kind, row.env, row.key, row.prev) for row in rows if row.digest]
        if problem := chain_problem(link, held):
            raise problem
        return await self._store(document, now - timedelta(microseconds=now.microsecond % 1000))

    async def _enter(self, key: str) -> None:
        """The box's lock and the bid's own; one who waits too long, as the box is being closed, is to come again."""
        keys = {"box": lock_key(self._subject), "key": lock_key(f"bid-key:{key}")}
        try:
            await self._session.execute(_ENTER, {"ms": f"{LIMIT_MS}ms", **keys})
        except OperationalError as error:
            if isinstance(error.orig, LockNotAvailable):
                raise Busy from error
            raise

    async def _store(self, document: _Document, at: datetime) -> Submitted:
        link = document.link
        stream = await blind_streams.find_stream(self._session, self._subject)
        blind = await blind_streams.append_held(self._session, stream, document.act(at), at=at)
        promise = Receipt(
            v="LBR1",
            kind=link.kind,
            subject=self._subject,
            ann=document.ann,
            hash=link.digest,
            received_at=format_instant(at),
            slot=blind.slot,
            entry=blind.leaf.hex(),
            salt=blind.salt.hex(),
            merge_by=format_instant(blind.merge_by),
        )
        receipt = sign_receipt(promise, self._signer)
        try:
            await self._session.execute(
                _INSERT,
                {
                    "digest": link.digest,
                    "act": link.kind,
                    **self._of.columns,
                    "ann": document.ann,
                    "env": link.env,
                    "key": link.key,
                    "prev": link.prev,
                    "file": document.raw,
                    "uploads": msgspec.json.encode(document.uploads).decode(),
                    "received_at": at,
                    "slot": blind.slot,
                    "entry": promise.entry,
                    "receipt": receipt,
                },
            )
        except IntegrityError as error:  # within this box both were looked for: it is in another subject's
            raise (KeyUsedElsewhere if _CHAIN in str(error.orig) else EnvelopeNumberUsed) from error
        return Submitted(receipt=receipt.decode(), again=False)

    async def _refuse_late(self, document: _Document, now: datetime) -> RefusedLate:
        """A signed refusal, journalled as an ordinary entry: the last slot is over. Asked again, the same one."""
        digest, deadline = document.link.digest, self._announcement.deadline
        again = (await self._session.execute(_REFUSED, {"digest": digest})).scalar_one_or_none()
        if again is not None:
            return RefusedLate(refusal=again.decode(), deadline=deadline)
        so_far = (await self._session.execute(_REFUSALS_OF, {"holder": document.holder})).scalar_one()
        if so_far >= MOST_REFUSALS:
            raise TooManyRefusals(most=MOST_REFUSALS)
        told = Refusal(
            v="LBN1",
            subject=self._subject,
            ann=document.ann,
            hash=digest,
            refused_at=format_instant(now),
            deadline=format_instant(deadline),
            code=BidTooLate.code,
        )
        refusal = sign_refusal(told, self._signer)
        payload = {"hash": digest, "ann": told.ann, "refused_at": told.refused_at, "code": told.code}
        entry = await append(self._session, SENDER, SUBMISSION_REFUSED, subject=self._subject, payload=payload, at=now)
        await self._session.execute(
            _REFUSE,
            {
                "digest": digest,
                **self._of.columns,
                "holder": document.holder,
                "at": now,
                "refusal": refusal,
                "entry": entry,
            },
        )
        return RefusedLate(refusal=refusal.decode(), deadline=deadline)
