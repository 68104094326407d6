"""A lot with its result, a draft and private papers of one tenderer, and people who have nothing to do with them."""

from datetime import timedelta
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from tests.factories import bidding as make
from tests.factories.awards import PRICES, WORKER, AwardStage
from tests.factories.notices import make_notice_draft
from tests.factories.parties import PASSWORD, actor_for, make_member
from tests.factories.projects import add_document, make_draft, make_project
from tests.factories.site import ORIGIN
from tests.factories.whole_site import WholeSite
from tests.integration.parties.conftest import totp_now
from tests.integration.parties.test_programs import Key
from trading.awards import reads as awards
from trading.awards import rules as award_rules
from trading.awards import service as award_service
from trading.awards.store import rules_of
from trading.kernel.clock import platform_now, system_now
from trading.kernel.identity import ANONYMOUS, Actor
from trading.parties import services
from trading.parties.types import Enrolled
from trading.projects import reads as projects
from trading.projects.calendar import local_day
from trading.records.reads import records_of
from trading.web.fields import Upload

CSRF = "7" * 32
WORDS = "请核实第一名的业绩证明材料。"


async def signed_in(session: AsyncSession, member: Enrolled) -> dict[str, str]:
    """The headers of the person's browser, with a page's token."""
    code = totp_now(member.totp_secret) if member.totp_secret else ""
    opened = await services.sign_in(session, ANONYMOUS, login=member.login, password=PASSWORD, totp=code)
    cookie = f"session={opened.token}; csrf={CSRF}"
    return {"cookie": cookie, "x-csrf-token": CSRF, "content-type": "application/json"}


async def strangers(session: AsyncSession) -> dict[str, Enrolled]:
    """One of each role that meets owners' questions, all of organisations of their own."""
    roles = ("tenderer", "agency", "bidder", "expert", "finance")
    return {f"other {role}": await make_member(session, role) for role in roles}


async def fresh(session: AsyncSession, member: Enrolled) -> Actor:
    """The person at a browser, who has just proved himself."""
    return replace(await actor_for(session, member), step_up_at=system_now())


class World:
    """Who (name → headers of a browser) and what (name → id)."""

    def __init__(self, site: WholeSite, stage: AwardStage) -> None:
        self.site, self.stage = site, stage
        self.who: dict[str, dict[str, str]] = {"nobody": {}}
        self.what: dict[str, UUID | str] = {"lot": stage.lot_id}

    async def settle(self) -> None:
        """People at their browsers; a draft, a project not yet published, a notice not yet out, and own papers."""
        stage, objects = self.stage, self.site.resources.objects
        async with self.site.database.transaction() as session:
            people = {
                "tenderer": stage.tenderer,
                "winner": stage.bidders[0],
                "loser": stage.bidders[1],
                "outsider": stage.outsider,
                **await strangers(session),
            }
            self.who |= {name: await signed_in(session, member) for name, member in people.items()}
            tenderer, loser = await fresh(session, stage.tenderer), await fresh(session, stage.bidders[1])
            self.what["draft"] = await make_draft(session, tenderer, name="尚未登记的项目")
            project, _ = await make_project(session, tenderer, name="尚未公告的项目", code="2611-350100-04-01-123457")
            await add_document(session, objects, tenderer, project)
            self.what |= {"project": project.id, "planned": project.lots[0].id}
            self.what["notice"] = await make_notice_draft(session, tenderer, project)
            self.what["document"] = (await records_of(session, f"lot:{project.lots[0].id}"))[-1].id
            token = await services.make_token(session, loser, name="投标程序", scopes=["bidder"])
            key = Key()
            certificate = await services.issue_certificate(
                session, loser, public_key=key.public, possession=key.proof(loser.membership_id), ca=make.KEYS.ca
            )
            assert loser.org_id is not None
            invitation = await services.invite(
                session, loser, org_id=loser.org_id, person="同事", roles=["bidder"], days=1
            )
            self.what |= {"token": token.id, "certificate": certificate.id, "invitation": invitation.id}

    async def publicise(self) -> None:
        """The candidates public; the loser has objected and waits."""
        async with self.site.database.transaction() as session:
            tenderer, loser = await fresh(session, self.stage.tenderer), await fresh(session, self.stage.bidders[1])
            lot, calendar = await projects.lot(session, self.stage.lot_id), await projects.calendar(session)
            today = local_day(await platform_now(session))
            plan = award_rules.propose(await rules_of(session, lot), calendar, today)
            await award_service.plan_publicity(session, tenderer, lot_id=lot.id, plan=plan)
            raised, _ = await award_service.raise_objection(
                session, loser, lot_id=lot.id, words=WORDS, interest="", signer=make.KEYS.receipt
            )
            self.what["objection"] = raised.id

    async def award(self) -> None:
        """After the objection has been answered: the winner told, the contract recorded; it waits for his word."""
        lot_id, objects = self.stage.lot_id, self.site.resources.objects
        async with self.site.database.transaction() as session:
            tenderer = await fresh(session, self.stage.tenderer)
            publicity = (await awards.outcome(session, lot_id)).publicity
            assert publicity is not None
            ahead = (publicity.ends_at - await platform_now(session)) // timedelta(milliseconds=1) + 1000
            await session.execute(text("SELECT demo_move_clock(platform_offset_ms() + :ms)"), {"ms": ahead})
        async with self.site.database.transaction() as session:
            decision = await award_service.decide_award(
                session, tenderer, lot_id=lot_id, rank=1, reasons=WORDS, passed_over=()
            )
            await award_service.issue_letters(
                session, WORKER, objects, lot_id=lot_id, decision_id=decision, keys=make.KEYS, base_url=ORIGIN
            )
        async with self.site.database.transaction() as session:
            self.what["contract"] = await award_service.record_contract(
                session, tenderer, objects, lot_id=lot_id, file=Upload("合同.pdf", "application/pdf", b"%PDF-1.7"),
                amount_fen=PRICES[0], bond_fen=0, signed_on=local_day(await platform_now(session)),
            )  # fmt: skip
            letters = (await awards.outcome(session, lot_id)).letters
            self.what["letter"] = next(item.id for item in letters if item.kind == "award")
