"""The one mapper: what a person reads, what a program reads, and what neither ever reads."""

import pytest
from httpx import ASGITransport, AsyncClient
from lxml import html

from tests.unit.web.gallery.site import gallery_app, gallery_site
from trading.web.csp import CONTENT_SECURITY_POLICY
from trading.web.errors import TITLES
from trading.web.i18n import LANGUAGES, LOCALE_DIR, Words

JSON = {"accept": "application/json"}


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/fail/early", 409, "gallery.too_early"),
        ("/fail/missing", 404, "kernel.not_found"),
        ("/fail/limited", 429, "kernel.rate_limited"),
        ("/fail/bug", 500, "web.incident"),
        ("/fail/busy", 503, "web.database_busy"),
        ("/fail/unique", 409, "web.conflict"),
        ("/fail/data", 500, "web.incident"),
        ("/fail/unstorable", 400, "web.bad_request"),
        ("/nowhere", 404, "web.not_found"),
        ("/typed?count=x", 400, "web.bad_request"),
        ("/typed", 400, "web.bad_request"),
        ("/projects/new", 401, "kernel.sign_in"),
        ("/v1/nowhere", 404, "web.not_found"),
    ],
)
async def test_problem_details(visitor, path, status, code):
    answer = await visitor.get(path, headers=JSON)
    body = answer.json()
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code)
    assert body["type"] == f"urn:trading:problem:{code}"
    assert body["instance"] == path.split("?")[0]
    assert body["title"]
    assert body["detail"]
    assert body["next"]
    for leak in ("hunter2", "secret", "10.0.0.7", "duplicate", "Traceback", "sqlalche"):
        assert leak not in answer.text


async def test_page_says_what_happened_and_what_to_do_in_the_readers_language(visitor):
    answer = await visitor.get("/fail/early", headers={"accept-language": "en"})
    root = html.fromstring(answer.text)
    assert root.xpath("//h1")[0].text == "This cannot be done now"
    assert "The opening is before 23 Nov 2026, 16:00 (Beijing): too early." in root.text_content()
    assert "Choose a time after 23 Nov 2026, 16:00 (Beijing)." in root.text_content()


async def test_incident_number_is_shown_and_differs(visitor):
    first, second = [(await visitor.get("/fail/bug")).text for _ in range(2)]
    assert "事件编号：" in first
    assert first.split("事件编号：")[1][:12] != second.split("事件编号：")[1][:12]
    assert "hunter2" not in first


async def test_retry_after(visitor):
    assert (await visitor.get("/fail/limited")).headers["retry-after"] == "90"
    assert (await visitor.get("/fail/busy")).headers["retry-after"] == "2"


async def test_signed_out_reader_is_led_to_sign_in_and_back(visitor):
    answer = await visitor.get("/projects/new?a=1&b=2")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/projects/new%3Fa%3D1%26b%3D2")
    htmx = await visitor.get("/projects/new", headers={"hx-request": "true"})
    assert htmx.status_code == 401


async def test_route_without_permit_admits_nobody(visitor, agent):
    assert (await visitor.get("/unpermitted", headers=JSON)).status_code == 401
    assert (await agent.get("/unpermitted", headers=JSON)).status_code == 403


async def test_wrong_method_names_the_right_ones(visitor):
    answer = await visitor.delete("/file", headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (405, "web.method_not_allowed")
    assert "GET" in answer.headers["allow"]


async def test_htmx_gets_the_refusal_as_a_fragment(visitor):
    answer = await visitor.get("/fail/early", headers={"hx-request": "true"})
    assert answer.status_code == 409
    assert "<html" not in answer.text
    assert "太早了" in answer.text


async def test_security_headers_on_every_answer(visitor, locale_dir):
    for path in ("/", "/nowhere", "/fail/bug", "/file", "/lang/en"):
        headers = (await visitor.get(path)).headers
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
        assert "strict-transport-security" not in headers
    assert (await visitor.get("/")).headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    secure = gallery_app(gallery_site(locale_dir, "https://testserver.local"))
    async with AsyncClient(transport=ASGITransport(secure), base_url="https://testserver.local") as browser:
        answer = await browser.get("/")
    assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-csrf=")
    assert "Secure" in cookie
    assert "HttpOnly" in cookie


def test_every_status_has_a_title_in_every_language():
    words = Words(strict=True, folder=LOCALE_DIR)
    for lang in LANGUAGES:
        assert all(words[lang](f"web.status.{status}") for status in TITLES)
