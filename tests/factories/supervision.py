"""Supervisors and those they ask, at their browsers and by program, over the database of another factory's stage."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import text

from portal.wiring import WIRING
from supervision import reads, services
from supervision.types import Alert
from tests.factories.parties import make_member
from tests.factories.whole_site import WholeSite
from tests.integration.parties.conftest import Browser, totp_now
from trading.kernel.clock import platform_now
from trading.kernel.identity import Actor, system_actor
from trading.kernel.outbox import deliver
from trading.kernel.tasks import run_task
from trading.kernel.timers import fire_due
from trading.parties import reads as parties
from trading.parties.types import Enrolled

WORKER = system_actor("supervision")


@dataclass
class Watch:
    """The site as supervision needs it."""

    site: WholeSite

    async def member(self, role: str, org_id: UUID | None = None) -> Enrolled:
        """Somebody in this role who can sign in, of this organisation or one of his own."""
        async with self.site.database.transaction() as session:
            org = await parties.organisation(session, org_id) if org_id else None
            return await make_member(session, role, org=org)

    async def browser(self, member: Enrolled) -> Browser:
        one = Browser(self.site.app)
        answer = await one.sign_in(member.login, totp=totp_now(member.totp_secret) if member.totp_secret else "")
        assert answer.status_code == 303, answer.text
        return one

    async def program(self, actor: Actor) -> AsyncClient:
        return await self.site.as_(actor)

    async def now(self) -> datetime:
        async with self.site.database.transaction() as session:
            return await platform_now(session)

    async def move_to(self, instant: datetime) -> None:
        async with self.site.database.transaction() as session:
            ahead = (instant - await platform_now(session)) // timedelta(milliseconds=1) + 1
            await session.execute(text("SELECT demo_move_clock(platform_offset_ms() + :ms)"), {"ms": ahead})

    async def sweep(self) -> list[UUID]:
        async with self.site.database.transaction() as session:
            return await services.sweep(session, WORKER)

    async def clocks_run(self) -> int:
        """Timers that are due, and the checks they start; returns how many those were."""
        taken: list[tuple[str, UUID, dict[str, object]]] = []

        async def enqueue(name: str, message_id: UUID, payload: dict[str, object]) -> None:
            taken.append((name, message_id, payload))

        wiring: Mapping[str, tuple[str, ...]] = {event.name: tasks for event, tasks in WIRING.items()}
        async with self.site.database.transaction() as session:
            await fire_due(session)
            await deliver(session, wiring, enqueue)
        ours = [item for item in taken if item[0] == "supervision.check_lot"]
        for name, message_id, payload in ours:
            await run_task(self.site.resources, name, message_id, payload)
        return len(ours)

    async def alerts(self, lot_id: UUID, rule: str = "") -> list[Alert]:
        async with self.site.database.transaction() as session:
            return await reads.alerts(session, lot_ids=(lot_id,), rule=rule)


def body_of(answer: Any) -> dict[str, Any]:
    """What a program was told, if it was told yes."""
    assert answer.status_code in {200, 201}, answer.text
    return dict(answer.json())
