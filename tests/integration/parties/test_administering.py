"""The administrator's pages: lists, forms that keep what was typed, questions before the irreversible."""

import re

import pyotp
import pytest
import pytest_asyncio
from httpx import Response

from tests.factories.parties import PASSWORD, TOTP, make_member, make_organisation, new_uscc
from tests.integration.parties.conftest import Browser, totp_now
from trading.kernel.db import Database
from trading.parties import reads
from trading.web.paging import PAGE_SIZE


@pytest_asyncio.fixture
async def admin(db: Database, visitor: Browser) -> Browser:
    async with db.transaction() as session:
        who = await make_member(session, "admin", totp_secret=TOTP)
    assert (await visitor.sign_in(who.login, totp=totp_now())).status_code == 303
    return visitor


@pytest.mark.parametrize("path", ["/admin/organisations", "/admin/people", "/admin/people/new"])
async def test_the_pages_are_the_administrators(db: Database, visitor: Browser, path: str) -> None:
    assert (await visitor.get(path)).headers["location"] == f"/sign-in?next={path}"
    async with db.transaction() as session:
        who = await make_member(session, "official", totp_secret=TOTP)
    await visitor.sign_in(who.login, totp=totp_now())
    assert (await visitor.get(path)).status_code == 403
    assert "/admin/" not in (await visitor.get("/me")).text


async def test_an_organisation_is_registered_and_found(admin: Browser) -> None:
    code = new_uscc()
    wrong = await admin.submit("/admin/organisations/new", uscc=code[:-1] + "I", name="城建第九公司", kind="enterprise")
    assert wrong.status_code == 422
    assert 'value="城建第九公司"' in wrong.text
    assert "不是有效的统一社会信用代码" in wrong.text
    made = await admin.submit("/admin/organisations/new", uscc=code, name="城建第九公司", kind="enterprise")
    assert made.headers["location"] == "/admin/organisations"
    assert "“城建第九公司”已登记。" in (await admin.get("/admin/organisations")).text
    found = (await admin.get("/admin/organisations", params={"q": "第九"})).text
    assert code in found
    english = (await admin.get("/admin/organisations", headers={"cookie": "lang=en; " + cookies(admin)})).text
    assert "Unified social credit code" in english


def cookies(browser: Browser) -> str:
    return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())


async def test_a_long_list_is_read_page_by_page(admin: Browser, db: Database) -> None:
    async with db.transaction() as session:
        for number in range(PAGE_SIZE + 3):
            await make_organisation(session, name=f"长名单{number:02d}")
    first = (await admin.get("/admin/organisations", params={"q": "长名单"})).text
    onward = re.search(r'rel="next" href="([^"]+)"', first)
    assert onward
    second = (await admin.get(onward[1].replace("&amp;", "&"))).text
    shown = re.findall(r"长名单\d\d", first), re.findall(r"长名单\d\d", second)
    assert [len(set(names)) for names in shown] == [PAGE_SIZE, 3]
    assert not set(shown[0]) & set(shown[1])
    assert (await admin.get("/admin/organisations", params={"after": "rubbish"})).status_code == 422


async def test_a_staff_member_is_enrolled_and_signs_in_with_the_code_shown(
    admin: Browser, second_visitor: Browser, db: Database
) -> None:
    async with db.transaction() as session:
        org = await make_organisation(session, kind="authority")
    login = f"zheng-{org.uscc[-6:].lower()}"

    async def enrol(password: str) -> Response:
        return await admin.submit(
            "/admin/people/new", person="郑监督", uscc=org.uscc, roles=["supervisor"], login=login, password=password
        )

    short = await enrol("short")
    assert short.status_code == 422
    assert "密码至少 10 个字" in short.text
    assert re.search(r'value="supervisor"\s+checked', short.text)
    made = await enrol(PASSWORD)
    assert made.status_code == 200
    assert 'src="data:image/svg+xml' in made.text
    secret = re.search(r"[A-Z2-7]{32}", made.text)
    assert secret
    assert PASSWORD not in made.text
    answer = await second_visitor.sign_in(login, totp=pyotp.TOTP(secret[0]).now())
    assert answer.status_code == 303
    assert "郑监督" in (await admin.get("/admin/people", params={"q": login})).text


async def test_a_membership_is_granted_and_ended_after_a_question(admin: Browser, db: Database) -> None:
    async with db.transaction() as session:
        who, org = await make_member(session, "bidder"), await make_organisation(session)
    page = f"/admin/people/{who.person_id}"
    refused = await admin.submit(f"{page}/memberships/new", uscc=org.uscc, roles=["admin"])
    assert refused.status_code == 422
    assert "不能同时担任业务角色" in refused.text
    unknown = await admin.submit(f"{page}/memberships/new", uscc=new_uscc(), roles=["agency"])
    assert "没有登记过这个代码的单位" in unknown.text
    staff = await admin.submit(f"{page}/memberships/new", uscc=org.uscc, roles=["expert"])
    assert (staff.status_code, "还没有动态口令" in staff.text) == (409, True)
    granted = await admin.submit(f"{page}/memberships/new", uscc=org.uscc, roles=["agency", "tenderer"])
    assert granted.headers["location"] == page
    assert "招标人、招标代理" in (await admin.get(page)).text
    question = (await admin.get(f"/admin/memberships/{who.membership_id}/end")).text
    assert "将立即失去" in question
    assert (await admin.submit(f"/admin/memberships/{who.membership_id}/end")).headers["location"] == page
    async with db.transaction() as session:
        standing = await reads.memberships_of(session, who.person_id)
    assert [held.org_id for held in standing] == [org.id]


async def test_an_account_is_closed_opened_and_given_a_new_second_factor(admin: Browser, db: Database) -> None:
    async with db.transaction() as session:
        who = await make_member(session, "notary", totp_secret=TOTP)
    for path, words in (("disable", "已停用"), ("enable", "已重新启用")):
        page = f"/admin/accounts/{who.account_id}/disable" if path == "disable" else f"/admin/people/{who.person_id}"
        answer = await admin.submit(page, to=f"/admin/accounts/{who.account_id}/{path}")
        assert answer.headers["location"] == f"/admin/people/{who.person_id}"
        assert words in (await admin.get(answer.headers["location"])).text
    shown = await admin.submit(f"/admin/accounts/{who.account_id}/second-factor")
    assert shown.status_code == 200
    assert re.search(r"[A-Z2-7]{32}", shown.text)
    assert TOTP not in shown.text


async def test_programs_of_the_administrator_register_and_enrol(admin: Browser) -> None:
    csrf = {"x-csrf-token": admin.cookies["csrf"]}
    code = new_uscc()
    organisation = {"uscc": code, "name": "接口公司", "kind": "agency"}
    made = await admin.post("/v1/organisations", json=organisation, headers=csrf)
    assert (made.status_code, made.json()["uscc"]) == (201, code)
    again = await admin.post("/v1/organisations", json=organisation, headers=csrf)
    assert (again.status_code, again.json()["fields"]["uscc"]["code"]) == (422, "parties.uscc_taken")
    person = {
        "person": "何代理",
        "uscc": code,
        "roles": ["agency"],
        "login": f"he-{code[-6:].lower()}",
        "password": PASSWORD,
    }
    enrolled = await admin.post("/v1/people", json=person, headers=csrf)
    assert (enrolled.status_code, enrolled.json()["totp_secret"]) == (201, None)
