"""An alert from its cause to its end, over HTTP: raised by a rule, assigned, asked, answered by the centre, closed.

Nothing is planted: the centre of this city really draws its experts weeks before the opening, which is too early.
"""

from typing import Any

from portal.demo.line import Line, Tender

QUESTION = "请说明为何在开标前两个工作日以前即完成评标专家抽取，期间名单如何保密。"
ANSWER = "因专业较少，中心提前抽取。名单自产生起密封，开标后由见证人员解密。今后按规定时间抽取。"
REASON = "密封与解密均有日志条目可证，说明成立；已要求中心今后按规定时间抽取。"
_ALERTS = "/v1/supervision/alerts"


def raised(line: Line, tender: Tender, rule: str) -> list[dict[str, Any]]:
    """What supervision has found in this lot by a rule."""
    found = line.person("supervisor").get(_ALERTS, rule=rule)["items"]
    return [item for item in found if item["lot_id"] == tender.lot_id]


def deal_with_early_draw(line: Line, tender: Tender) -> dict[str, Any]:
    """交办、询问、答复、办结; the alert with its history."""
    line.until(lambda: bool(raised(line, tender, "draw_window")), "the rule on draws has spoken")
    [alert] = raised(line, tender, "draw_window")
    supervisor, path = line.person("supervisor"), f"{_ALERTS}/{alert['id']}"
    supervisor.post(f"{path}/assign", {"membership_id": supervisor.get("/v1/me")["membership_id"]})
    supervisor.post(f"{path}/ask", {"party": alert["party"], "text": QUESTION})
    line.person("official").post(f"/v1/supervision/questions/{alert['id']}/answer", {"text": ANSWER})
    closed: dict[str, Any] = supervisor.post(f"{path}/close", {"outcome": "explained", "reason": REASON})
    return closed
