"""The browser itself: what the other tests here take for granted."""

from playwright.sync_api import Page


def test_chinese_is_set_in_a_font_that_has_it(page: Page) -> None:
    page.set_content("<p lang=zh-CN>公共资源交易平台 开标</p>")
    tools = page.context.new_cdp_session(page)
    tools.send("DOM.enable")
    tools.send("CSS.enable")
    root = tools.send("DOM.getDocument")["root"]["nodeId"]
    node = tools.send("DOM.querySelector", {"nodeId": root, "selector": "p"})["nodeId"]
    fonts = tools.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
    assert [font["familyName"] for font in fonts if "CJK" in font["familyName"] or "SC" in font["familyName"]]
    assert page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone") == "Asia/Shanghai"
