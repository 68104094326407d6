"""Invitations: a link opens one account, once; who may make it, and what ends it."""

import html
import re
from datetime import timedelta

import pyotp
import pytest
from msgspec.structs import replace
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from tests.factories.parties import PASSWORD, SETUP, TOTP, actor_for, make_member, make_organisation, new_uscc
from tests.integration.parties.conftest import ORIGIN, Browser, totp_now
from trading.kernel.clock import system_now
from trading.kernel.db import Database
from trading.kernel.errors import Forbidden, Invalid
from trading.kernel.identity import Actor
from trading.kernel.ids import new_id
from trading.parties import services
from trading.parties.errors import InvitationOver, InvitationUnknown, StepUpNeeded
from trading.parties.models import AccountRow, InvitationRow, SessionRow
from trading.parties.throttling import PAIR
from trading.parties.types import Enrolled, NewInvitation, Organisation

NEW = {"password": "a horse of mine 7", "again": "a horse of mine 7"}


async def proved(session: AsyncSession, *roles: str, org: Organisation | None = None) -> Actor:
    """Somebody who has just shown that it is he."""
    member = await make_member(session, *roles, org=org)
    return replace(await actor_for(session, member), step_up_at=system_now())


async def invited(session: AsyncSession, by: Actor, *roles: str, person: str = "周新", days: int = 3) -> NewInvitation:
    assert by.org_id is not None
    return await services.invite(session, by, org_id=by.org_id, person=person, roles=roles or ("bidder",), days=days)


async def at_the_desk(db: Database, browser: Browser, *roles: str, org: Organisation | None = None) -> Enrolled:
    staff = not set(roles) <= {"bidder", "tenderer", "agency"}
    async with db.transaction() as session:
        who = await make_member(session, *roles, org=org, totp_secret=TOTP if staff else None)
    assert (await browser.sign_in(who.login, totp=totp_now() if staff else "")).status_code == 303
    return who


def link_in(page: str) -> str:
    found = re.search(rf"{ORIGIN}(/join/[\w-]+)", page)
    assert found, page
    return found[1]


async def test_a_colleague_is_invited_and_opens_his_own_account(
    db: Database, visitor: Browser, second_visitor: Browser
) -> None:
    async with db.transaction() as session:
        org = await make_organisation(session, name="江海建设集团")
    await at_the_desk(db, visitor, "bidder", org=org)
    made = await visitor.submit("/invitations/new", person="周新", roles="bidder", days="2")
    assert made.status_code == 200
    message = html.unescape(re.search(r"<textarea.*?>\n(.*?)</textarea>", made.text, re.DOTALL)[1])  # type: ignore[index]
    assert "周新：江海建设集团邀请您" in message
    link = link_in(message)
    listed = await visitor.get("/invitations")
    assert "待接受" in listed.text
    assert link.removeprefix("/join/") not in listed.text  # shown once
    shown = await second_visitor.get(link)
    assert (shown.status_code, "周新，江海建设集团邀请您" in shown.text, "动态口令" in shown.text) == (200, True, False)
    done = await second_visitor.submit(link, login="Zhou.Xin", **NEW)
    assert (done.status_code, done.headers["location"]) == (303, "/sign-in")
    assert (await second_visitor.sign_in("zhou.xin", password=NEW["password"])).status_code == 303
    me = (await second_visitor.get("/v1/me")).json()
    assert (me["name"], me["organisation"]["name"], me["roles"]) == ("周新", "江海建设集团", ["bidder"])
    assert "已接受" in (await visitor.get("/invitations?state=accepted")).text
    for again in (await second_visitor.get(link), await second_visitor.submit("/me", to=link, login="zhou2", **NEW)):
        assert (again.status_code, "已使用、已撤销或已过期" in again.text) == (409, True)


async def test_staff_keep_a_second_factor_before_the_account_opens(
    db: Database, visitor: Browser, second_visitor: Browser
) -> None:
    async with db.transaction() as session:
        centre = await make_organisation(session, kind="centre", uscc=(code := new_uscc()))
    await at_the_desk(db, visitor, "admin")
    made = await visitor.submit("/invitations/new", person="何监督", uscc=code, roles="supervisor", days="1")
    link = link_in(made.text)
    shown = (await second_visitor.get(link)).text
    secret = re.search(r'class="digest">([A-Z2-7]+)<', shown)
    assert secret
    assert '<img class="qr" src="data:image/svg+xml' in shown
    without = await second_visitor.submit(link, login="he.jiandu", **NEW)
    assert (without.status_code, 'id="f-totp-problem"' in without.text) == (422, True)
    code_now = pyotp.TOTP(secret[1]).now()
    assert (await second_visitor.submit(link, login="he.jiandu", totp=code_now, **NEW)).status_code == 303
    assert (await second_visitor.sign_in("he.jiandu", password=NEW["password"])).status_code == 401
    spent = await second_visitor.sign_in("he.jiandu", password=NEW["password"], totp=code_now)
    assert spent.status_code == 401  # the code that opened the account is spent
    async with db.transaction() as session:
        account = await session.scalar(select(AccountRow).where(AccountRow.login == "he.jiandu"))
        kept = await session.scalar(select(InvitationRow).where(InvitationRow.person == "何监督"))
        assert account
        assert kept
        assert (account.staff, account.totp_secret, kept.totp_secret) == (True, secret[1], None)
        assert centre.id == kept.org_id


async def test_programs_invite_and_join(db: Database, visitor: Browser, second_visitor: Browser) -> None:
    await at_the_desk(db, visitor, "agency", "bidder")
    token = {"x-csrf-token": visitor.cookies["csrf"]}
    made = await visitor.post("/v1/invitations", json={"person": "钱代", "roles": ["agency"]}, headers=token)
    assert made.status_code == 201
    csrf = {"x-csrf-token": (await second_visitor.get("/v1/session")).json()["csrf"]}
    secret = made.json()["secret"]
    seen = await second_visitor.post("/v1/join/invitation", json={"secret": secret}, headers=csrf)
    assert (seen.status_code, seen.json()["person"], seen.json()["totp_secret"]) == (200, "钱代", None)
    taken = await second_visitor.post(
        "/v1/join", json={"secret": secret, "login": "qian.dai", "password": PASSWORD}, headers=csrf
    )
    assert (taken.status_code, taken.json()) == (201, {"login": "qian.dai"})
    listed = (await visitor.get("/v1/invitations?sort=-expires&q=钱")).json()
    assert [(item["person"], item["state"]) for item in listed["items"]] == [("钱代", "accepted")]
    assert secret not in str(listed)
    second = await visitor.post("/v1/invitations", json={"person": "孙代", "roles": ["agency"]}, headers=token)
    revoke = f"/v1/invitations/{second.json()['id']}/revoke"
    assert (await visitor.post(revoke, json={}, headers=token)).status_code == 204
    assert (await visitor.post(revoke, json={}, headers=token)).json()["code"] == "parties.invitation_over"


async def test_a_revoked_link_opens_nothing_and_asks_first(
    db: Database, visitor: Browser, second_visitor: Browser
) -> None:
    await at_the_desk(db, visitor, "tenderer")
    link = link_in((await visitor.submit("/invitations/new", person="吴招", roles="tenderer", days="1")).text)
    revoke = re.search(r'href="(/invitations/[0-9a-f-]+/revoke)"', (await visitor.get("/invitations")).text)
    assert revoke
    assert "立即作废" in (await visitor.get(revoke[1])).text
    assert (await visitor.submit(revoke[1])).status_code == 303
    assert (await second_visitor.get(link)).status_code == 409
    assert "已撤销" in (await visitor.get("/invitations?state=revoked")).text
    assert "没有邀请" in (await visitor.get("/invitations?state=open")).text


async def test_nobody_gives_what_is_not_his(session: AsyncSession) -> None:
    bidder, other = await proved(session, "bidder"), await make_organisation(session)
    for roles in (["tenderer"], ["official"], ["admin"], ["bidder", "trustee"], ["nobody"], []):
        with pytest.raises(Invalid) as refusal:
            await services.invite(session, bidder, org_id=bidder.org_id, person="甲", roles=roles, days=1)  # type: ignore[arg-type]
        assert set(refusal.value.fields) == {"roles"}
    with pytest.raises(Forbidden):
        await services.invite(session, bidder, org_id=other.id, person="甲", roles=["bidder"], days=1)
    official = await proved(session, "official", "bidder")
    with pytest.raises(Invalid):
        await invited(session, official, "official")
    for roles in (("expert",), ("supervisor",)):
        with pytest.raises(Forbidden):
            await invited(session, await proved(session, *roles), *roles)
    admin = await proved(session, "admin")
    with pytest.raises(Invalid):  # the administrator holds no business role
        await services.invite(session, admin, org_id=other.id, person="甲", roles=["admin", "bidder"], days=1)


async def test_a_link_is_made_after_fresh_proof_only(session: AsyncSession, db: Database, visitor: Browser) -> None:
    stale = await actor_for(session, await make_member(session, "bidder"))
    with pytest.raises(StepUpNeeded):
        await invited(session, stale)
    who = await at_the_desk(db, visitor, "bidder")
    async with db.transaction() as other:
        held = await other.scalar(select(SessionRow).where(SessionRow.account_id == who.account_id))
        assert held
        renewed = {name: getattr(held, name) for name in ("token_hash", "account_id", "membership_id", "expires_at")}
        await other.delete(held)
        await other.flush()
        long_ago = system_now() - timedelta(minutes=16)
        other.add(SessionRow(id=new_id(), created_at=long_ago, seen_at=long_ago, step_up_at=long_ago, **renewed))
    shown = await visitor.get("/invitations/new")
    assert (shown.status_code, shown.headers["location"]) == (303, "/step-up?next=/invitations/new")
    sent = await visitor.submit("/me", to="/invitations/new", person="甲", roles="bidder", days="1")
    assert sent.status_code == 403


async def test_an_invitation_ends_with_its_time_or_with_its_inviter(session: AsyncSession) -> None:
    inviter = await proved(session, "bidder")
    how = {"login": "never.opened", "password": PASSWORD}
    late = await invited(session, inviter, days=2)
    with pytest.raises(InvitationOver):
        await services.accept_invitation(session, secret=late.secret, at=late.expires_at, **how)
    closed = await invited(session, other := await proved(session, "bidder"))
    assert other.account_id
    await services.disable_account(session, SETUP, account_id=other.account_id)
    with pytest.raises(InvitationOver):
        await services.accept_invitation(session, secret=closed.secret, **how)
    gone = await invited(session, third := await proved(session, "bidder"))
    assert third.membership_id
    await services.end_membership(session, SETUP, membership_id=third.membership_id)
    with pytest.raises(InvitationOver):
        await services.accept_invitation(session, secret=gone.secret, **how)
    with pytest.raises(InvitationUnknown):
        await services.accept_invitation(session, secret="never-made", **how)
    joined = await services.accept_invitation(session, secret=late.secret, **how)
    assert joined.login == "never.opened"


async def test_r40_another_organisations_invitation_is_not_there(db: Database, visitor: Browser) -> None:
    async with db.transaction() as session:
        foreign = await invited(session, await proved(session, "bidder"), person="外人")
    await at_the_desk(db, visitor, "bidder")
    assert "外人" not in (await visitor.get("/invitations")).text
    for path in (f"/invitations/{foreign.id}/revoke", "/invitations/00000000-0000-7000-8000-000000000000/revoke"):
        assert (await visitor.get(path)).status_code == 404
        assert (await visitor.submit("/me", to=path)).status_code == 404


async def test_a_login_that_is_taken_can_be_tried_again_a_few_times(
    db: Database, visitor: Browser, second_visitor: Browser
) -> None:
    who = await at_the_desk(db, visitor, "bidder")
    link = link_in((await visitor.submit("/invitations/new", person="郑新", roles="bidder", days="1")).text)
    for _ in range(PAIR.free):
        assert (await second_visitor.submit(link, login=who.login, **NEW)).status_code == 422
    refused = await second_visitor.submit(link, login=who.login, **NEW)
    assert (refused.status_code, "尝试的次数太多了" in refused.text) == (429, True)


async def test_the_list_is_sorted_filtered_and_taken_away(db: Database, visitor: Browser) -> None:
    async with db.transaction() as session:
        org = await make_organisation(session)
        inviter = await proved(session, "bidder", org=org)
        for person in ("丙", "甲", "=乙"):
            await invited(session, inviter, person=person)
        await session.execute(
            update(InvitationRow)
            .where(InvitationRow.person == "丙", InvitationRow.org_id == org.id)
            .values(revoked_at=system_now())
        )
    await at_the_desk(db, visitor, "bidder", org=org)
    rows = (await visitor.get("/invitations?sort=person&format=csv")).content.decode("utf-8-sig").splitlines()
    assert [row.split(",")[0] for row in rows] == ["姓名", "'=乙", "丙", "甲"]
    assert rows[2].endswith("已撤销")
    assert "没有邀请" in (await visitor.get("/invitations?q=没有此人")).text


async def test_the_journal_says_that_and_not_whom(session: AsyncSession) -> None:
    inviter = await proved(session, "bidder")
    made = await invited(session, inviter, person="保密的人")
    await services.accept_invitation(session, secret=made.secret, login="quiet.one", password=PASSWORD)
    bodies = (
        await session.execute(
            text("SELECT action, body FROM journal_entries WHERE subject = :subject ORDER BY id"),
            {"subject": f"invitation:{made.id}"},
        )
    ).all()
    assert [row.action for row in bodies] == ["parties:invitation:made", "parties:invitation:accepted"]
    assert all("保密的人".encode() not in row.body and made.secret.encode() not in row.body for row in bodies)
