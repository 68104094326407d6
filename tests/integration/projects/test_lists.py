"""Lists of projects and lots: sorted, filtered, paged, as CSV; nobody sees more by sorting than without."""

import csv
import datetime as dt
import io
import re

from httpx import AsyncClient
from sqlalchemy import text

from tests.factories.parties import actor_for, make_member, make_organisation
from tests.factories.projects import LOT, lawful_draft, make_project
from tests.integration.projects.conftest import Enter, Platform
from trading.parties.types import Organisation
from trading.projects.types import ProjectView


async def registered(platform: Platform, org: Organisation, *names: str, **changes: object) -> list[ProjectView]:
    async with platform.database.transaction() as session:
        actor = await actor_for(session, await make_member(session, "tenderer", org=org))
        return [(await make_project(session, actor, name=name, **changes))[0] for name in names]


def names(page: str) -> list[str]:
    return [
        re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r'<th scope="row"[^>]*>(.*?)</th>', page, re.DOTALL)
    ]


async def read(browser: AsyncClient, address: str) -> list[list[str]]:
    answer = await browser.get(address)
    assert answer.headers["content-type"].startswith("text/csv"), answer.text
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


async def test_projects_are_sorted_filtered_and_taken_away(platform: Platform, enter: Enter) -> None:
    async with platform.database.transaction() as session:
        org = await make_organisation(session, name="排序建设公司")
        late = (await lawful_draft(session)).deadline_at + dt.timedelta(days=7)
    await registered(platform, org, "丙路", "甲桥", "乙路")
    await registered(platform, org, "晚路", deadline_at=late)
    tenderer = await enter("tenderer", org=org)
    assert names((await tenderer.get("/projects")).text) == ["晚路", "乙路", "甲桥", "丙路"]
    assert names((await tenderer.get("/projects?sort=name")).text) == sorted(["丙路", "甲桥", "乙路", "晚路"])
    assert names((await tenderer.get("/projects?sort=-deadline")).text)[0] == "晚路"
    assert names((await tenderer.get("/projects?q=桥")).text) == ["甲桥"]
    assert len(names((await tenderer.get("/projects?state=registered")).text)) == 4
    nothing = await tenderer.get("/projects?state=published")
    assert "没有符合条件的记录" in nothing.text
    rows = await read(tenderer, "/projects?q=路&sort=-name&format=csv")
    assert [row[1] for row in rows[1:]] == sorted(["丙路", "乙路", "晚路"], reverse=True)
    lots = await read(tenderer, "/lots?q=甲桥&format=csv")
    assert (len(lots), lots[1][1], lots[1][5]) == (2, "甲桥", "48000000.00")


async def test_the_state_that_is_filtered_by_is_the_state_that_is_shown(platform: Platform, enter: Enter) -> None:
    async with platform.database.transaction() as session:
        org = await make_organisation(session)
    two = (LOT, LOT)
    projects = await registered(platform, org, "一号", "二号", "三号", lots=two)
    states = {"一号": ("published", "failed"), "二号": ("failed", "failed"), "三号": ("closed", "registered")}
    async with platform.database.transaction() as session:
        for project in projects:
            for lot, state in zip(project.lots, states[project.name], strict=True):
                await session.execute(text("UPDATE lots SET state = :s WHERE id = :id"), {"s": state, "id": lot.id})
    tenderer = await enter("tenderer", org=org)
    for state, name in (("published", "一号"), ("failed", "二号"), ("registered", "三号")):
        listed = (await tenderer.get(f"/v1/projects?state={state}")).json()["items"]
        assert [(item["name"], item["state"]) for item in listed] == [(name, state)]
    assert len((await tenderer.get("/v1/lots?state=failed")).json()["items"]) == 3


async def test_pages_of_lots_follow_one_another(platform: Platform, enter: Enter) -> None:
    async with platform.database.transaction() as session:
        org = await make_organisation(session)
    await registered(platform, org, *(f"翻页{number % 3}号" for number in range(23)))
    tenderer = await enter("tenderer", org=org)
    for sort in ("project", "-deadline", "-newest", "name"):
        first = (await tenderer.get(f"/v1/lots?sort={sort}")).json()
        second = (await tenderer.get(f"/v1/lots?sort={sort}&after={first['next']}")).json()
        ids = [item["id"] for item in (*first["items"], *second["items"])]
        assert (len(ids), len(set(ids)), second["next"]) == (23, 23, None)


async def test_r40_sorting_and_searching_show_nothing_of_others(platform: Platform, enter: Enter) -> None:
    async with platform.database.transaction() as session:
        one, other = await make_organisation(session), await make_organisation(session)
    await registered(platform, one, "别人的项目")
    stranger = await enter("tenderer", org=other)
    for address in ("/projects?q=别人", "/projects?sort=name", "/lots?q=别人", "/projects?q=别人&format=csv"):
        assert "别人的项目" not in (await stranger.get(address)).text
    assert (await (await enter("bidder")).get("/lots")).status_code == 403
