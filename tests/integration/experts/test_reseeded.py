"""A draw cancelled and begun again through the API: other people in the lists, and so a new seed, if approved."""

import json
from collections.abc import AsyncIterator

import msgspec
import pytest_asyncio
from httpx import AsyncClient

from experts.draw import parse_announcement
from experts.forms import PlanDraw, QuotaForm
from experts.proof.documents import DrawDocument
from experts.proof.draw import Reading, check
from experts.services.calling import kept_of
from portal.embedded.cluster import DatabaseUrls
from tests.factories import bidding as make
from tests.factories.draw_stage import PERSONAL, DrawStage
from tests.factories.parties import PASSWORD, make_member
from tests.factories.whole_site import WholeSite
from tests.integration.parties.conftest import totp_now
from trading.kernel.settings import ObjectsSettings
from trading.parties import reads as parties
from trading.parties.types import Enrolled


@pytest_asyncio.fixture
async def site(
    stage: DrawStage, stage_urls: DatabaseUrls, object_settings: ObjectsSettings
) -> AsyncIterator[WholeSite]:
    made = WholeSite(stage_urls, object_settings, stage.objects, stage.phones.settings)
    yield made
    await made.close()


async def signed_in(site: WholeSite, person: Enrolled) -> AsyncClient:
    """A person with a session, who has just shown who he is."""
    client = site.client()
    client.headers["x-csrf-token"] = (await client.get("/v1/session")).json()["csrf"]
    proof = {"login": person.login, "password": PASSWORD, "totp": totp_now(person.totp_secret or "")}
    answer = await client.post("/v1/session", json=proof)
    assert answer.is_success, answer.text
    client.headers["x-csrf-token"] = answer.json()["csrf"]
    return client


async def document(site: WholeSite, draw_id: object) -> DrawDocument:
    answer = await site.client().get(f"/v1/draws/{draw_id}")
    return msgspec.json.decode(answer.content, type=DrawDocument)


async def test_other_people_in_the_lists_are_a_new_seed_that_only_the_supervisor_approves(
    stage: DrawStage, site: WholeSite
) -> None:
    draw = await stage.until_computed()
    first = (await stage.calls(draw.id))[0]
    async with stage.session() as session:
        called = (await kept_of(session, first.version_id, PERSONAL)).record.number
        org_id = stage.lot.official.org_id
        assert org_id is not None
        deputy = await make_member(session, "official", org=await parties.organisation(session, org_id))
        chief = await make_member(session, "supervisor")
    official = await site.as_(stage.lot.official)
    second, supervisor = await signed_in(site, deputy), await signed_in(site, chief)

    cancelled = await official.post(f"/v1/draws/{draw.id}/cancel", json={"reason": "评标推迟一周"})
    assert cancelled.is_success, cancelled.text
    before = await document(site, draw.id)
    assert (before.cancelled is not None, before.seed is not None) == (True, True)

    # Somebody goes on leave meanwhile, and other numbers are drawn of each specialty: the lists are others.
    now = await stage.now()
    leave = {"number": called, "kind": "leave", "starts_at": now.isoformat(), "document": "请假条 2026-18"}
    proposed = await official.post("/v1/roster/absences", json=leave)
    assert proposed.is_success, proposed.text
    confirmed = await second.post(f"/v1/roster/changes/{proposed.json()['id']}/confirm")
    assert confirmed.is_success, confirmed.text
    plan = await stage.plan(quotas=(QuotaForm("A08", 2, 2), QuotaForm("A06", 3, 1)))
    body = json.loads(msgspec.json.encode(plan))
    made = await official.post(f"/v1/lots/{stage.lot.id}/draws", json=body)
    assert made.is_success, made.text
    again = made.json()["id"]
    refused = await second.post(f"/v1/draws/{again}/confirm")
    assert (refused.status_code, refused.json()["code"]) == (403, "kernel.forbidden")
    approved = await supervisor.post(f"/v1/draws/{again}/confirm")
    assert approved.is_success, approved.text
    assert approved.json()["continued"] is False
    told = parse_announcement((await document(site, again)).announcement.encode())
    assert told.previous is not None
    assert (told.previous.ann, told.previous.rule) == (draw.ann, "reseeded")

    # The whole of it once more, to a panel of its own; whoever checks it has the draw before beside it.
    stage.lot.trustees = [make.Seated(held.actor, make.Hands(x)) for x, held in enumerate(stage.lot.trustees, 1)]
    await stage.announce_escrow(again)
    running = await stage.draw(again)
    for party in stage.parties:
        await stage.commit(running, party)
    fixed = msgspec.convert(running.plan, PlanDraw)
    await stage.move_to(fixed.commit_until)
    for party in stage.parties:
        await stage.reveal(running, party)
    await stage.move_to(fixed.beacon_at)
    for witness in (0, 1):
        await stage.type_beacon(again, witness)
    await stage.send_calls(again)
    await stage.all_accept(again)
    after = await document(site, again)
    assert after.seed not in {None, before.seed}
    assert {step.name: step.code or step.state for step in check(after, Reading(before))} == {
        step.name: "held" for step in check(after, Reading(before))
    }
    assert next(step for step in check(after) if step.state == "failed").code == "draw.rerolled"
