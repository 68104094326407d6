"""Open data from the notice to the contract: what is out when, by page and API, and that it is what the standard asks.

One lot is taken all the way; the first test walks, the others look at cases of their own.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from notices.ocds import reads, service
from notices.ocds.types import Fragment, OpenedBid
from notices.ocds.writing import read
from portal.demo.clock import install
from portal.embedded.cluster import DatabaseUrls
from tests.factories import ocds
from tests.factories.awards import PRICES, WORKER, AwardStage, set_award_stage
from tests.factories.notices import make_notice_draft, publish_project
from tests.factories.parties import actor_for
from tests.factories.projects import make_official, make_project
from tests.factories.site import ORIGIN
from tests.factories.whole_site import WholeSite
from tests.integration.parties.conftest import Browser
from trading.awards import reads as awards_of
from trading.awards import rules
from trading.awards import service as awards
from trading.kernel.clock import platform_now, rfc3339, system_now
from trading.kernel.identity import Actor
from trading.kernel.objects import ObjectStore
from trading.kernel.settings import ObjectsSettings
from trading.parties.types import Enrolled
from trading.projects import reads as projects
from trading.projects import service as project_service
from trading.projects.calendar import local_day
from trading.web.fields import Upload

TENDERER = "临江市城市建设投资有限公司"


@pytest_asyncio.fixture
async def stage(
    new_database: Callable[[], AbstractContextManager[DatabaseUrls]],
    object_settings: ObjectsSettings,
    objects: ObjectStore,
) -> AsyncIterator[AwardStage]:
    with new_database() as urls:
        install(urls.owner_dsn)
        site = WholeSite(urls, object_settings, objects)
        yield await set_award_stage(site)
        await site.close()


async def package_of(stage: AwardStage, project: UUID, kind: str = "releases") -> Any:
    answer = await Browser(stage.site.app).get(f"/v1/ocds/projects/{project}/{kind}")
    assert answer.status_code == 200, answer.text
    found = read(answer.content)
    assert ocds.problems(found) == []
    return found


async def opened_bids(stage: AwardStage) -> tuple[OpenedBid, ...]:
    """The opening's lines; the sixth envelope could not be opened."""
    async with stage.site.database.transaction() as session:
        found = await awards_of.outcome(session, stage.lot_id)
    named = [OpenedBid(b.env, b.organisation, b.uscc, b.price_fen or 133_000_000_00) for b in found.bidders]
    return (*named, OpenedBid(f"{6:032x}", None, None, None))


async def acting(stage: AwardStage, member: Enrolled) -> Actor:
    async with stage.site.database.transaction() as session:
        return replace(await actor_for(session, member), step_up_at=system_now())


async def test_from_the_notice_to_the_contract(stage: AwardStage) -> None:
    """Nothing before its time, each act once, and the whole as the standard's schema wants it."""
    visitor = Browser(stage.site.app)
    async with stage.site.database.transaction() as session:
        project = (await projects.lot(session, stage.lot_id)).project_id
    assert (await visitor.get(f"/v1/ocds/projects/{project}/releases")).status_code == 404
    assert (await visitor.get("/v1/ocds/releases")).status_code == 404
    assert "还没有开放数据" in (await visitor.get("/open-data")).text

    await stage.work()
    [first] = (await package_of(stage, project))["releases"]
    assert (first["tag"], first["ocid"][:12]) == (["tender"], "ocds-000000-")
    assert "bids" not in first
    assert "tenderers" not in first["tender"]
    assert "建设有限公司" not in str(first).replace(TENDERER, "")
    [notice] = [item for item in first["tender"]["documents"] if item["documentType"] == "tenderNotice"]
    printed = await visitor.get(notice["url"].removeprefix(ORIGIN))
    assert hashlib.sha256(printed.content).hexdigest() == notice["sha256"]

    lines = await opened_bids(stage)
    made_at = rfc3339(await stage.now())
    for _ in "12":  # a task may be delivered again
        async with stage.site.database.transaction() as session:
            await service.release_opening(
                session, WORKER, lot_id=stage.lot_id, bids=lines, made_at=made_at, base_url=ORIGIN
            )
    _, opening = (await package_of(stage, project))["releases"]
    assert opening["tender"]["numberOfTenderers"] == 5
    assert [bid.get("value", {}).get("amount") for bid in opening["bids"]["details"]][:2] == [
        Decimal("128845000.00"),
        Decimal("126500000.00") + Decimal("50.05"),
    ]
    await _walk(stage)
    package = await package_of(stage, project)
    tags = [release["tag"][0] for release in package["releases"]]
    assert tags == ["tender", "tenderUpdate", "tenderUpdate", "award", "awardCancellation", "award", "contract"]
    assert [release["date"] for release in package["releases"]] == sorted(r["date"] for r in package["releases"])
    await _judge_record(stage, project)
    await _judge_feed(stage, [release["id"] for release in package["releases"]])
    await _judge_pages(stage, project)
    if not ocds.STANDARD.exists():
        pytest.skip(f"judged by structure alone: the standard's schemas are not at {ocds.STANDARD.name}")
    schema = ocds.schema("dereferenced-release-schema.json")
    assert [error for release in package["releases"] for error in ocds.schema_errors(release, schema)] == []
    assert ocds.schema_errors(package, ocds.package_schema("release-package-schema.json")) == []


async def _walk(stage: AwardStage) -> None:
    """Publicity; the first award falls; the second is contracted."""
    tenderer = await acting(stage, stage.tenderer)
    database, lot_id = stage.site.database, stage.lot_id
    async with database.transaction() as session:
        lot, today = await projects.lot(session, lot_id), local_day(await platform_now(session))
        profile, calendar = await awards_of.rules_of(session, lot), await projects.calendar(session)
        await awards.plan_publicity(session, tenderer, lot_id=lot_id, plan=rules.propose(profile, calendar, today))
        ends_at = (await awards_of.outcome(session, lot_id)).publicity_to
    assert ends_at is not None
    await stage.work()
    await stage.move_to(ends_at)
    ground = profile.award.grounds[0].id if profile.award else ""
    for rank in (1, 2):
        async with database.transaction() as session:
            if rank == 2:
                await awards.annul_award(session, tenderer, lot_id=lot_id, ground=ground, reason="放弃。")
            await awards.decide_award(session, tenderer, lot_id=lot_id, rank=rank, reasons="有。", passed_over=())
        await stage.work()
    winner = await acting(stage, stage.bidders[1])
    async with database.transaction() as session:
        file = Upload(name="合同.pdf", media_type="application/pdf", data=b"%PDF-1.7 contract")
        contract = await awards.record_contract(
            session,
            tenderer,
            stage.site.resources.objects,
            lot_id=lot_id,
            file=file,
            amount_fen=PRICES[1],
            bond_fen=0,
            signed_on=local_day(await platform_now(session)),
        )
        await awards.answer_contract(
            session, winner, lot_id=lot_id, contract_id=contract, outcome_="confirmed", reason=""
        )
    await stage.work()


async def _judge_record(stage: AwardStage, project: UUID) -> None:
    [record] = (await package_of(stage, project, "record"))["records"]
    now = record["compiledRelease"]
    assert now["tag"] == ["compiled"]
    assert now["tender"]["status"] == "complete"
    assert [award["status"] for award in now["awards"]] == ["cancelled", "active"]
    [contract] = now["contracts"]
    assert contract["value"] == {"amount": Decimal(PRICES[1]).scaleb(-2), "currency": "CNY"}
    assert contract["awardID"] == now["awards"][1]["id"]
    ranked = {bid.get("rank"): bid for bid in now["bids"]["details"]}
    assert ranked[2]["value"]["amount"] == Decimal(PRICES[1]).scaleb(-2)  # of the opening, beside the rank of later
    assert [bid["status"] for bid in now["bids"]["details"]] == [*["valid"] * 4, "disqualified", "pending"]
    supplier = now["awards"][1]["suppliers"][0]["id"]
    assert next(party["roles"] for party in now["parties"] if party["id"] == supplier) == ["tenderer", "supplier"]
    assert now["buyer"]["name"] == TENDERER


async def _judge_feed(stage: AwardStage, released: list[str]) -> None:
    visitor = Browser(stage.site.app)
    whole = await visitor.get("/v1/ocds/releases")
    assert [release["id"] for release in read(whole.content)["releases"]] == released[::-1]
    async with stage.site.database.transaction() as session:
        first = await reads.newest(session, limit=3)
        rest = await reads.newest(session, after=(first[-1].released_at, first[-1].id))
        digests = (
            await session.execute(
                text("SELECT body FROM journal_entries WHERE action = 'notices:release:made' ORDER BY at")
            )
        ).scalars()
        told = [json.loads(body)["payload"] for body in digests]
        with pytest.raises(DBAPIError):
            async with session.begin_nested():
                await session.execute(text("UPDATE ocds_releases SET tag = 'award'"))
    assert [item.id for item in (*first, *rest)] == released[::-1]
    for entry in told:
        one = await visitor.get(f"/v1/ocds/releases/{entry['release']}")
        assert hashlib.sha256(one.content).hexdigest() == entry["digest"]
        assert "immutable" in one.headers["cache-control"]
    again = await visitor.get("/v1/ocds/releases", headers={"if-none-match": whole.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def _judge_pages(stage: AwardStage, project: UUID) -> None:
    visitor = Browser(stage.site.app)
    shown = await visitor.get(f"/projects/{project}/open-data")
    assert f"/v1/ocds/projects/{project}/releases" in shown.text
    assert shown.text.count("/v1/ocds/releases/") == 7
    assert f"/projects/{project}/open-data" in (await visitor.get("/open-data")).text
    assert f"/projects/{project}/open-data" in (await visitor.get(f"/projects/{project}/notices")).text
    for name in ("extension.json", "release-schema.json"):
        assert (await visitor.get(f"/v1/ocds/extension/{name}")).status_code == 200
    for path in (f"/projects/{uuid4()}/open-data", f"/v1/ocds/projects/{uuid4()}/record", "/v1/ocds/extension/x"):
        assert (await visitor.get(path)).status_code == 404


async def test_nothing_of_a_project_whose_notice_is_not_out(session: AsyncSession) -> None:
    await make_official(session)
    project, tenderer = await make_project(session)
    await make_notice_draft(session, tenderer, project)
    made = await service.release(
        session, WORKER, project_id=project.id, key="x", tag="award", fragment=Fragment(), base_url=ORIGIN
    )
    assert made is None
    assert await reads.releases_of(session, project.id) == ()


async def test_the_tender_comes_first_whoever_is_first(session: AsyncSession, objects: ObjectStore) -> None:
    """A project from before there was open data: its tender is released with the first that is handed over."""
    notice, _, _ = await publish_project(session, objects)
    lot = notice.facts.lots[0].id
    assert await service.release_failure(session, WORKER, lot_id=lot, base_url=ORIGIN) is None
    for verb in ("fail", ""):
        if verb:
            await project_service.advance_lot(session, WORKER, lot_id=lot, verb=verb)
        await service.release_failure(session, WORKER, lot_id=lot, base_url=ORIGIN)
    out = await reads.releases_of(session, notice.project_id)
    assert [item.tag for item in out] == ["tender", "tenderUpdate"]
    assert read(out[1].body)["tender"]["status"] == "unsuccessful"
