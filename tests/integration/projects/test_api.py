"""The same for programs: one line from a draft to a lot's documents, and refusals as problem details."""

import re

import msgspec
from sqlalchemy import text

from tests.factories.projects import PROFILE, lawful_draft
from tests.integration.parties.conftest import Browser
from tests.integration.projects.conftest import Enter, Platform
from trading.kernel import merkle
from trading.projects import service


async def body(platform: Platform, **changes: object) -> dict[str, object]:
    async with platform.database.transaction() as session:
        draft = await lawful_draft(session, **changes)
    return {name: value for name, value in msgspec.to_builtins(draft).items() if value is not None}


async def program(browser: Browser) -> Browser:
    """The browser's session, used by a program: the token goes into the header."""
    shown = await browser.get("/me")
    token = re.search(r'name="csrf-token" content="([0-9a-f]+)"', shown.text)
    assert token
    browser.headers.update({"x-csrf-token": token[1], "accept": "application/json"})
    return browser


async def test_from_draft_to_documents(platform: Platform, enter: Enter) -> None:
    tenderer, visitor = await program(await enter("tenderer")), await enter()
    sent = await body(platform)
    made = await tenderer.post("/v1/projects", json={"name": sent["name"]})
    assert (made.status_code, made.json()["state"]) == (201, "draft")
    url = f"/v1/projects/{made.json()['id']}"
    assert (await tenderer.patch(url, json=sent)).status_code == 200
    assert (await tenderer.get(url)).json()["body"]["code"] == sent["code"]
    registered = await tenderer.post(f"{url}/register", json={"confirm_provisional": True})
    assert registered.status_code == 201, registered.text
    project = registered.json()
    assert project["receipt_no"].startswith("SL")
    assert project["profile_digest"] == (await visitor.get("/v1/profiles/works_open_tender")).json()["digest"]
    lot = f"/v1/lots/{project['lots'][0]['id']}"
    zipped = {"content-type": "application/zip"}
    bare = await tenderer.post(f"{url}/documents", params={"name": "图纸.zip"}, content=b"PK drawings", headers=zipped)
    pdf = {"file": ("招标文件.pdf", b"%PDF-1.7 text", "application/pdf")}
    form = await tenderer.post(f"{url}/documents", files=pdf)
    assert (bare.status_code, form.status_code) == (201, 201), (bare.text, form.text)
    answer = (await tenderer.get(lot)).json()
    digests = sorted(record["digest"] for record in answer["documents"])
    leaves = [merkle.leaf_hash(bytes.fromhex(digest)) for digest in digests]
    assert answer["documents_root"] == merkle.root(leaves).hex()
    assert [step["key"] for step in answer["timeline"]][:3] == ["documents", "rooms", "notice"]
    assert (await visitor.get(lot)).status_code == 404
    assert [item["id"] for item in (await tenderer.get("/v1/projects")).json()["items"]] == [project["id"]]
    (waiting,) = (await tenderer.get("/v1/lots", params={"state": "registered"})).json()["items"]
    assert waiting["id"] == project["lots"][0]["id"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", waiting["deadline_at"])
    again = await tenderer.post(f"{url}/register", json={})
    assert (again.status_code, again.json()["code"]) == (409, "projects.already_registered")


async def test_an_unlawful_date_names_its_article_and_the_earliest_lawful_day(platform: Platform, enter: Enter) -> None:
    tenderer = await program(await enter("tenderer"))
    sent = await body(platform)
    made = await tenderer.post("/v1/projects", json=sent | {"deadline_at": f"{sent['issue_to']}T01:30:00.000Z"})
    refused = await tenderer.post(f"/v1/projects/{made.json()['id']}/register", json={})
    assert refused.status_code == 422
    assert refused.headers["content-type"].startswith("application/problem+json")
    problem = refused.json()["fields"]["deadline_at"]
    assert problem["code"] == "projects.deadline_too_early"
    assert "《招标投标法》第二十四条" in problem["detail"]
    async with platform.database.transaction() as session:
        lawful = (await service.propose(session, profile=PROFILE)).timetable.deadline_day
    assert f"{lawful.year}年{lawful.month}月{lawful.day}日" in problem["detail"]


async def test_a_proposal_and_its_limits(enter: Enter, platform: Platform) -> None:
    visitor = await enter()
    url = "/v1/profiles/works_open_tender/proposal"
    proposal = (await visitor.get(url)).json()
    assert set(proposal["timetable"]) == {"notice_on", "issue_from", "issue_to", "deadline_at"}
    past = await visitor.get(url, params={"notice_on": "2020-01-01"})
    assert (past.status_code, past.json()["fields"]["notice_on"]["code"]) == (422, "projects.day_past")
    async with platform.database.transaction() as session:
        last = (await session.execute(text("SELECT max(year) FROM calendar_years"))).scalar_one()
    unknown = (await visitor.get(url, params={"notice_on": f"{last + 1}-03-02"})).json()
    assert unknown["provisional"] == ["issue_to", "deadline_at"]
    assert (await visitor.get("/v1/profiles/none/proposal")).status_code == 404
    assert (await visitor.get("/v1/calendar/2026")).json()["published"] is True


async def test_wrong_input_is_told_field_by_field_and_strangers_get_nothing(platform: Platform, enter: Enter) -> None:
    tenderer, bidder = await program(await enter("tenderer")), await program(await enter("bidder"))
    unknown = await tenderer.post("/v1/projects", json={"surprise": 1, "validity_days": "many"})
    assert (unknown.status_code, set(unknown.json()["fields"])) == (422, {"surprise", "validity_days"})
    made = (await tenderer.post("/v1/projects", json=await body(platform))).json()
    other = await program(await enter("tenderer"))
    for answer in (
        await other.post(f"/v1/projects/{made['id']}/register", json={}),
        await other.patch(f"/v1/projects/{made['id']}", json={"name": "x"}),
        await other.delete(f"/v1/projects/{made['id']}"),
        await other.get(f"/v1/projects/{made['id']}"),
    ):
        assert answer.status_code == 404
    assert (await bidder.post("/v1/projects", json={})).status_code == 403
    assert (await tenderer.delete(f"/v1/projects/{made['id']}")).status_code == 204
