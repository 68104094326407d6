"""Input: one reading for forms and JSON, every problem at once, what was typed kept."""

import datetime as dt
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from tests.unit.web.gallery.site import LotForm, ProjectForm
from trading.kernel.errors import Invalid
from trading.web.fields import Reader
from trading.web.forms import Form

TOKEN = "0" * 32  # a program may send the cookie's value itself
GOOD = {
    "name": " 沿江路 ",
    "kind": "works",
    "price": "1,234.50",
    "opening": "2026-12-14T09:30",
    "days": "３0".translate({0xFF13: "3"}),
    "areas": ["road", "bridge"],
    "lots.0.name": "一标段",
    "lots.0.price": "￥10",
    "lots.3.name": "二标段",
    "lots.3.price": "20",
    "joint": "on",
    "_csrf": TOKEN,
}


async def post(agent, data, **kwargs):
    agent.cookies.set("csrf", TOKEN)
    return await agent.post("/projects/new", data={"_csrf": TOKEN, **data}, **kwargs)


async def post_json(agent, body):
    agent.cookies.set("csrf", TOKEN)
    return await agent.post("/v1/projects", json=body, headers={"x-csrf-token": TOKEN})


async def test_good_form_redirects_with_a_message_shown_once(agent):
    answer = await post(agent, GOOD)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/?tab=%E4%B8%80"
    shown = html.fromstring((await agent.get("/")).text).xpath("//p[@class='message done']")
    assert [node.text_content() for node in shown] == ["“沿江路”已登记。"]
    assert not html.fromstring((await agent.get("/")).text).xpath("//p[@class='message done']")


async def test_bad_form_comes_back_with_what_was_typed_and_every_problem(agent):
    typed = {"name": "沿" * 31, "price": "12万", "opening": "明天", "days": "3", "areas": "tunnel", "note": "<b>&"}
    answer = await post(agent, typed)
    root = html.fromstring(answer.text)
    assert answer.status_code == 422
    assert root.xpath("//title")[0].text.startswith("错误：登记项目")
    summary = root.xpath("//section[@class='summary'][@role='alert']")[0]
    assert "有 6 处需要修改" in summary.text_content()
    for link in summary.xpath(".//a"):
        assert root.xpath(f"//*[@id='{link.get('href')[1:]}']"), link.get("href")
    name = root.xpath("//input[@name='name']")[0]
    assert name.get("value") == "沿" * 31
    assert name.get("aria-invalid") == "true"
    described = [root.xpath(f"//*[@id='{ident}']")[0].text_content() for ident in name.get("aria-describedby").split()]
    assert described == ["与立项批复一致", "错误：最多 30 个字。"]
    assert root.xpath("//textarea[@name='note']")[0].text.strip() == "<b>&"
    problems = [node.text_content() for node in root.xpath("//p[@class='problem']")]
    assert "错误：请选择一项。" in problems
    assert "错误：不能小于 20。" in problems


async def test_refusal_by_rule_shows_the_page_again(agent):
    answer = await post(agent, GOOD | {"opening": "2026-11-01T09:00"})
    root = html.fromstring(answer.text)
    assert answer.status_code == 409
    text = root.xpath("//section[@class='summary']")[0].text_content()
    assert "开标时间早于 2026年11月23日 16:00，太早了。" in text
    assert "请选 2026年11月23日 16:00 之后的时间。" in text
    assert root.xpath("//input[@name='name']/@value") == [" 沿江路 "]
    assert root.xpath("//input[@name='lots.3.name']/@value") == ["二标段"]
    assert root.xpath("//input[@name='joint']/@checked")


async def test_problem_found_by_a_service_stands_beside_its_field(agent):
    root = html.fromstring((await post(agent, GOOD | {"name": "taken"})).text)
    assert root.xpath("//p[@id='f-name-problem']")[0].text_content() == "错误：这个名称已经用过。"


async def test_form_and_json_give_the_same_command(agent):
    answer = await post_json(
        agent,
        {
            "name": "沿江路", "kind": "works", "price": 123450, "opening": "2026-12-14T01:30:00.000Z", "days": 30,
            "areas": ["road", "bridge"], "joint": True,
            "lots": [{"name": "一标段", "price": 1000}, {"name": "二标段", "price": 2000}],
        },
    )  # fmt: skip
    pairs = {key: [value] if isinstance(value, str) else value for key, value in GOOD.items() if "." not in key}
    lots = {"0": {"name": ["一标段"], "price": ["￥10"]}, "3": {"name": ["二标段"], "price": ["20"]}}
    command = Reader(form=True).command(ProjectForm, {**pairs, "lots": lots})
    assert answer.status_code == 201
    assert msgspec.convert(answer.json(), ProjectForm) == command
    assert command.opening == dt.datetime(2026, 12, 14, 1, 30, tzinfo=dt.UTC)


async def test_json_problems_name_each_field(agent):
    body = {
        "name": "", "kind": "x", "price": "1", "opening": "2026-12-14T01:30:00", "days": True, "extra": 1,
        "lots": [{"name": "一"}, 7],
    }  # fmt: skip
    answer = await post_json(agent, body)
    problem = answer.json()
    assert answer.status_code == problem["status"] == 422
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert {name: found["code"] for name, found in problem["fields"].items()} == {
        "name": "web.required",
        "kind": "web.bad_choice",
        "price": "web.not_whole",
        "opening": "web.bad_time",
        "days": "web.not_whole",
        "extra": "web.unknown_field",
        "lots.0.price": "web.required",
        "lots.1": "web.bad_value",
    }
    assert problem["fields"]["kind"]["detail"] == "请从给出的选项中选择。"


@pytest.mark.parametrize("body", ["[]", "1", "{", '{"name": "\\u0000"}', '{"name": "\\ud800"}', "[" * 3000])
async def test_hostile_json_is_refused_never_an_incident(agent, body):
    agent.cookies.set("csrf", TOKEN)
    headers = {"x-csrf-token": TOKEN, "content-type": "application/json"}
    assert (await agent.post("/v1/projects", content=body, headers=headers)).status_code == 422


async def test_other_media_types_and_oversize_are_refused(agent):
    agent.cookies.set("csrf", TOKEN)
    headers = {"x-csrf-token": TOKEN, "content-type": "application/xml"}
    assert (await agent.post("/v1/projects", content="<a/>", headers=headers)).status_code == 422
    headers["content-type"] = "application/json"
    answer = await agent.post("/v1/projects", content="{" + " " * 200_000, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "kernel.too_large")


async def test_file_and_text_in_one_form(agent):
    answer = await post(agent, GOOD, files={"plan": ("图.pdf", b"%PDF", "application/pdf")})
    assert answer.status_code == 303


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
NAMES = [field.name for field in msgspec.structs.fields(ProjectForm)]


def command_or_problems(raw, *, form: bool) -> bool:
    try:
        return isinstance(Reader(form=form).command(ProjectForm, raw), ProjectForm)
    except Invalid as refused:
        return bool(refused.fields)


@given(st.dictionaries(st.sampled_from(NAMES), JSON_VALUES))
def test_any_json_gives_a_command_or_problems(raw):
    assert command_or_problems(raw, form=False)


@given(st.dictionaries(st.sampled_from(NAMES), st.lists(st.text(), max_size=2)))
def test_any_form_gives_a_command_or_problems(raw):
    assert command_or_problems(raw, form=True)


def test_form_of_a_command_shows_it_as_a_person_would_type_it():
    command = ProjectForm(
        name="桥", kind="works", price=123450, opening=dt.datetime(2026, 12, 14, 1, 30, tzinfo=dt.UTC), joint=True,
        areas=["road"], lots=[LotForm(name="一", price=500)],
    )  # fmt: skip
    form = Form.of(command)
    typed = {name: [value] if isinstance(value, str) else value for name, value in form.typed.items()}
    assert form.value("opening") == "2026-12-14T09:30"
    assert form.value("price") == "1234.50"
    assert form.rows("lots", 2) == ["lots.0", "lots.1"]
    lots = {"0": {"name": typed.pop("lots.0.name"), "price": typed.pop("lots.0.price")}}
    assert Reader(form=True).command(ProjectForm, {**typed, "lots": lots}) == command


def test_new_form_starts_with_defaults_and_marks_what_is_optional():
    form = Form(ProjectForm)
    assert form.value("days") == "20"
    optional = [name for name in ("name", "days", "note", "areas", "plan", "lots.0.price") if form.optional(name)]
    assert optional == ["note", "areas", "plan"]


async def test_labels_belong_to_their_fields(agent):
    root = html.fromstring((await agent.get("/projects/new")).text)
    for field in root.xpath("//main//*[self::input or self::select or self::textarea][not(@type='hidden')]"):
        assert root.xpath(f"//label[@for='{field.get('id')}']"), html.tostring(field)
    assert [node.text_content() for node in root.xpath("//legend")][:2] == ["类别", "时间安排"]
    assert json.loads(root.xpath("//meta[@name='htmx-config']/@content")[0])["allowEval"] is False


@pytest.mark.parametrize("place", ["x", "", "²", "-1", "9" * 5000])
def test_rows_that_nobody_could_have_typed_are_not_shown_again(place):
    form = Form(ProjectForm, {f"lots.{place}.name": ["甲"], "lots.2.name": ["乙"]})
    assert form.rows("lots") == ["lots.2"]
    assert Form(ProjectForm, {f"lots.{place}.name": ["甲"]}).rows("lots") == ["lots.0"]
