"""The committee's draw in a demonstration, over HTTP and by processes: roster, parties, witnesses, telephones.

Every party makes its number in a folder of its own by `trading draw`; the people called answer at the gateway, which is
a program of its own. What happens at random happens at random here too.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from portal.demo.line import SEATS, Line, Tender
from portal.demo.programs import run_program, trading
from portal.demo.roster import roster_csv
from trading.kernel.clock import parse_rfc3339, rfc3339

PARTIES = {"centre": "official", "supervisor": "supervisor", "tenderer": "tenderer"}
WITNESSES = ("witness", "witness2")
QUOTAS = ({"specialty": "A08", "quota": 3, "reserve": 2}, {"specialty": "A06", "quota": 2, "reserve": 1})
SEATS_DRAWN = 5
BEACON = "05 11 17 23 28 31 09"
ROSTER_AGE = timedelta(days=8)
PHONE_TOKEN = "api-token"  # noqa: S105  # a file's name
_PATIENCE = 40


@dataclass(frozen=True)
class Drawn:
    """A draw as its participants know it."""

    id: str
    commit_until: datetime
    settled_by: datetime
    beacon_at: datetime


class Phones:
    """The telephones of everyone in the roster, as the gateway's program shows them."""

    def __init__(self, address: str, folder: Path) -> None:
        key = (folder / PHONE_TOKEN).read_text().strip()
        self.http = httpx.Client(base_url=address, timeout=60, headers={"authorization": f"Bearer {key}"})

    def shown(self) -> dict[str, list[dict[str, Any]]]:
        """Calls and messages."""
        found: dict[str, list[dict[str, Any]]] = self.http.get("/api/phones").raise_for_status().json()
        return found

    def waiting(self, draw_id: str) -> list[dict[str, Any]]:
        """Calls of a draw nobody has answered."""
        return [
            call for call in self.shown()["calls"] if call["draw"] == f"draw:{draw_id}" and call["state"] == "waiting"
        ]

    def pin(self, phone: str) -> str:
        """What the owner of a telephone was told when the roster took the person in."""
        return next(str(m["pin"]) for m in self.shown()["messages"] if m["kind"] == "pin" and m["to"] == phone)

    def accounts(self) -> list[dict[str, Any]]:
        """Logins sent to members of unlocked committees."""
        return [message for message in self.shown()["messages"] if message["kind"] == "account"]

    def accept(self, call: dict[str, Any], pin: str | None = None) -> httpx.Response:
        """Yes, with the PIN."""
        body = {"accept": True, "pin": self.pin(call["to"]) if pin is None else pin}
        return self.http.post(f"/api/calls/{call['id']}/answer", json=body)

    def decline(self, call: dict[str, Any], reason: str = "busy") -> httpx.Response:
        """No, and why."""
        return self.http.post(f"/api/calls/{call['id']}/answer", json={"accept": False, "reason": reason})

    def close(self) -> None:
        """Let the connection go."""
        self.http.close()


def import_roster(line: Line, data: bytes | None = None) -> None:
    """专家入库: one official proposes the file, another confirms it."""
    change = line.person("official").request(
        "POST", "/v1/roster/imports", content=data or roster_csv(), headers={"content-type": "text/csv"}
    )
    line.person("official2").post(f"/v1/roster/changes/{change.json()['id']}/confirm")


def plan(line: Line, tender: Tender, **changes: Any) -> dict[str, Any]:
    """A plan from now: two hours to commit, ten minutes to reveal, twenty for the trustees, then the beacon."""
    begins = line.now() + timedelta(hours=2)
    return {
        "quotas": list(QUOTAS),
        "commit_until": rfc3339(begins),
        "reveal_until": rfc3339(begins + timedelta(minutes=10)),
        "settled_by": rfc3339(begins + timedelta(minutes=30)),
        "beacon_at": rfc3339(begins + timedelta(minutes=45)),
        "beacons": [
            {"kind": "lottery", "name": "中国福利彩票双色球", "issue": "2026140"},
            {"kind": "lottery", "name": "中国体育彩票大乐透", "issue": "26140"},
        ],
        **{party: line.person(login).get("/v1/me")["membership_id"] for party, login in PARTIES.items()},
        "meets_at": rfc3339(tender.deadline + timedelta(hours=3)),
        "place": "临江市公共资源交易中心 评标三室",
        **changes,
    }


def announce_draw(line: Line, tender: Tender, **changes: Any) -> Drawn:
    """抽取公告: one official plans, a second one confirms; trustees make the escrow's keys and sign."""
    planned = plan(line, tender, **changes)
    draw_id = line.person("official").post(f"/v1/lots/{tender.lot_id}/draws", planned)["id"]
    line.person("official2").post(f"/v1/draws/{draw_id}/confirm")
    times = {name: parse_rfc3339(planned[name]) for name in ("commit_until", "settled_by", "beacon_at")}
    drawn = Drawn(draw_id, **times)
    announce_escrow(line, drawn)
    return drawn


def announce_escrow(line: Line, drawn: Drawn) -> None:
    """The ceremony for the escrow, as for a lot."""
    seats = []
    for seat in SEATS:
        line.trustee(seat)
        me = line.person(f"trustee-{seat}").get("/v1/me")
        seats.append({"seat": seat, "membership_id": me["membership_id"]})
    official = line.person("official")
    ceremony = official.post(f"/v1/draws/{drawn.id}/ceremony", {"t": 2, "seats": seats})["id"]
    for seat in SEATS:
        line.trustee(seat).call("POST", f"/api/ceremonies/{ceremony}/keys", {})
    for seat in SEATS:
        line.trustee(seat).call("POST", f"/api/ceremonies/{ceremony}/sign", {})
    official.post(f"/v1/ceremonies/{ceremony}/publish")


def party_folder(line: Line, drawn: Drawn, party: str) -> Path:
    """Where a party keeps its number of this draw."""
    return line.workspace / f"{PARTIES[party]}-draw" / drawn.id


def _program(line: Line, drawn: Drawn, party: str, verb: str, *more: str) -> None:
    login = PARTIES[party]
    token = line.person(login).post("/v1/tokens", {"name": "draw program", "scopes": [login]})["secret"]
    folder = party_folder(line, drawn, party)
    arguments = trading("draw", verb, drawn.id, "--folder", str(folder), *more)
    run_program(arguments, {"TRADING_URL": line.places.base_url, "TRADING_TOKEN": token})


def commit(line: Line, drawn: Drawn, party: str) -> None:
    """承诺: the party's own program makes the number, escrows it and commits."""
    _program(line, drawn, party, "commit", "--party", party)


def reveal(line: Line, drawn: Drawn, party: str) -> None:
    """揭示: the party's own program shows the number."""
    _program(line, drawn, party, "reveal")


def open_escrow(line: Line, drawn: Drawn, seats: tuple[str, ...]) -> None:
    """托管开启: trustees release, the official settles, the worker reveals; what was missing is taken from it."""
    line.witnessed()
    for seat in seats:
        line.trustee(seat).call("POST", f"/api/draws/{drawn.id}/release", {"phase": 1})
    line.person("official").post(f"/v1/draws/{drawn.id}/phases/1/settle")
    line.until(lambda: all(bool(p["revealed_at"]) for p in progress(line, drawn)["parties"]), "the escrow is opened")


def progress(line: Line, drawn: Drawn) -> dict[str, Any]:
    """How far the draw has come."""
    found: dict[str, Any] = line.anyone.get(f"/v1/draws/{drawn.id}/progress")
    return found


def type_beacon(line: Line, drawn: Drawn, value: str = BEACON) -> None:
    """公共随机源: two witnesses, each on a screen of their own."""
    line.move_to(drawn.beacon_at + timedelta(minutes=1))
    for login in WITNESSES:
        line.person(login).post(f"/v1/draws/{drawn.id}/beacons", {"beacon": 0, "value": value})


def answer_calls(line: Line, drawn: Drawn, phones: Phones, *, declining: int = 1) -> int:
    """通知与应答: the first ones called decline, everyone after accepts with the PIN; returns how many were called."""
    answered = 0
    for _ in range(_PATIENCE):
        line.until(
            lambda: (
                bool(phones.waiting(drawn.id)) or str(progress(line, drawn)["state"]) not in {"announced", "calling"}
            ),
            "somebody is called",
        )
        waiting = phones.waiting(drawn.id)
        if not waiting:
            break
        for call in waiting:
            reply = phones.decline(call) if answered < declining else phones.accept(call)
            reply.raise_for_status()
            answered += 1
    line.witnessed()
    return answered


def run_draw(line: Line, tender: Tender, phones: Phones, *, declining: int = 1) -> Drawn:
    """The whole draw: two parties reveal, the third one's number comes from the escrow."""
    line.say("the draw is announced by two officials; three trustees make the escrow's keys (抽取公告)")
    drawn = announce_draw(line, tender)
    line.say("three parties commit on their own machines (承诺)")
    for party in PARTIES:
        commit(line, drawn, party)
    line.move_to(drawn.commit_until + timedelta(minutes=2))
    line.say("two reveal, the third one's number comes from the escrow (揭示)")
    reveal(line, drawn, "centre")
    reveal(line, drawn, "supervisor")
    open_escrow(line, drawn, ("tenderer", "notary"))
    line.move_to(drawn.settled_by + timedelta(minutes=1))
    line.say("two witnesses type the beacon; the order is computed (公共随机源)")
    type_beacon(line, drawn)
    line.say("experts are called in the computed order; one declines (通知)")
    answer_calls(line, drawn, phones, declining=declining)
    return drawn


def after_opening(line: Line, drawn: Drawn, phones: Phones) -> None:
    """回避与解密: ties to bidders are looked for, the next are called, the witness unlocks the committee."""
    line.until(lambda: progress(line, drawn)["recused_at"] is not None, "ties to bidders were looked for")
    answer_calls(line, drawn, phones, declining=0)
    line.person("witness").post(f"/v1/draws/{drawn.id}/unlock")
    line.until(lambda: len(phones.accounts()) >= SEATS_DRAWN, "the members have their logins")
