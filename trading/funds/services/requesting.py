"""Taking a deposit back before the deadline (撤回保证金): the depositor's own signature, and nobody else learns of it.

The request stands in the lot's blind slots. Its refund is given to no finance person: the bank that holds the money
fetches it with its other orders and pays it to the account it came from (招标投标法实施条例 35: within 5 days). After
closing request, payment and posting come to light together.
"""

import os
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from trading.funds.errors import NothingToRefund, RequestOver, RequestSignature, RequestStands
from trading.funds.models import RefundRequestRow, RefundRow
from trading.funds.proof.refunds import request_body, request_message, request_text
from trading.funds.reads import own_deposit, see_own_only
from trading.funds.reads.refunds import own_request
from trading.funds.rules import clock_of
from trading.funds.services.planning import rules_of
from trading.funds.types import RequestView
from trading.kernel.clock import platform_now
from trading.kernel.errors import FieldProblem
from trading.kernel.identity import Actor
from trading.kernel.ids import new_id
from trading.kernel.journal import blind_streams
from trading.kernel.locks import lock
from trading.parties import reads as parties
from trading.projects import reads as projects
from trading.projects.calendar import local_day

_LINES = text(
    "SELECT l.id, l.bank_org_id, l.amount_fen, l.paid_at FROM bank_lines l WHERE l.lot_id = :lot AND l.org_id = :org "
    "AND NOT EXISTS (SELECT 1 FROM refunds r WHERE r.line_id = l.id) ORDER BY l.paid_at, l.id"
)


async def request_refund(
    session: AsyncSession, actor: Actor, *, lot_id: UUID, fingerprint: str, signature: str
) -> RequestView:
    """The organisation has back what it paid so far, and takes no further part with a deposit in this lot."""
    lot = await projects.lot(session, lot_id)
    own = await own_deposit(session, actor, lot_id)
    if actor.org_id is None or actor.person_id is None or own.number is None or not own.lines:
        raise NothingToRefund
    stream = await blind_streams.find_stream(session, f"lot:{lot_id}")
    await lock(session, stream.lock_name, shared=True)
    now = await platform_now(session)
    if now > lot.deadline_at:
        raise RequestOver(deadline=lot.deadline_at)
    asked = await own_request(session, actor, lot, own.number)
    if asked.requested_at is not None:
        raise RequestStands
    certificate = next(
        (item for item in await parties.certificates_of(session, actor.person_id) if item.fingerprint == fingerprint),
        None,
    )
    if certificate is None or certificate.org_id != actor.org_id:
        raise RequestSignature({"signature": FieldProblem("funds.request_signature")})
    await parties.certificate_valid_at(session, fingerprint, now)
    try:
        Ed25519PublicKey.from_public_bytes(certificate.public_key).verify(
            bytes.fromhex(signature), request_message(asked.digest)
        )
    except (InvalidSignature, ValueError) as error:
        raise RequestSignature({"signature": FieldProblem("funds.request_signature")}) from error
    organisation = await parties.organisation(session, actor.org_id)
    await see_own_only(session, actor.org_id)
    statement, salt = request_text(subject=f"lot:{lot_id}", uscc=organisation.uscc, number=own.number), os.urandom(32)
    body = request_body(f"lot:{lot_id}", salt, statement)
    receipt = await blind_streams.append_blind(session, stream.id, body, at=now)
    session.add(
        RefundRequestRow(
            lot_id=lot_id,
            org_id=actor.org_id,
            statement=statement,
            fingerprint=fingerprint,
            certificate=certificate.pem,
            signature=signature,
            salt=salt,
            leaf=receipt.leaf,
            requested_at=now,
        )
    )
    clock = clock_of("withdrawn", now, await rules_of(session, lot), await projects.calendar(session))
    for line in (await session.execute(_LINES, {"lot": lot_id, "org": actor.org_id})).all():
        session.add(
            RefundRow(
                id=new_id(),
                line_id=line.id,
                lot_id=lot_id,
                org_id=actor.org_id,
                bank_org_id=line.bank_org_id,
                cause="withdrawn",
                principal_fen=line.amount_fen,
                paid_on=local_day(line.paid_at),
                basis_at=now,
                due_at=clock.due_at,
            )
        )
    await session.flush()
    return await own_request(session, actor, lot, own.number)
