"""A lot whose report has come, with its people, on a database with the demonstration clock; no evaluation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from portal.wiring import WIRING
from tests.factories.notices import publish_project
from tests.factories.parties import actor_for, make_member, make_organisation
from tests.factories.whole_site import WholeSite
from tests.integration.parties.conftest import Browser, totp_now
from trading.awards import service
from trading.awards.types import Candidate, Unranked
from trading.kernel.clock import platform_now
from trading.kernel.identity import Actor, system_actor
from trading.kernel.ids import new_id
from trading.kernel.outbox import deliver
from trading.kernel.tasks import run_task
from trading.kernel.timers import fire_due
from trading.parties.types import Enrolled, Organisation
from trading.projects import service as projects

WORKER = system_actor("worker")
PRICES = (128_845_000_00, 126_500_050_05, 131_000_000_00, 132_500_000_00)
_TO_EVALUATED = ("close", "begin_opening", "finish_opening", "begin_evaluation", "finish_evaluation")


@dataclass
class AwardStage:
    """The lot, who takes part, and the site they use."""

    site: WholeSite
    lot_id: UUID
    tenderer: Enrolled
    official: Enrolled
    bidders: list[Enrolled]
    """In order of rank; the fifth was rejected."""
    outsider: Enrolled
    supervisor: Enrolled
    actors: dict[str, Actor] = field(default_factory=dict)

    async def browser(self, member: Enrolled) -> Browser:
        """The person, signed in."""
        one = Browser(self.site.app)
        totp = totp_now(member.totp_secret) if member.totp_secret else ""
        answer = await one.sign_in(member.login, totp=totp)
        assert answer.status_code == 303, answer.text
        return one

    async def now(self) -> datetime:
        async with self.site.database.transaction() as session:
            return await platform_now(session)

    async def move_to(self, instant: datetime) -> None:
        """The clock at an instant, and what fell due done."""
        ahead = instant - await self.now()
        async with self.site.database.transaction() as session:
            offset = (await session.execute(text("SELECT platform_offset_ms()"))).scalar_one()
            wanted = offset + max(int(ahead / timedelta(milliseconds=1)), 0) + 50
            await session.execute(text("SELECT demo_move_clock(:wanted)"), {"wanted": wanted})
        await self.work()

    async def work(self) -> None:
        """Timers and outbox until nothing is left, as relay and worker do it."""
        while True:
            taken: list[tuple[str, UUID, dict[str, object]]] = []

            async def enqueue(name: str, message_id: UUID, payload: dict[str, object]) -> None:
                taken.append((name, message_id, payload))  # noqa: B023  # delivered within this turn

            async with self.site.database.transaction() as session:
                await fire_due(session)
                wiring: Mapping[str, tuple[str, ...]] = {event.name: tasks for event, tasks in WIRING.items()}
                await deliver(session, wiring, enqueue)
            if not taken:
                return
            for name, message_id, payload in taken:
                if name.startswith(("awards.", "notices.")):
                    await run_task(self.site.resources, name, message_id, payload)


async def set_award_stage(site: WholeSite, **changes: object) -> AwardStage:
    """A published project taken to its signed report, the candidates recorded."""
    async with site.database.transaction() as session:
        centre = await make_organisation(session, kind="centre")
        official = await make_member(session, "official", org=centre)
        owner = await make_organisation(session, name="临江市城市建设投资有限公司")
        tenderer = await make_member(session, "tenderer", org=owner)
        as_official, as_tenderer = await actor_for(session, official), await actor_for(session, tenderer)
        notice, _, _ = await publish_project(
            session, site.resources.objects, as_tenderer, official=as_official, **changes
        )
        lot_id = notice.facts.lots[0].id
        orgs: list[Organisation] = [await make_organisation(session, name=f"第{n}建设有限公司") for n in "一二三四五"]
        bidders = [await make_member(session, "bidder", org=org) for org in orgs]
        outsider = await make_member(session, "bidder", org=await make_organisation(session, name="供应商有限公司"))
        supervisor = await make_member(session, "supervisor")
        for verb in _TO_EVALUATED:
            await projects.advance_lot(session, WORKER, lot_id=lot_id, verb=verb)
        ranking = tuple(
            Candidate(rank, org.name, org.uscc, price, 9_500 - 100 * rank, f"{rank:032x}")
            for rank, (org, price) in enumerate(zip(orgs[:4], PRICES, strict=True), 1)
        )
        await service.record_candidates(
            session,
            WORKER,
            lot_id=lot_id,
            ranking=ranking,
            report_digest="ab" * 32,
            entry_id=new_id(),
            rejected=(Unranked(orgs[4].name, orgs[4].uscc, f"{5:032x}"),),
        )
    return AwardStage(site, lot_id, tenderer, official, bidders, outsider, supervisor)
