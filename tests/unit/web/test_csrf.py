"""R41: a state change without the token, or from another site's page, is refused; nothing else is."""

import pytest
from lxml import html

from trading.web import csrf

JSON = {"accept": "application/json"}
SECRET = "5f" * 16


async def fresh_token(browser) -> str:
    return html.fromstring((await browser.get("/projects/new")).text).xpath("//main//input[@name='_csrf']/@value")[0]


async def test_page_token_is_accepted_and_differs_each_time(agent):
    first, second = await fresh_token(agent), await fresh_token(agent)
    assert first != second
    for token in (first, second):
        answer = await agent.put("/v1/blocks", content=b"x" * 10, headers={"x-csrf-token": token})
        assert answer.json() == {"size": 10}


@pytest.mark.parametrize("headers", [{}, {"x-csrf-token": ""}, {"x-csrf-token": "zz"}, {"x-csrf-token": "00" * 32}])
async def test_without_the_token_refused(agent, headers):
    await fresh_token(agent)
    answer = await agent.put("/v1/blocks", content=b"x", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "web.csrf")


async def test_form_without_token_is_refused_as_a_page(agent):
    answer = await agent.post("/projects/new", data={"name": "x"})
    assert answer.status_code == 403
    assert "无法确认这一请求来自本平台的页面" in answer.text


async def test_token_without_cookie_or_with_anothers_is_refused(agent):
    token = await fresh_token(agent)
    agent.cookies.delete("csrf")
    for cookie in ("", SECRET, "short", "zz" * 16):
        headers = {"x-csrf-token": token, "cookie": f"agent=1; csrf={cookie}", **JSON}
        assert (await agent.put("/v1/blocks", content=b"x", headers=headers)).status_code == 403


@pytest.mark.parametrize(
    "foreign",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://testserver.local.evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
async def test_foreign_page_is_refused_even_with_the_token(agent, foreign):
    headers = {"x-csrf-token": await fresh_token(agent), **foreign}
    answer = await agent.put("/v1/blocks", content=b"x", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "web.foreign_origin")


async def test_own_origin_and_bearer_programs_pass(agent):
    headers = {"x-csrf-token": await fresh_token(agent), "origin": "http://testserver.local"}
    assert (await agent.put("/v1/blocks", content=b"x", headers=headers)).status_code == 200
    headers = {"authorization": "Bearer abc"}
    assert (await agent.put("/v1/blocks", content=b"x", headers=headers)).status_code == 200


def test_masked_and_bare_secret_match_and_nothing_else_does():
    assert csrf.matches(SECRET, SECRET)
    assert csrf.matches(csrf.mask(SECRET), SECRET)
    assert not csrf.matches(csrf.mask(csrf.new_secret()), SECRET)
    assert not csrf.matches("", "")
    assert not csrf.matches(SECRET * 3, SECRET)
