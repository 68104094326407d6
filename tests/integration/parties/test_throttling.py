"""R52: guesses are slowed by name and by address; nothing tells whether a name exists."""

import re
import statistics
import time
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.factories.parties import PASSWORD, TOTP, make_member
from tests.integration.parties.conftest import Browser, totp_now
from trading.kernel.clock import system_now
from trading.kernel.db import Database
from trading.parties import services
from trading.parties.errors import TooManyAttempts
from trading.parties.models import SignInAttemptRow
from trading.parties.throttling import ADDRESS, KEPT, NAME, PAIR
from trading.parties.types import Enrolled

HERE, ELSEWHERE = "198.51.100.7", "203.0.113.9"


async def member(db: Database, *roles: str, totp_secret: str | None = None) -> Enrolled:
    async with db.transaction() as session:
        return await make_member(session, *roles, totp_secret=totp_secret)


async def guess(session: AsyncSession, key: str, address: str = HERE, *, after: timedelta = timedelta()) -> None:
    await services.count_attempt(session, purpose="pin", key=key, address=address, at=START + after)


START = system_now()


async def test_r52_the_wait_grows_and_waiting_helps(session: AsyncSession) -> None:
    at = timedelta()
    for _ in range(PAIR.free):
        await guess(session, "expert-7", after=at)
    for seconds in (30, 60, 120):
        for early in (0, seconds - 1):
            with pytest.raises(TooManyAttempts) as refusal:
                await guess(session, "expert-7", after=at + timedelta(seconds=early))
            assert refusal.value.params["seconds"] == seconds - early
        at += timedelta(seconds=seconds)
        await guess(session, "expert-7", after=at)
    await guess(session, "expert-8", after=at)
    await services.count_attempt(session, purpose="other", key="expert-7", address=HERE, at=START + at)


async def test_r52_another_address_still_comes_in_until_there_are_very_many(session: AsyncSession) -> None:
    for number in range(NAME.free):
        await guess(session, "expert-9", f"192.0.2.{number}")
    with pytest.raises(TooManyAttempts) as refusal:
        await guess(session, "expert-9", ELSEWHERE)
    assert refusal.value.params["seconds"] == 15


async def test_r52_one_address_does_not_try_every_name(session: AsyncSession) -> None:
    for number in range(ADDRESS.free):
        await guess(session, f"somebody-{number}")
    with pytest.raises(TooManyAttempts):
        await guess(session, "somebody-else")
    await guess(session, "somebody-else", ELSEWHERE)
    await guess(session, "somebody-else", after=ADDRESS.window)


async def test_a_success_forgets_and_a_day_does_too(session: AsyncSession) -> None:
    for _ in range(PAIR.free):
        await guess(session, "expert-1")
        await guess(session, "expert-2")
    await services.forget_attempts(session, purpose="pin", key="expert-1")
    await guess(session, "expert-1")
    with pytest.raises(TooManyAttempts):
        await guess(session, "expert-2")
    await guess(session, "expert-2", after=KEPT + timedelta(seconds=1))
    left = await session.scalar(select(func.count()).where(SignInAttemptRow.at < START + timedelta(hours=1)))
    assert left == 0


async def test_r52_the_page_says_when_and_the_same_for_a_name_that_is_nobodys(db: Database, visitor: Browser) -> None:
    who = await member(db)
    shown = []
    for login in (who.login, f"nobody-{who.login}"):
        for _ in range(PAIR.free):
            assert (await visitor.sign_in(login, password="guess-after-guess")).status_code == 401
        answer = await visitor.sign_in(login)  # the right password too
        assert answer.status_code == 429
        assert 0 < int(answer.headers["retry-after"]) <= 30
        sentence = re.search(r"请在 (\d+) 秒后（(\d\d:\d\d:\d\d) 起）再试", answer.text)
        assert sentence, answer.text
        visible = re.sub(r'(name="_csrf" value|csrf-token" content|server-time" content)="[^"]*"', "", answer.text)
        visible = re.sub(r"<time.*?</time>", "", visible)
        shown.append(visible.replace(login, "LOGIN").replace(sentence[0], "WAIT"))
    assert shown[0] == shown[1]


async def test_r52_a_refusal_takes_as_long_for_a_name_that_is_nobodys(db: Database, visitor: Browser) -> None:
    who = await member(db)
    took: dict[str, list[float]] = {who.login: [], f"nobody-{who.login}": []}
    csrf = {"x-csrf-token": (await visitor.get("/v1/session")).json()["csrf"]}
    for login in took:
        for _ in range(PAIR.free):
            await visitor.post("/v1/session", json={"login": login, "password": "guess"}, headers=csrf)
    for _ in range(9):
        for login, times in took.items():
            start = time.perf_counter()
            answer = await visitor.post("/v1/session", json={"login": login, "password": PASSWORD}, headers=csrf)
            times.append(time.perf_counter() - start)
            assert (answer.status_code, answer.json()["code"]) == (429, "parties.too_many_attempts")
    known, unknown = (statistics.median(times) for times in took.values())
    assert 0.5 < known / unknown < 2


async def test_a_success_wipes_the_count_at_the_door(db: Database, visitor: Browser) -> None:
    who = await member(db)
    for _ in range(2):
        for _ in range(PAIR.free - 1):
            await visitor.sign_in(who.login, password="guess-after-guess")
        assert (await visitor.sign_in(who.login)).status_code == 303


async def test_r52_fresh_proof_and_the_present_password_are_slowed_too(db: Database, visitor: Browser) -> None:
    who = await member(db, "official", totp_secret=TOTP)
    await visitor.sign_in(who.login, totp=totp_now())
    for _ in range(PAIR.free):
        assert (await visitor.submit("/step-up", totp="123")).status_code == 401
    assert (await visitor.submit("/step-up", totp="123")).status_code == 429
    new = {"password": "another horse 43", "again": "another horse 43"}
    for _ in range(PAIR.free):
        assert (await visitor.submit("/me/password", current="guess", **new)).status_code == 422
    assert (await visitor.submit("/me/password", current=PASSWORD, **new)).status_code == 429
    async with db.transaction() as session:
        await services.count_attempt(session, purpose=services.SIGN_IN, key=who.login, address="127.0.0.1")


async def test_a_guess_counts_although_its_request_is_rolled_back_and_in_parallel(db: Database) -> None:
    async with db.transaction() as session:
        for _ in range(PAIR.free - 1):
            await services.count_attempt(session, purpose="pin", key="in-parallel", address=HERE)
    async with db.transaction() as first:
        await services.count_attempt(first, purpose="pin", key="in-parallel", address=HERE)
    with pytest.raises(TooManyAttempts):
        async with db.transaction() as second:
            await services.count_attempt(second, purpose="pin", key="in-parallel", address=HERE)
