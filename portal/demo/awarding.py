"""From the signed report to the confirmed contract, over HTTP: publicity, objection, award, letters, contract.

Each step is a person's of the city; the clock is moved where the law makes everybody wait.
"""

import base64
from datetime import datetime, timedelta
from typing import Any

from portal.demo.client import Refusal
from portal.demo.line import Line, Tender
from trading.projects.calendar import local_day

OBJECTION = "第一中标候选人的类似业绩与公开查询结果不一致，请招标人核实后答复。"
ANSWER = "经核实，第一中标候选人的业绩证明材料真实有效，与公开查询结果一致，异议不成立。"
REASONS = "评标委员会推荐的第一中标候选人，投标文件实质性响应招标文件，无法定不得确定的情形。"
CONTRACT = b"%PDF-1.7 a signed contract of a demonstration"
REMARKS = "本次招标投标活动按照法定程序进行，异议已在期限内答复。"


def result(line: Line, tender: Tender, login: str = "tenderer") -> dict[str, Any]:
    """The result as a person sees it."""
    found: dict[str, Any] = line.person(login).get(f"/v1/lots/{tender.lot_id}/result")
    return found


def publicise(line: Line, tender: Tender) -> None:
    """公示: a day too short is refused with its article; then from today for the shortest lawful time."""
    path = f"/v1/lots/{tender.lot_id}/result/publicity"
    today = local_day(line.now())
    body = {"starts_on": today.isoformat(), "ends_on": (today + timedelta(days=1)).isoformat()}
    for days in range(1, 15):  # each refusal names the lawful day; a demonstration simply tries the next
        body["ends_on"] = (today + timedelta(days=days)).isoformat()
        try:
            line.person("tenderer").post(path, body)
        except Refusal as refusal:
            if refusal.status != 422:
                raise
            continue
        break
    line.until(lambda: bool(line.anyone.get("/v1/results")["items"]), "the candidates are published")


def object_and_answer(line: Line, tender: Tender, login: str) -> bytes:
    """异议 within the publicity, its signed receipt, and the tenderer's reply; returns the receipt."""
    base = f"/v1/lots/{tender.lot_id}/result"
    raised = line.person(login).post(f"{base}/objections", {"text": OBJECTION})
    body = {"outcome": "dismissed", "text": ANSWER}
    line.person("tenderer").post(f"{base}/objections/{raised['id']}/answer", body)
    return str(raised["receipt"]).encode()


def end_publicity(line: Line, tender: Tender) -> None:
    """公示期满, by the clock."""
    line.move_to(datetime.fromisoformat(result(line, tender)["publicity"]["ends_at"]) + timedelta(minutes=1))


def award(line: Line, tender: Tender) -> None:
    """定标 by the tenderer: the first-ranked; then every bidder has a letter."""
    line.person("tenderer").post(f"/v1/lots/{tender.lot_id}/result/award", {"rank": 1, "reasons": REASONS})
    line.until(lambda: bool(result(line, tender)["letters"]), "the letters are out")


def read_letters(line: Line, tender: Tender, logins: tuple[str, ...]) -> dict[str, bytes]:
    """Each bidder opens and downloads its letter; by login, the PDF."""
    found = {}
    for login in logins:
        [letter] = result(line, tender, login)["letters"]
        line.person(login).get(f"/v1/letters/{letter['id']}")
        found[login] = line.person(login).raw(f"/letters/{letter['id']}/file")
    return found


def report(line: Line, tender: Tender) -> None:
    """招标投标情况书面报告."""
    line.person("tenderer").post(f"/v1/lots/{tender.lot_id}/result/report", {"remarks": REMARKS})


def contract(line: Line, tender: Tender, winner: str, pdf: bytes) -> None:
    """合同: recorded by the tenderer at the bid's price, confirmed by the winner."""
    base = f"/v1/lots/{tender.lot_id}/result/contract"
    price = result(line, tender)["award"]["winner"]["price_fen"]
    file = {"name": "施工合同.pdf", "media_type": "application/pdf", "data": base64.b64encode(pdf).decode()}
    body = {"file": file, "amount_fen": price, "bond_fen": price // 10, "signed_on": local_day(line.now()).isoformat()}
    made = line.person("tenderer").post(base, body)["id"]
    line.person(winner).post(f"{base}/{made}/answer", {"outcome": "confirmed"})


def keep_letters(line: Line, letters: dict[str, bytes]) -> None:
    """Each bidder keeps its letter on its own machine, and may lay it beside the evidence."""
    for login, letter in letters.items():
        folder = line.machine(login).folder / "result"
        folder.mkdir(exist_ok=True)
        (folder / "letter.pdf").write_bytes(letter)


def released(line: Line, tender: Tender, tag: str) -> bool:
    """Whether the project's open data has an act of this kind."""
    package = line.anyone.get(f"/v1/ocds/projects/{tender.project_id}/releases")
    return any(release["tag"] == [tag] for release in package["releases"])


def run_award(line: Line, tender: Tender, bidders: tuple[str, ...]) -> None:
    """From the signed report to the contract; `bidders` are the logins whose bids were opened."""
    line.say("candidates are publicised; a day too short is refused with its article (中标候选人公示)")
    publicise(line, tender)
    line.say("a bidder objects and is answered; nobody awards before the days are over (异议)")
    object_and_answer(line, tender, bidders[0])
    end_publicity(line, tender)
    line.say("the tenderer awards with reasons; every bidder reads its letter (定标、中标通知书)")
    award(line, tender)
    letters = read_letters(line, tender, bidders)
    keep_letters(line, letters)
    report(line, tender)
    line.say("the contract is recorded, and confirmed by the winner; open data is complete (合同、开放数据)")
    name = result(line, tender)["award"]["winner"]["organisation"]
    winner = next(login for login in bidders if line.person(login).get("/v1/me")["organisation"]["name"] == name)
    contract(line, tender, winner, CONTRACT)
    line.until(lambda: released(line, tender, "contract"), "the contract is released")
