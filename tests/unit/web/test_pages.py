"""Pages: frame, language, menu by role, parts; read as a screen reader would read them."""

from httpx import AsyncClient
from lxml import html


def tree(response):
    assert response.headers["content-type"].startswith("text/html")
    return html.fromstring(response.text)


def texts(root, path):
    return [" ".join(node.text_content().split()) for node in root.xpath(path)]


async def test_page_has_landmarks_language_and_server_time(visitor: AsyncClient):
    response = await visitor.get("/")
    root = tree(response)
    assert response.status_code == 200
    assert root.get("lang") == "zh-CN" == response.headers["content-language"]
    assert root.xpath("//a[@class='skip']/@href") == ["#main"]
    assert len(root.xpath("//main[@id='main']")) == len(root.xpath("//h1")) == len(root.xpath("//header")) == 1
    assert root.xpath("//meta[@name='server-time']/@content") == ["2026-11-23T08:00:00.000Z"]
    assert root.xpath("//div[@id='messages']/@role") == ["status"]


async def test_menu_follows_the_role(visitor, agent):
    assert texts(tree(await visitor.get("/")), "//nav[contains(@class,'menu wide')]//a") == ["公告"]
    root = tree(await agent.get("/projects/new"))
    assert texts(root, "//nav[contains(@class,'menu wide')]//a") == ["今日", "公告", "项目"]
    assert texts(root, "//nav[contains(@class,'menu wide')]//a[@aria-current='page']") == ["项目"]
    assert texts(root, "//footer//li") == ["核验"]
    assert texts(root, "//p[@class='person']/span") == ["李敏", "临江市政工程招标代理有限公司", "招标代理"]
    assert root.xpath("//form[@action='/sign-out']//input[@name='_csrf']/@value")


async def test_language_by_header_then_cookie_and_back_to_the_page(visitor):
    assert tree(await visitor.get("/", headers={"accept-language": "fr, en-GB;q=0.8, zh;q=0.5"})).get("lang") == "en"
    switch = tree(await visitor.get("/?q=1&after=x")).xpath("//a[@class='language']/@href")[0]
    answer = await visitor.get(switch, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/?q=1&after=x"
    root = tree(await visitor.get("/", headers={"accept-language": "zh"}))
    assert root.get("lang") == "en"
    assert "23 Nov 2026, 16:00:00 (Beijing)" in root.xpath("//footer")[0].text_content()


async def test_language_switch_never_leads_elsewhere(visitor):
    for target in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb"):
        answer = await visitor.get("/lang/en", params={"to": target}, follow_redirects=False)
        assert answer.headers["location"] == "/"
    assert (await visitor.get("/lang/tlh")).status_code == 404


async def test_htmx_gets_the_part_alone(visitor):
    part = (await visitor.get("/", headers={"hx-request": "true"})).text
    assert "<html" not in part
    assert "<table>" in part
    assert "<html" in (await visitor.get("/", headers={"hx-request": "true", "hx-boosted": "true"})).text


async def test_table_repeats_labels_for_phones_and_names_its_columns(visitor):
    root = tree(await visitor.get("/"))
    assert texts(root, "//table/caption") == ["正在进行的项目"]
    assert texts(root, "//thead//th[@scope='col']") == ["名称", "编号", "状态", "控制价", "截止时间"]
    assert len(root.xpath("//tbody//th[@scope='row'][@data-label='名称']")) == 4
    assert "¥48,623,500.00" in texts(root, "//tbody/tr[1]/td[@class='number']")
    assert root.xpath("//nav[@class='pager']/a[@rel='next']/@href") == ["/?after=next-one"]


async def test_badges_and_steps_say_their_state_in_words(visitor):
    root = tree(await visitor.get("/"))
    assert texts(root, "//tbody//span[contains(@class,'badge')]") == ["招标中", "草稿", "已完成", "流标"]
    assert texts(root, "//ol[@class='timeline']//*[@class='step-state']") == [
        "已完成", "不适用", "进行中", "已逾期", "未开始", "未开始",
    ]  # fmt: skip
    assert len(root.xpath("//ol[@class='timeline']/li[@aria-current='step']")) == 1
    assert len(root.xpath("//ol[@class='stepper']/li[@aria-current='step']")) == 1


async def test_countdown_tells_the_instant_without_script(visitor):
    root = tree(await visitor.get("/"))
    assert texts(root, "//p[@class='countdown']//time") == ["2026年12月13日 16:00"]
    timer = root.xpath("//p[@class='countdown']/span[@role='timer']")[0]
    assert timer.get("data-deadline") == "2026-12-13T08:00:00.000Z"
    assert timer.text_content() == "还有 20 天"


async def test_amount_in_capitals_and_progress_label(visitor):
    root = tree(await visitor.get("/"))
    assert "肆仟捌佰陆拾贰万叁仟伍佰元整" in root.text_content()
    bar = root.xpath("//progress")[0]
    assert root.xpath(f"//label[@for='{bar.get('id')}']")
    assert (bar.get("value"), bar.get("max")) == ("37", "128")


async def test_irreversible_step_asks_with_and_without_script(agent):
    link = tree(await agent.get("/")).xpath("//a[@data-confirm]")[0]
    assert link.get("href") == link.get("hx-post") == "/withdraw"
    page = tree(await agent.get("/withdraw"))
    form = page.xpath("//main//form")[0]
    assert (form.get("method"), form.get("action")) == ("post", "/withdraw")
    assert form.xpath(".//input[@name='_csrf']")
    assert texts(page, "//main//button") == ["撤回投标"]


async def test_no_inline_script_style_or_foreign_address(agent):
    for path in ("/", "/projects/new", "/withdraw", "/nowhere"):
        root = tree(await agent.get(path))
        assert not root.xpath("//script[not(@src)] | //style | //@style | //@onclick | //@onsubmit")
        assert not [url for url in root.xpath("//@src | //@href") if url.startswith(("http", "//"))]


async def test_each_id_is_used_once(agent):
    for path in ("/", "/projects/new"):
        ids = tree(await agent.get(path)).xpath("//@id")
        assert len(ids) == len(set(ids))


async def test_style_sheet_is_hashed_cached_and_small(visitor):
    href = tree(await visitor.get("/")).xpath("//link[@rel='stylesheet']/@href")[0]
    sheet = await visitor.get(href)
    assert sheet.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert sheet.headers["content-encoding"] == "gzip"
    assert int(sheet.headers["content-length"]) < 8_000
    assert "gradient" not in sheet.text
    assert "http" not in sheet.text.replace('href^="http"', "")
    assert (await visitor.get("/assets/site.css")).status_code == 404
