"""The way from an empty form to a registered project, in a browser without script, and each refusal on it."""

import datetime as dt
import re

import pytest
from httpx import Response

from tests.factories.projects import PROFILE
from tests.integration.parties.conftest import Browser
from tests.integration.projects.conftest import Enter, Platform
from trading.projects import service
from trading.projects.calendar import BEIJING, local_day
from trading.projects.rules import Timetable

DAY = dt.timedelta(days=1)


@pytest.fixture
async def dates(platform: Platform) -> Timetable:
    async with platform.database.transaction() as session:
        return (await service.propose(session, profile=PROFILE)).timetable


def filled(dates: Timetable, **changes: str) -> dict[str, str]:
    return {
        "name": "临江大道改造工程",
        "code": "2611-350100-04-01-123456",
        "region": "350100",
        "category": "A02",
        "funding": "government",
        "validity_days": "90",
        "notice_on": dates.notice_on.isoformat(),
        "issue_from": dates.issue_from.isoformat(),
        "issue_to": dates.issue_to.isoformat(),
        "deadline_at": f"{dates.deadline_at.astimezone(BEIJING):%Y-%m-%dT%H:%M}",
        "lots.0.name": "一标段",
        "lots.0.scope": "道路施工",
        "lots.0.estimate_fen": "50,000,000",
        "lots.0.ceiling_fen": "48,000,000",
        "lots.0.deposit_fen": "800,000",
        "lots.0.duration_days": "365",
        "lots.0.quality": "合格",
        **changes,
    }


def problem(answer: Response, field: str) -> str:
    found = re.search(rf'id="f-{field}-problem">(.*?)</p>', answer.text, re.DOTALL)
    assert found, f"no problem beside {field}"
    return re.sub(r"<[^>]+>", "", found[1])


async def registered(browser: Browser, dates: Timetable) -> str:
    """The address of a project registered by hand."""
    checked = await browser.submit("/projects/new", **filled(dates))
    assert checked.status_code == 303, checked.text
    confirm = checked.headers["location"]
    shown = await browser.get(confirm)
    assert "¥48,000,000.00" in shown.text
    done = await browser.submit(confirm, confirm_provisional="on")
    assert done.status_code == 303, done.text
    return str(done.headers["location"])


async def test_the_form_starts_with_the_earliest_lawful_dates(enter: Enter, dates: Timetable) -> None:
    tenderer = await enter("tenderer")
    shown = await tenderer.get("/projects/new")
    assert shown.status_code == 200
    assert f'value="{dates.issue_to.isoformat()}"' in shown.text
    assert f'value="{dates.deadline_at.astimezone(BEIJING):%Y-%m-%dT09:30}"' in shown.text
    assert "《招标投标法》第二十四条" in shown.text


async def test_from_form_to_registered_project(enter: Enter, dates: Timetable) -> None:
    tenderer = await enter("tenderer")
    address = await registered(tenderer, dates)
    project = await tenderer.get(address)
    assert "受理号 SL" in project.text
    assert re.search(r"A02-[0-9A-Z]{18}-\d{8}-\d{6}-[0-9A-Z*]", project.text)
    assert "上传招标文件" in project.text
    listed = await tenderer.get("/projects")
    assert f'href="{address}"' in listed.text
    again = await tenderer.get(f"{address}/register")
    assert (again.status_code, "已经登记" in again.text) == (409, True)


async def test_an_unlawful_date_is_refused_beside_its_field_and_what_was_typed_stays(
    enter: Enter, dates: Timetable
) -> None:
    tenderer = await enter("tenderer")
    early = dates.deadline_at.astimezone(BEIJING) - 3 * DAY
    answer = await tenderer.submit(
        "/projects/new", **filled(dates, deadline_at=f"{early:%Y-%m-%dT%H:%M}", name="临江<大道>")
    )
    assert answer.status_code == 422
    said = problem(answer, "deadline_at")
    day = local_day(dates.deadline_at)
    assert "《招标投标法》第二十四条" in said
    assert f"最早可填 {day.year}年{day.month}月{day.day}日" in said
    assert f'value="{early:%Y-%m-%dT%H:%M}"' in answer.text
    assert 'value="临江&lt;大道&gt;"' in answer.text
    assert "临江&lt;大道&gt;" not in (await tenderer.get("/projects")).text  # refused is not saved
    english = await tenderer.submit(
        "/projects/new", **filled(dates, **{"lots.0.deposit_fen": "800,000.01"}), to="/projects/new?"
    )
    assert "80" in problem(english, "lots-0-deposit_fen")


async def test_the_same_refusal_in_english(enter: Enter, dates: Timetable) -> None:
    tenderer = await enter("tenderer")
    tenderer.cookies.set("lang", "en")
    answer = await tenderer.submit("/projects/new", **filled(dates, issue_to=dates.issue_from.isoformat()))
    assert "Regulation on the Implementation of the Tendering Law, art. 16" in problem(answer, "issue_to")


async def test_a_draft_is_saved_unfinished_and_gone_on_with(enter: Enter, dates: Timetable) -> None:
    tenderer = await enter("tenderer")
    saved = await tenderer.submit("/projects/new", name="只有名字", _then="draft")
    assert saved.status_code == 303
    edit = saved.headers["location"]
    assert "只有名字" in (await tenderer.get("/projects")).text
    assert 'value="只有名字"' in (await tenderer.get(edit)).text
    answer = await tenderer.get(edit.replace("/edit", "/register"))
    assert answer.status_code == 422
    assert problem(answer, "code")
    checked = await tenderer.submit(edit, **filled(dates, name="补全的项目"))
    assert checked.headers["location"] == edit.replace("/edit", "/register")
    stranger = await enter("tenderer")
    assert (await stranger.get(edit)).status_code == 404
    bad = await tenderer.submit(edit, name="x", validity_days="many", _then="draft")
    assert (bad.status_code, bool(problem(bad, "validity_days"))) == (422, True)
    gone = await tenderer.submit(edit.replace("/edit", "/discard"))
    assert gone.headers["location"] == "/projects"


async def test_lots_are_added_and_dropped_without_script(enter: Enter, dates: Timetable) -> None:
    tenderer = await enter("tenderer")
    more = await tenderer.submit("/projects/new", **filled(dates), _then="add")
    assert 'name="lots.1.name"' in more.text
    assert 'value="一标段"' in more.text
    two = filled(dates, **{"lots.1.name": "二标段"})
    fewer = await tenderer.submit("/projects/new", **two, _then="drop.0")
    assert 'value="二标段"' in fewer.text
    assert 'value="一标段"' not in fewer.text


async def test_the_dates_follow_the_day_of_the_notice(enter: Enter, dates: Timetable) -> None:
    tenderer = await enter("tenderer")
    later = dates.notice_on + 7 * DAY
    answer = await tenderer.submit("/projects/new", notice_on=later.isoformat(), _then="propose")
    assert answer.status_code == 200
    assert f'name="issue_from" type="date" autocomplete="off" value="{later.isoformat()}"' in re.sub(
        r"\s+", " ", answer.text
    )
    past = await tenderer.submit("/projects/new", notice_on="2020-01-01", _then="propose")
    assert (past.status_code, "日期已过" in problem(past, "notice_on")) == (422, True)


async def test_documents_are_uploaded_and_kept_from_strangers_until_the_notice(enter: Enter, dates: Timetable) -> None:
    tenderer = await enter("tenderer")
    address = await registered(tenderer, dates)
    shown = await tenderer.get(address)
    token = re.search(r'name="_csrf" value="([0-9a-f]+)"', shown.text)
    assert token
    kept = await tenderer.post(
        f"{address}/documents",
        data={"_csrf": token[1]},
        files={"file": ("招标文件.pdf", b"%PDF-1.7 documents", "application/pdf")},
    )
    assert kept.status_code == 303, kept.text
    page = (await tenderer.get(address)).text
    record = re.search(r'href="(/records/[0-9a-f-]+)">招标文件.pdf', page)
    assert record
    mine = await tenderer.get(record[1])
    assert (mine.content, mine.headers["content-type"]) == (b"%PDF-1.7 documents", "application/pdf")
    visitor, bidder = await enter(), await enter("bidder")
    for reader in (visitor, bidder):
        assert (await reader.get(record[1])).status_code == 404
        assert (await reader.get(address)).status_code == 404
    empty = await tenderer.post(f"{address}/documents", data={"_csrf": token[1]}, files={})
    assert empty.status_code == 422
    lot = re.search(r'href="(/lots/[0-9a-f-]+)"', page)
    assert lot
    assert "一标段" in (await tenderer.get(lot[1])).text
    assert (await visitor.get(lot[1])).status_code == 404


async def test_dates_are_changed_before_the_notice(enter: Enter, dates: Timetable) -> None:
    tenderer = await enter("tenderer")
    address = await registered(tenderer, dates)
    form = {
        "notice_on": dates.notice_on.isoformat(),
        "issue_from": dates.issue_from.isoformat(),
        "issue_to": dates.issue_to.isoformat(),
        "confirm_provisional": "on",
    }
    early = await tenderer.submit(f"{address}/timetable", **form, deadline_at=f"{dates.issue_to}T09:30")
    assert "第二十四条" in problem(early, "deadline_at")
    later = dates.deadline_at.astimezone(BEIJING) + 7 * DAY
    done = await tenderer.submit(f"{address}/timetable", **form, deadline_at=f"{later:%Y-%m-%dT%H:%M}")
    assert done.status_code == 303
    assert f"{later.year}年{later.month}月{later.day}日" in (await tenderer.get(address)).text


async def test_an_agency_names_its_tenderer_and_others_have_no_form(enter: Enter, dates: Timetable) -> None:
    agency = await enter("agency")
    answer = await agency.submit("/projects/new", **filled(dates))
    assert "您所代理的招标人" in problem(answer, "tenderer_uscc")
    assert (await (await enter("bidder")).get("/projects/new")).status_code == 403
    assert (await (await enter()).get("/projects/new")).headers["location"].startswith("/sign-in")


async def test_officials_keep_the_calendar_and_everyone_sees_it(enter: Enter) -> None:
    visitor, official = await enter(), await enter("official")
    shown = await visitor.get("/calendar?year=2026")
    assert "国庆节" in shown.text
    assert "暂定" in (await visitor.get("/calendar?year=2031")).text
    entered = await official.submit("/calendar?year=2031", to="/calendar/days", day="2031-05-01", name="劳动节")
    assert entered.headers["location"] == "/calendar?year=2031"
    await official.submit("/calendar?year=2031", to="/calendar/years", year="2031", source="国务院办公厅通知")
    announced = (await visitor.get("/calendar?year=2031")).text
    assert "劳动节" in announced
    assert "已公布" in announced
    run = {"day": "2031-10-01", "until": "2031-10-07", "name": "国庆节"}
    await official.submit("/calendar?year=2031", to="/calendar/days", **run)
    week = (await official.get("/calendar?year=2031")).text
    assert week.count("国庆节</td>") == 5  # two of the seven days rest anyway
    make_up = {"day": "2031-10-11", "name": "国庆节调休", "working": "on"}
    await official.submit("/calendar?year=2031", to="/calendar/days", **make_up)
    assert 'value="国庆节调休"' in (await official.get("/calendar?year=2031&day=2031-10-11")).text
    await official.submit("/calendar?year=2031", to="/calendar/days", day="2031-10-11", name="国庆节调休")
    assert "国庆节调休" not in (await official.get("/calendar?year=2031")).text
    seeded = (await official.get("/calendar?year=2026")).text.split('name="day" value="')
    saturday = next(part for part in seeded if part.startswith("2026-10-03")).split("</form>")[0]
    thursday = next(part for part in seeded if part.startswith("2026-10-01")).split("</form>")[0]
    # Taken back, each is again what the week says: the Saturday rests, the Thursday is worked.
    assert ('name="working"' in saturday, 'name="working"' in thursday) == (False, True)
    for until in ("2031-09-30", "2031-12-31"):
        long = await official.submit("/calendar?year=2031", to="/calendar/days", **run | {"until": until})
        assert long.status_code == 422
    refused = await official.submit("/calendar", to="/calendar/days", day="", name="x")
    assert (refused.status_code, bool(problem(refused, "day"))) == (422, True)
    tenderer = await enter("tenderer")
    token = re.search(r'name="_csrf" value="([0-9a-f]+)"', (await tenderer.get("/projects/new")).text)
    assert token
    forbidden = await tenderer.post("/calendar/days", data={"_csrf": token[1], "day": "2031-01-01", "name": "x"})
    assert forbidden.status_code == 403
