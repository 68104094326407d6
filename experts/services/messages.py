"""Messages to experts' phones: sealed rows until the gateway has them, nothing after that.

An outside call is guarded by its state: made here in the transaction of what it is about, sent by a task, marked sent.
"""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from experts import entries
from experts.events import MessagesMade
from experts.gateway import Gateway
from experts.models import GatewayMessage
from trading.kernel.clock import platform_now
from trading.kernel.identity import Actor
from trading.kernel.ids import random_id
from trading.kernel.journal.actions import append
from trading.kernel.outbox import emit
from trading.kernel.signing import PersonalSeal


async def queue(session: AsyncSession, kind: str, messages: Sequence[dict[str, Any]], personal: PersonalSeal) -> None:
    """Messages of one kind, each with `to` and what the kind's text says."""
    if not messages:
        return
    now = await platform_now(session)
    for message in messages:
        message_id = random_id()
        sealed = personal.seal(json.dumps(message).encode(), f"gateway-message:{message_id}")
        session.add(GatewayMessage(id=message_id, kind=kind, state="made", sealed=sealed, made_at=now))
    await session.flush()
    await emit(session, MessagesMade())


async def send_waiting(session: AsyncSession, actor: Actor, *, gateway: Gateway, personal: PersonalSeal) -> int:
    """Hand what waits to the gateway; the same message twice is one to it."""
    rows = list(
        await session.scalars(
            select(GatewayMessage)
            .where(GatewayMessage.state == "made")
            .order_by(GatewayMessage.made_at, GatewayMessage.id)
            .with_for_update(skip_locked=True)
        )
    )
    if not rows:
        return 0
    plain = [
        {"id": row.id, "kind": row.kind, **json.loads(personal.open(row.sealed or b"", f"gateway-message:{row.id}"))}
        for row in rows
    ]
    await gateway.send_messages(plain)
    now = await platform_now(session)
    for row in rows:
        row.state, row.sent_at, row.sealed = "sent", now, None
    await append(session, actor, entries.MESSAGES_SENT, subject=entries.ROSTER, payload={"count": len(rows)}, at=now)
    return len(rows)
