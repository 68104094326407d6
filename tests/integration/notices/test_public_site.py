"""From a written notice to the public site: preview, publication by another, documents and PDF for everyone."""

import io
import re
from uuid import UUID

import httpx
import pikepdf

from notices.tasks import render_notice
from tests.factories.notices import TEXTS, publish_project
from tests.factories.parties import actor_for, make_member
from tests.factories.projects import add_document, make_project
from tests.integration.projects.conftest import Enter, Platform
from trading.kernel.ids import new_id
from trading.kernel.tasks import TASKS, run_task
from trading.parties import reads as parties
from trading.projects.types import ProjectView
from trading.records import reads as records

FORM = {
    "overview": TEXTS.overview,
    "qualification": TEXTS.qualification,
    "contact_name": TEXTS.contact_name,
    "contact_phone": TEXTS.contact_phone,
    "contact_address": TEXTS.contact_address,
}


async def project_of(platform: Platform, browser: httpx.AsyncClient, *, documents: bool = True) -> ProjectView:
    """A registered project of the organisation this browser acts for."""
    shown = await browser.get("/me")
    org = re.search(r'<span class="person-org">(.*?)</span>', shown.text)
    assert org
    async with platform.database.transaction() as session:
        found = await parties.organisations(session, search=org[1])
        member = await make_member(session, "tenderer", org=found[0])
        actor = await actor_for(session, member)
        project, _ = await make_project(session, actor)
        if documents:
            await add_document(session, platform.objects, actor, project)
    return project


async def published(platform: Platform) -> UUID:
    async with platform.database.transaction() as session:
        notice, _, _ = await publish_project(session, platform.objects)
    return notice.id


async def make_pdf(platform: Platform, notice_id: UUID, message_id: UUID | None = None) -> bool:
    payload = {"notice_id": str(notice_id), "_version": 1}
    return await run_task(platform.resources, "notices.render_pdf", message_id or new_id(), payload)


async def test_written_by_one_published_by_another(platform: Platform, enter: Enter) -> None:
    tenderer, official, visitor = await enter("tenderer"), await enter("official"), await enter()
    project = await project_of(platform, tenderer)
    page = f"/projects/{project.id}/notices/new"
    bad = await tenderer.submit(page, **FORM | {"qualification": ""})
    assert (bad.status_code, 'id="f-qualification-problem"' in bad.text) == (422, True)
    saved = await tenderer.submit(page, **FORM)
    assert saved.status_code == 303, saved.text
    notice = saved.headers["location"]
    preview = await tenderer.get(notice)
    assert "尚未公开" in preview.text
    assert "肆仟捌佰万元整" in preview.text
    assert (await visitor.get(notice)).status_code == 404
    assert (await visitor.get(f"/projects/{project.id}/notices")).status_code == 404
    assert (await tenderer.get(f"{notice}/publish")).status_code == 403
    assert f'href="{notice}/publish"' in (await official.get(notice)).text
    done = await official.submit(f"{notice}/publish")
    assert (done.status_code, done.headers["location"]) == (303, notice)
    public = await visitor.get(notice)
    assert public.status_code == 200
    assert "正在制作" in public.text
    document = re.search(r'href="(/records/[0-9a-f-]+)"', public.text)
    assert document
    fetched = await visitor.get(document[1])
    assert (fetched.status_code, fetched.content) == (200, b"%PDF-1.7 tender")
    assert "set-cookie" not in fetched.headers
    assert notice in (await visitor.get("/notices")).text
    assert project.name in (await visitor.get(f"/projects/{project.id}")).text
    assert (await official.submit(notice, to=f"{notice}/publish")).status_code == 409


async def test_an_official_does_not_publish_his_own_words(platform: Platform, enter: Enter) -> None:
    tenderer, official = await enter("tenderer"), await enter("official")
    project = await project_of(platform, tenderer)
    saved = await official.submit(f"/projects/{project.id}/notices/new", **FORM)
    notice = saved.headers["location"]
    assert f"{notice}/publish" not in (await official.get(notice)).text
    refused = await official.submit(f"{notice}/publish")
    assert (refused.status_code, "不能发布这份公告" in refused.text) == (409, True)


async def test_what_is_missing_is_said_before_publication(platform: Platform, enter: Enter) -> None:
    tenderer, official = await enter("tenderer"), await enter("official")
    project = await project_of(platform, tenderer, documents=False)
    notice = (await tenderer.submit(f"/projects/{project.id}/notices/new", **FORM)).headers["location"]
    refused = await official.submit(f"{notice}/publish")
    assert (refused.status_code, "还没有上传招标文件" in refused.text) == (409, True)


async def test_the_worker_makes_the_pdf_once_and_everyone_has_it(platform: Platform, enter: Enter) -> None:
    visitor, notice_id = await enter(), await published(platform)
    assert TASKS["notices.render_pdf"] is render_notice
    url = f"/notices/{notice_id}"
    assert (await visitor.get(f"{url}.pdf")).status_code == 404
    assert "正在制作" in (await visitor.get(f"{url}/pdf")).text
    message = new_id()
    assert await make_pdf(platform, notice_id, message)
    assert not await make_pdf(platform, notice_id, message)  # delivered twice, done once
    assert await make_pdf(platform, notice_id)  # another delivery finds it made
    assert f"{url}.pdf" in (await visitor.get(f"{url}/pdf")).text
    pdf = await visitor.get(f"{url}.pdf")
    assert pdf.headers["content-type"] == "application/pdf"
    assert "%E5%85%AC%E5%91%8A.pdf" in pdf.headers["content-disposition"]
    assert pdf.content.startswith(b"%PDF-")
    with pikepdf.open(io.BytesIO(pdf.content)) as opened:
        assert opened.open_metadata()["pdfaid:part"] == "3"
    answer = (await visitor.get(f"/v1/notices/{notice_id}")).json()
    assert (await visitor.get(f"/records/{answer['pdf_record_id']}")).content == pdf.content
    async with platform.database.transaction() as session:
        (kept,) = await records.records_of(session, f"project:{answer['project_id']}", ("notice-pdf",))
    assert (kept.digest, kept.public_at is not None) == (answer["pdf_digest"], True)


async def test_the_list_pages_filters_and_answers_htmx_with_its_part(platform: Platform, enter: Enter) -> None:
    visitor = await enter()
    notice_id = await published(platform)
    assert f"/notices/{notice_id}" in (await visitor.get("/notices", params={"region": "35", "state": "open"})).text
    assert f"/notices/{notice_id}" not in (await visitor.get("/notices", params={"region": "44"})).text
    assert f"/notices/{notice_id}" not in (await visitor.get("/notices", params={"state": "closed"})).text
    part = (await visitor.get("/notices", headers={"hx-request": "true"})).text
    assert "<html" not in part
    assert f"/notices/{notice_id}" in part
    async with platform.database.transaction() as session:
        _, tenderer, official = await publish_project(session, platform.objects)
        for _ in range(20):
            await publish_project(session, platform.objects, tenderer, official=official)
    first = (await visitor.get("/v1/notices")).json()
    rest = (await visitor.get("/v1/notices", params={"after": first["next"]})).json()
    assert len(first["items"]) == 20
    assert not {item["id"] for item in first["items"]} & {item["id"] for item in rest["items"]}
    assert (await visitor.get("/v1/notices", params={"after": "broken"})).status_code == 422


async def test_the_api_drafts_and_publishes(platform: Platform, enter: Enter) -> None:
    tenderer, official = await enter("tenderer"), await enter("official")
    project = await project_of(platform, tenderer)
    for browser in (tenderer, official):
        token = re.search(r'name="csrf-token" content="([0-9a-f]+)"', (await browser.get("/me")).text)
        assert token
        browser.headers["x-csrf-token"] = token[1]
    made = await tenderer.post(f"/v1/projects/{project.id}/notices", json=FORM)
    assert (made.status_code, made.json()["state"]) == (201, "draft")
    url = f"/v1/notices/{made.json()['id']}"
    assert (await tenderer.post(f"{url}/publish")).status_code == 403
    assert (await (await enter()).get(url)).json()["code"] == "notices.unknown"
    done = await official.post(f"{url}/publish")
    assert (done.status_code, done.json()["state"]) == (200, "published"), done.text
    again = await official.post(f"{url}/publish")
    assert (again.status_code, again.json()["code"]) == (409, "notices.already_published")
    late = await tenderer.post(f"/v1/projects/{project.id}/notices", json=FORM)
    assert late.json()["code"] == "notices.already_published"


async def test_pages_that_are_not_there(enter: Enter) -> None:
    visitor = await enter()
    for path in ("/notices/none", "/notices/none.pdf", f"/notices/{new_id()}", f"/notices/{new_id()}.pdf"):
        assert (await visitor.get(path)).status_code == 404
