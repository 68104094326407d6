"""Signing in over HTTP: one refusal for every wrong thing, new tokens at every gain of rights, ends that end."""

import re
import statistics
import time
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from tests.factories.parties import PASSWORD, SETUP, TOTP, make_member, make_organisation
from tests.integration.parties.conftest import Browser, totp_now
from trading.kernel.clock import system_now
from trading.kernel.db import Database
from trading.kernel.identity import ANONYMOUS
from trading.parties import reads, services
from trading.parties.errors import SignInRefused
from trading.parties.models import SessionRow
from trading.parties.types import Enrolled


async def member(db: Database, *roles: str, person: str = "王小明", totp_secret: str | None = None) -> Enrolled:
    async with db.transaction() as session:
        return await make_member(session, *roles, person=person, totp_secret=totp_secret)


async def test_a_bidder_signs_in_with_a_password_and_sees_his_name(db: Database, visitor: Browser) -> None:
    who = await member(db, "bidder", person="李投标")
    answer = await visitor.sign_in(who.login)
    assert (answer.status_code, answer.headers["location"]) == (303, "/today")
    cookie = next(line for line in answer.headers.get_list("set-cookie") if line.startswith("session="))
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()
    assert "李投标" in (await visitor.get("/me")).text


async def test_the_stored_token_is_a_hash(db: Database, visitor: Browser) -> None:
    who = await member(db)
    await visitor.sign_in(who.login)
    token = visitor.cookies["session"]
    async with db.transaction() as session:
        stored = await session.scalar(select(SessionRow.token_hash).where(SessionRow.account_id == who.account_id))
    assert stored == reads.token_hash(token)
    assert token.encode() not in (stored or b"")


async def test_every_wrong_thing_gets_the_same_page(db: Database, visitor: Browser) -> None:
    bidder, staff, closed = await member(db), await member(db, "official", totp_secret=TOTP), await member(db)
    async with db.transaction() as session:
        await services.disable_account(session, SETUP, account_id=closed.account_id)
    attempts = [
        (f"nobody-{bidder.login}", PASSWORD, ""),
        (bidder.login, "wrong password", ""),
        (closed.login, PASSWORD, ""),
        (staff.login, PASSWORD, ""),
        (staff.login, PASSWORD, "000000" if totp_now() != "000000" else "111111"),
    ]
    pages = set()
    for login, password, totp in attempts:
        answer = await visitor.submit("/sign-in", login=login, password=password, totp=totp)
        assert answer.status_code == 401
        assert f'value="{login}"' in answer.text  # what was typed is kept, the password is not
        assert password not in answer.text
        shown = re.sub(r'(name="_csrf" value|name="csrf-token" content|server-time" content)="[^"]*"', "", answer.text)
        shown = re.sub(r"<time.*?</time>", "", shown)
        pages.add(shown.replace(login, "LOGIN").replace(f'value="{totp}"' if totp else "\0", 'value=""'))
    assert len(pages) == 1
    assert "session" not in visitor.cookies


async def test_an_unknown_login_takes_as_long_as_a_wrong_password(session: AsyncSession) -> None:
    who = await make_member(session)
    took: dict[str, list[float]] = {who.login: [], "nobody-at-all": []}
    for _ in range(3):
        for login, times in took.items():
            start = time.perf_counter()
            with pytest.raises(SignInRefused):
                await services.sign_in(session, ANONYMOUS, login=login, password="wrong password")
            times.append(time.perf_counter() - start)
    known, unknown = (statistics.median(times) for times in took.values())
    assert 0.5 < known / unknown < 2


async def test_a_code_is_good_once(session: AsyncSession) -> None:
    who = await make_member(session, "supervisor", totp_secret=TOTP)
    now = system_now()
    code = totp_now()
    first = await services.sign_in(session, ANONYMOUS, login=who.login, password=PASSWORD, totp=code, at=now)
    assert first.actor.roles == {"supervisor"}
    with pytest.raises(SignInRefused):
        await services.sign_in(session, ANONYMOUS, login=who.login, password=PASSWORD, totp=code, at=now)
    with pytest.raises(SignInRefused):
        await services.step_up(session, first.actor, totp=code, at=now)


async def test_a_wrong_password_does_not_spend_the_code(session: AsyncSession) -> None:
    who = await make_member(session, "supervisor", totp_secret=TOTP)
    now, code = system_now(), totp_now()
    with pytest.raises(SignInRefused):
        await services.sign_in(session, ANONYMOUS, login=who.login, password="wrong password", totp=code, at=now)
    signed = await services.sign_in(session, ANONYMOUS, login=who.login, password=PASSWORD, totp=code, at=now)
    assert signed.actor.account_id == who.account_id


async def test_r50_the_session_changes_at_sign_in_and_step_up(db: Database, visitor: Browser) -> None:
    who = await member(db)
    visitor.cookies.set("session", "planted-by-somebody", domain="platform.local")
    await visitor.sign_in(who.login)
    first, csrf = visitor.cookies["session"], visitor.cookies["csrf"]
    assert first != "planted-by-somebody"
    answer = await visitor.submit(
        "/step-up?next=/me/tokens/new", to="/step-up", password=PASSWORD, next="/me/tokens/new"
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/me/tokens/new")
    assert visitor.cookies["session"] != first
    assert visitor.cookies["csrf"] != csrf
    visitor.cookies.set("session", first, domain="platform.local")
    assert (await visitor.get("/v1/me")).status_code == 401
    async with db.transaction() as session:
        count = await session.scalar(select(func.count()).where(SessionRow.account_id == who.account_id))
    assert count == 1


async def test_signing_in_again_ends_the_session_before(
    db: Database, visitor: Browser, second_visitor: Browser
) -> None:
    who = await member(db)
    await visitor.sign_in(who.login)
    second_visitor.cookies.set("session", visitor.cookies["session"], domain="platform.local")
    await visitor.sign_in(who.login)
    assert (await second_visitor.get("/v1/me")).status_code == 401
    assert (await visitor.get("/v1/me")).status_code == 200


async def test_signing_out_ends_it(db: Database, visitor: Browser) -> None:
    who = await member(db)
    await visitor.sign_in(who.login)
    token = visitor.cookies["session"]
    answer = await visitor.submit("/me", to="/sign-out")
    assert answer.status_code == 303
    visitor.cookies.set("session", token, domain="platform.local")
    back = await visitor.get("/me")
    assert (back.status_code, back.headers["location"]) == (303, "/sign-in?next=/me")


async def test_one_returns_to_where_one_wanted_to_go_and_never_elsewhere(db: Database, visitor: Browser) -> None:
    who = await member(db)
    for wanted, reached in (
        ("/me/password", "/me/password"),
        ("https://evil.example/", "/today"),
        ("//evil", "/today"),
    ):
        answer = await visitor.submit("/sign-in", login=who.login, password=PASSWORD, next=wanted)
        assert answer.headers["location"] == reached


async def test_a_session_ends_after_two_idle_hours_and_after_twelve_in_all(session: AsyncSession) -> None:
    who = await make_member(session)
    start = system_now()
    signed = await services.sign_in(session, ANONYMOUS, login=who.login, password=PASSWORD, at=start)

    async def stands(after: timedelta) -> bool:
        return await reads.actor_for_session(session, signed.token, at=start + after) is not None

    for half_hours in range(1, 24):  # somebody who works on
        assert await stands(half_hours * timedelta(minutes=30))
    assert not await stands(timedelta(hours=12))
    await session.execute(update(SessionRow).values(seen_at=start))
    assert await stands(timedelta(minutes=119))
    assert not await stands(timedelta(minutes=119) + timedelta(hours=2))


async def test_a_disabled_account_is_out_at_once(db: Database, visitor: Browser) -> None:
    who = await member(db)
    await visitor.sign_in(who.login)
    assert (await visitor.get("/v1/me")).status_code == 200
    async with db.transaction() as session:
        actor = await reads.actor_for_session(session, visitor.cookies["session"])
        assert actor is not None
        assert await reads.session_stands(session, actor)
        await services.disable_account(session, SETUP, account_id=who.account_id)
        assert not await reads.session_stands(session, actor)
    assert (await visitor.get("/v1/me")).status_code == 401
    async with db.transaction() as session:
        await services.enable_account(session, SETUP, account_id=who.account_id)
    assert (await visitor.get("/v1/me")).status_code == 401  # opened again, but not signed in again


async def test_a_new_password_ends_the_other_sessions(db: Database, visitor: Browser, second_visitor: Browser) -> None:
    who = await member(db)
    await visitor.sign_in(who.login)
    await second_visitor.sign_in(who.login)
    new = "another horse 43"
    wrong = await visitor.submit("/me/password", current="not it at all", password=new, again=new)
    assert wrong.status_code == 422
    differs = await visitor.submit("/me/password", current=PASSWORD, password=new, again=new + "x")
    assert "两次输入的新密码不同" in differs.text
    assert (await visitor.submit("/me/password", current=PASSWORD, password=new, again=new)).status_code == 303
    assert (await visitor.get("/v1/me")).status_code == 200
    assert (await second_visitor.get("/v1/me")).status_code == 401
    assert (await second_visitor.sign_in(who.login)).status_code == 401
    assert (await second_visitor.sign_in(who.login, password=new)).status_code == 303


async def test_a_membership_that_ended_gives_no_right_and_leaves_the_person(db: Database, visitor: Browser) -> None:
    who = await member(db, "official", totp_secret=TOTP)
    await visitor.sign_in(who.login, totp=totp_now())
    assert (await visitor.get("/v1/for-officials")).status_code == 200
    async with db.transaction() as session:
        await services.end_membership(session, SETUP, membership_id=who.membership_id)
    assert (await visitor.get("/v1/for-officials")).status_code == 403
    me = (await visitor.get("/v1/me")).json()
    assert (me["roles"], me["organisation"], me["memberships"]) == ([], None, [])
    assert "目前不代表任何单位" in (await visitor.get("/me")).text


async def test_rights_are_one_memberships_and_never_the_sum(db: Database, visitor: Browser) -> None:
    async with db.transaction() as session:
        centre = await make_organisation(session, name="交易中心", kind="centre")
        company = await make_organisation(session, name="代建公司")
        who = await make_member(session, "official", org=centre, totp_secret=TOTP)
        second = await services.grant_membership(
            session, SETUP, person_id=who.person_id, org_id=company.id, roles=["tenderer", "trustee"]
        )
    answer = await visitor.sign_in(who.login, totp=totp_now())
    assert answer.headers["location"] == "/switch"
    seen = [(await visitor.get(f"/v1/for-{name}")).status_code for name in ("officials", "trustees")]
    before = visitor.cookies["session"]
    answer = await visitor.submit("/switch", membership_id=str(second.id))
    assert answer.status_code == 303
    seen += [(await visitor.get(f"/v1/for-{name}")).status_code for name in ("officials", "trustees")]
    assert seen == [200, 403, 403, 200]
    assert visitor.cookies["session"] != before
    assert (await visitor.get("/v1/me")).json()["organisation"]["name"] == "代建公司"


async def test_nobody_switches_to_a_membership_of_another(db: Database, visitor: Browser) -> None:
    who, stranger = await member(db), await member(db, "trustee")
    await visitor.sign_in(who.login)
    answer = await visitor.submit("/switch", membership_id=str(stranger.membership_id))
    assert answer.status_code == 404
    assert (await visitor.get("/v1/for-trustees")).status_code == 403


async def test_a_request_without_the_pages_token_or_from_elsewhere_is_refused(db: Database, visitor: Browser) -> None:
    who = await member(db)
    form = {"login": who.login, "password": PASSWORD}
    assert (await visitor.post("/sign-in", data=form)).status_code == 403
    await visitor.sign_in(who.login)
    assert (await visitor.post("/me/password", data={"_csrf": "00" * 32})).status_code == 403
    token = {"x-csrf-token": visitor.cookies["csrf"]}
    foreign = await visitor.delete("/v1/session", headers={**token, "origin": "https://evil.example"})
    assert (foreign.status_code, foreign.json()["code"]) == (403, "web.foreign_origin")
    assert (await visitor.delete("/v1/session", headers=token)).status_code == 204
    assert (await visitor.get("/v1/me")).status_code == 401


async def test_programs_sign_in_with_json(db: Database, visitor: Browser) -> None:
    who = await member(db, "official", totp_secret=TOTP)
    first = (await visitor.get("/v1/session")).json()
    assert first["signed_in"] is False
    csrf = {"x-csrf-token": first["csrf"]}
    credentials = {"login": who.login.upper(), "password": PASSWORD, "totp": totp_now()}
    answer = await visitor.post("/v1/session", json=credentials, headers=csrf)
    assert answer.status_code == 201
    assert answer.json()["me"]["roles"] == ["official"]
    assert answer.json()["csrf"] == visitor.cookies["csrf"]
    again = await visitor.post("/v1/session", json=credentials, headers={"x-csrf-token": visitor.cookies["csrf"]})
    assert (again.status_code, again.json()["code"]) == (401, "parties.sign_in_refused")
    assert (await visitor.get("/v1/for-officials")).status_code == 200
    assert (await visitor.get("/v1/session")).json() == {"csrf": visitor.cookies["csrf"], "signed_in": True}


async def test_signing_in_leaves_no_journal_entry(db: Database, visitor: Browser) -> None:
    who = await member(db)

    async def entries() -> int:
        async with db.transaction() as session:
            return int((await session.execute(text("SELECT count(*) FROM journal_entries"))).scalar_one())

    before = await entries()
    await visitor.sign_in(who.login)
    await visitor.submit("/me", to="/sign-out")
    assert await entries() == before
