"""A lot whose notice was left out and one that left nothing out; an alert by program to its end; what stays secret."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest_asyncio
from httpx import AsyncClient

from bidding.opening.closing import close_box
from portal.demo.clock import install
from portal.embedded.cluster import DatabaseUrls
from tests.factories import bidding as make
from tests.factories.parties import make_actor, make_organisation
from tests.factories.supervision import WORKER, Watch, body_of
from tests.factories.whole_site import WholeSite
from tests.integration.portal.test_evidence import noticed_lot
from trading.kernel.clock import rfc3339
from trading.kernel.identity import Actor
from trading.kernel.objects import ObjectStore
from trading.kernel.settings import ObjectsSettings
from trading.parties import reads as parties

BASE = "/v1/supervision"
QUESTION = {"party": "tenderer", "text": "请说明为何没有发布招标公告。"}


@dataclass
class Scene:
    """Two lots that take bids, and the supervisors."""

    watch: Watch
    objects: ObjectStore
    silent: make.OpenLot
    skipping: make.OpenLot
    first: Actor
    second: Actor

    async def bids(self, lot: make.OpenLot) -> None:
        async with self.watch.site.database.transaction() as session:
            for _ in range(3):
                await make.submit(session, self.objects, lot, lot.bid())

    async def close(self, lot: make.OpenLot) -> None:
        async with self.watch.site.database.transaction() as session:
            await close_box(session, WORKER, subject=lot.subject, objects=self.objects)


@pytest_asyncio.fixture
async def scene(
    new_database: Callable[[], AbstractContextManager[DatabaseUrls]],
    object_settings: ObjectsSettings,
    objects: ObjectStore,
) -> AsyncIterator[Scene]:
    with new_database() as urls:
        install(urls.owner_dsn)
        site = WholeSite(urls, object_settings, objects)
        async with site.database.transaction() as session:
            silent = await make.announce(session, objects, await noticed_lot(session, objects), journal=make.JOURNAL)
            skipping = await make.open_lot(session, objects)
            authority = await make_organisation(session, kind="authority")
            first = await make_actor(session, "supervisor", org=authority)
            second = await make_actor(session, "supervisor", org=authority)
        yield Scene(Watch(site), objects, silent, skipping, first, second)
        await site.close()


async def told(program: AsyncClient, lot: make.OpenLot) -> list[Any]:
    """Everything supervision says of a lot, but for the hour."""
    paths = (f"{BASE}/console", f"{BASE}/lots", f"{BASE}/projects/{lot.project_id}", f"{BASE}/alerts")
    return [body_of(await program.get(path)) for path in paths]


async def test_a_notice_left_out_is_an_alert_and_a_whole_line_is_none(scene: Scene) -> None:
    watch, lot = scene.watch, scene.skipping
    program = await watch.program(scene.first)
    assert await watch.sweep() == []  # the day on which the notice is due is not over
    before = await told(program, lot)
    await scene.bids(lot)
    await scene.bids(scene.silent)
    assert await told(program, lot) == before  # three bids, and a supervisor sees what he saw

    deadline = lot.world.announcement.deadline
    await watch.move_to(deadline - timedelta(hours=1))
    assert await watch.clocks_run() == 1  # the notice's last day is over: the timer looks again
    [alert] = await watch.alerts(lot.id)
    assert (alert.rule, alert.cause, alert.party) == ("skipped_step", "notice", "official")
    await watch.move_to(deadline + timedelta(seconds=1))
    for each in (lot, scene.silent):
        await scene.close(each)
    await watch.sweep()
    assert [item.cause for item in await watch.alerts(lot.id)] == ["notice"]
    assert await watch.alerts(scene.silent.id) == []

    late = body_of(await program.get(f"{BASE}/lots", params={"clock": "late"}))["items"]
    assert str(lot.id) in {item["lot"]["id"] for item in late}
    line = body_of(await program.get(f"{BASE}/projects/{lot.project_id}"))["lots"][0]
    states = {clock["key"]: clock["state"] for clock in line["clocks"]}
    assert (states["notice"], states["deadline"], states["opening"]) == ("skipped", "done", "now")
    assert line["deposits"] == {}  # the box is closed: now it may be known

    await _dealt_with_by_program(scene)


async def _dealt_with_by_program(scene: Scene) -> None:
    """A card needs two supervisors, and the party's word or its time over."""
    watch, lot = scene.watch, scene.skipping
    [alert] = await watch.alerts(lot.id)
    path = f"{BASE}/alerts/{alert.id}"
    first, second = await watch.program(scene.first), await watch.program(scene.second)
    async with watch.site.database.transaction() as session:
        owner = await parties.organisation(session, lot.tenderer.org_id or alert.id)
        inside = await make_actor(session, "supervisor", org=owner)
        stranger = await make_actor(session, "tenderer")
    own, tenderer, other = [await watch.program(actor) for actor in (inside, lot.tenderer, stranger)]

    async def refused(one: AsyncClient, act: str, body: dict[str, Any], code: str) -> None:
        answer = await one.post(f"{path}/{act}", json=body)
        assert answer.json()["code"] == code, answer.text

    mine = {"membership_id": str(scene.first.membership_id)}
    reason = {"outcome": "remedied", "reason": "招标人已补发公告并顺延截止时间。"}
    await refused(first, "ask", QUESTION, "kernel.wrong_state")
    await refused(own, "assign", mine, "supervision.own_organisation")
    wrong = {"membership_id": str(lot.tenderer.membership_id)}
    await refused(first, "assign", wrong, "supervision.not_a_supervisor")
    await refused(first, "assign", {"membership_id": str(inside.membership_id)}, "supervision.own_organisation")
    assert body_of(await first.post(f"{path}/assign", json=mine))["assignee_name"] == scene.first.name
    await refused(second, "ask", QUESTION, "supervision.not_assigned")
    asked = body_of(await first.post(f"{path}/ask", json=QUESTION))
    assert (asked["state"], asked["party"]) == ("asked", "tenderer")
    await refused(second, "close", reason, "supervision.question_open")
    words = [await second.post(f"{path}/close", json=reason, headers={"accept-language": it}) for it in ("en", "zh-CN")]
    assert ["still has time" in words[0].text, "答复期限还没有过" in words[1].text] == [True, True]

    question = f"{BASE}/questions/{alert.id}"
    assert (await other.get(question)).json()["code"] == "supervision.alert_unknown"
    foreign = await other.post(f"{question}/answer", json={"text": "与我单位无关的答复。"})
    assert (foreign.status_code, foreign.json()["code"]) == (404, "supervision.alert_unknown")
    seen = body_of(await tenderer.get(question))
    assert [act["kind"] for act in seen["acts"]] == ["asked"]
    assert [item["id"] for item in body_of(await tenderer.get(f"{BASE}/questions"))["items"]] == [str(alert.id)]
    await watch.move_to(asked_by(asked) + timedelta(minutes=1))
    answered = body_of(await tenderer.post(f"{question}/answer", json={"text": "经办人疏忽，公告已补发。"}))
    assert answered["acts"][-1]["detail"] == {"late": True}
    twice = await tenderer.post(f"{question}/answer", json={"text": "经办人疏忽，公告已补发。"})
    assert twice.json()["code"] == "kernel.wrong_state"
    await refused(first, "close", reason, "supervision.second_person")
    closed = body_of(await second.post(f"{path}/close", json=reason))
    assert [act["kind"] for act in closed["acts"]] == ["assigned", "asked", "answered", "closed"]
    await refused(second, "close", reason, "kernel.wrong_state")
    entry = body_of(await other.get(f"/v1/journal/entries/{closed['acts'][1]['entry_id']}"))
    assert (entry["action"], QUESTION["text"] in entry["body"]) == ("supervision:alert:asked", False)
    unknown = await other.get(f"/v1/journal/entries/{lot.id}")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "supervision.entry_unknown")
    assert lot.subject not in body_of(await other.get(f"/v1/journal/entries/{closed['entry_id']}"))["body"]
    assert rfc3339(await watch.now()) > closed["raised_at"]


def asked_by(asked: dict[str, Any]) -> datetime:
    """When the answer is due."""
    return datetime.fromisoformat(asked["reply_by"])
