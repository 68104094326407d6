"""The administrator's lists: sorted, paged without gap or repeat, filtered, taken away as CSV."""

import csv
import io
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from tests.factories.parties import TOTP, actor_for, make_member, make_organisation
from tests.integration.parties.conftest import Browser, totp_now
from trading.kernel.clock import system_now
from trading.kernel.db import Database
from trading.kernel.signing import PlatformKeys
from trading.parties import services
from trading.parties.certificates import possession_message

PAGES = ("/admin/people", "/admin/organisations", "/admin/certificates", "/admin/tokens", "/invitations")


@pytest_asyncio.fixture
async def admin(db: Database, visitor: Browser) -> AsyncIterator[Browser]:
    async with db.transaction() as session:
        who = await make_member(session, "admin", totp_secret=TOTP)
    await visitor.sign_in(who.login, totp=totp_now())
    yield visitor


def first_column(page: str) -> list[str]:
    cells = re.findall(r'<th scope="row"[^>]*>(.*?)</th>', page, re.DOTALL)
    return [re.sub(r"<[^>]+>", "", cell).strip() for cell in cells]


async def read(browser: Browser, address: str) -> list[list[str]]:
    answer = await browser.get(address)
    assert answer.headers["content-type"].startswith("text/csv"), answer.text
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


async def test_pages_follow_one_another_in_any_order(db: Database, admin: Browser) -> None:
    async with db.transaction() as session:
        org = await make_organisation(session, name="翻页测试公司")
        for number in range(45):  # many share a name: the tie is what keeps them apart
            await make_member(session, "bidder", org=org, person=f"翻页{number % 7}", login=f"paging.{number:02}")
    for sort in ("name", "-name", "created", "-created"):
        seen: list[str] = []
        address: str | None = f"/admin/people?q=paging.&sort={sort}"
        while address:
            shown = (await admin.get(address)).text
            seen += re.findall(r"paging\.\d\d", re.sub(r'value="[^"]*"', "", shown))
            following = re.search(r'rel="next" href="([^"]+)"', shown)
            address = following[1].replace("&amp;", "&") if following else None
        assert len(seen) == len(set(seen)) == 45
        exported = await read(admin, f"/admin/people?q=paging.&sort={sort}&format=csv")
        assert [row[1] for row in exported[1:]] == seen
    by_time = await read(admin, "/admin/people?q=paging.&sort=-created&format=csv")
    assert [row[1] for row in by_time[1:]] == [f"paging.{number:02}" for number in reversed(range(45))]


async def test_people_are_filtered_by_role(db: Database, admin: Browser) -> None:
    async with db.transaction() as session:
        await make_member(session, "supervisor", person="角色甲", totp_secret=TOTP)
        await make_member(session, "bidder", person="角色乙")
    assert first_column((await admin.get("/admin/people?q=角色&role=supervisor")).text) == ["角色甲"]
    assert first_column((await admin.get("/admin/people?q=角色&sort=-name")).text) == ["角色甲", "角色乙"]
    nothing = await admin.get("/admin/people?q=角色&role=clerk")
    assert (nothing.status_code, first_column(nothing.text)) == (200, [])


async def test_r47_a_name_that_is_a_formula_runs_in_no_spreadsheet(db: Database, admin: Browser) -> None:
    async with db.transaction() as session:
        for name in ("=HYPERLINK(1)公式", "+公式", "-公式", "@公式", "＝公式"):
            await make_organisation(session, name=name)
    rows = await read(admin, "/admin/organisations?q=公式&sort=uscc&format=csv")
    assert len(rows) == 6
    assert all(row[0].startswith("'") for row in rows[1:])
    assert [row[1] for row in rows[1:]] == sorted(row[1] for row in rows[1:])


async def test_certificates_and_tokens_are_listed_with_their_state(
    db: Database, admin: Browser, platform_keys: PlatformKeys
) -> None:
    async with db.transaction() as session:
        for person in ("持证甲", "持证乙"):
            actor = replace(
                await actor_for(session, await make_member(session, person=person)), step_up_at=system_now()
            )
            key = Ed25519PrivateKey.generate()
            public = key.public_key().public_bytes_raw()
            proof = key.sign(possession_message(str(actor.membership_id), public))
            held = await services.issue_certificate(
                session, actor, public_key=public, possession=proof, ca=platform_keys.ca
            )
            token = await services.make_token(session, actor, name=f"{person}的程序", scopes=["bidder", "certificates"])
        await services.revoke_certificate(session, actor, certificate_id=held.id)
        await services.end_token(session, actor, token_id=token.id)
    listed = "/admin/certificates?q=持证"
    assert first_column((await admin.get(f"{listed}&sort=person")).text) == ["持证乙", "持证甲"]
    assert first_column((await admin.get(f"{listed}&state=revoked")).text) == ["持证乙"]
    assert first_column((await admin.get(f"{listed}&state=good")).text) == ["持证甲"]
    assert first_column((await admin.get(f"/admin/certificates?q={held.serial}")).text) == ["持证乙"]
    rows = await read(admin, "/admin/tokens?q=持证&sort=name&format=csv")
    assert [(row[0], row[-1]) for row in rows[1:]] == [("持证乙的程序", "已停用"), ("持证甲的程序", "使用中")]
    assert token.secret not in str(rows)
    assert first_column((await admin.get("/admin/tokens?q=持证&state=standing")).text) == ["持证甲的程序"]


@pytest.mark.parametrize("page", PAGES)
async def test_a_list_with_nothing_in_it_says_so_and_a_damaged_address_is_refused(admin: Browser, page: str) -> None:
    nothing = await admin.get(f"{page}?q=没有这样的名字")
    assert (nothing.status_code, 'class="empty"' in nothing.text) == (200, True)
    assert (await admin.get(f"{page}?sort=password_hash")).status_code == 422
    assert (await admin.get(f"{page}?after=damaged")).status_code == 422
    assert len(await read(admin, f"{page}?q=没有这样的名字&format=csv")) == 1
