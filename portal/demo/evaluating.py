"""The evaluation in a demonstration, over HTTP: five members at five logins, each with a key made on the spot.

Logins come from the members' telephones, as the gateway's program shows them. What a member thinks of a bid is made up
from the seat and the bid, so that the same city always has the same ranking.
"""

from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.sealing.keyfile import read_key_file
from experts.proof.documents import member_message
from portal.demo.client import Client
from portal.demo.drawing import Phones
from portal.demo.line import Line, Tender
from portal.demo.programs import PASSPHRASE, BidderMachine

MEMBERS = 5
DISSENT = "第二名的施工进度计划偏紧，建议在合同谈判中要求补充赶工措施；不影响排名。"


@dataclass
class Expert:
    """A member of the committee at a screen of his own."""

    client: Client
    machine: BidderMachine

    def signature(self, digest: str, dissent: str | None) -> dict[str, str]:
        """A stand on the report, signed with the key that never left the machine."""
        file = read_key_file(self.machine.key.read_bytes(), PASSPHRASE)
        assert isinstance(file.key, Ed25519PrivateKey)
        signed = {
            "fingerprint": file.certificates[0].fingerprint(hashes.SHA256()).hex(),
            "signature": file.key.sign(member_message(digest, dissent)).hex(),
        }
        return signed | ({"dissent": dissent} if dissent else {})


def enter(line: Line, tender: Tender, phones: Phones) -> list[Expert]:
    """Members sign in with what their telephones were told, and make their keys under the pseudonym."""
    lot = line.anyone.get(f"/v1/lots/{tender.lot_id}")["lot"]
    messages = [m for m in phones.accounts() if (m["project"], m["lot"]) == (lot["project_name"], lot["name"])]
    found = []
    for message in messages[-MEMBERS:]:
        client = Client(line.places.base_url).sign_in(message["login"], message["totp"], message["password"])
        machine = BidderMachine(line.workspace / message["login"], line.places.base_url)
        scopes = {"name": "key program", "scopes": ["certificates"]}
        machine.make_key(client.post("/v1/tokens", scopes)["secret"])
        found.append(Expert(client, machine))
    return found


def _at(tender: Tender) -> str:
    return f"/v1/lots/{tender.lot_id}/evaluation"


def begin(line: Line, tender: Tender, experts: list[Expert]) -> None:
    """评标开始: the official opens the room, each member accepts the discipline statement."""
    line.person("official").post(_at(tender))
    for expert in experts:
        expert.client.post(f"{_at(tender)}/discipline")


def read(tender: Tender, expert: Expert, *, most: int = 1024 * 1024) -> int:
    """A member reads every small file of every bid; returns how many."""
    count = 0
    for bid in expert.client.get(f"{_at(tender)}/desk")["evaluation"]["bids"]:
        for file in bid["files"]:
            if file["size"] <= most:
                expert.client.raw(f"/lots/{tender.lot_id}/evaluation/files/{bid['env']}/{file['sha256']}")
                count += 1
    return count


def hand_in(tender: Tender, expert: Expert, kind: str, sheet: dict[str, Any]) -> None:
    """Save a sheet and hand it in."""
    expert.client.request("PUT", f"{_at(tender)}/sheets/{kind}", json=sheet)
    expert.client.post(f"{_at(tender)}/sheets/{kind}/submission")


def review(tender: Tender, expert: Expert) -> None:
    """符合性评审: every bid passes; where the platform proposes otherwise, the member follows it."""
    verdicts = []
    for bid in expert.client.get(f"{_at(tender)}/desk")["evaluation"]["bids"]:
        if bid["unopened"]:
            continue
        grounds = [ground["id"] for ground in bid["proposed"]]
        against = {"verdict": "reject", "grounds": grounds, "reason": "与系统核对结果一致"}
        verdicts.append({"env": bid["env"], **(against if grounds else {"verdict": "pass"})})
    hand_in(tender, expert, "review", {"bids": verdicts})


def score(tender: Tender, expert: Expert, seat: int) -> None:
    """打分: hundredths of a point, a little apart from member to member."""
    desk = expert.client.get(f"{_at(tender)}/desk")
    numbers = {bid["env"]: bid["number"] for bid in desk["evaluation"]["bids"]}
    rows = []
    for decided in desk["decided"]:
        if not decided["valid"]:
            continue
        number = numbers[decided["env"]]
        given = [
            {"item": item["id"], "score": item["full"] * (88 - 4 * number) // 100 + 25 * ((seat * number + place) % 5)}
            for place, item in enumerate(desk["evaluation"]["terms"]["items"])
        ]
        rows.append({"env": decided["env"], "scores": given})
    hand_in(tender, expert, "score", {"bids": rows})


def sign(tender: Tender, expert: Expert, dissent: str | None = None) -> None:
    """签字: over the report's digest, with a dissent or without."""
    digest = expert.client.get(f"{_at(tender)}/report")["digest"]
    expert.client.post(f"{_at(tender)}/report/signatures", expert.signature(digest, dissent))


def run_evaluation(line: Line, tender: Tender, phones: Phones) -> dict[str, Any]:
    """The whole evaluation; returns the report as its readers have it."""
    line.say("five members sign in under pseudonyms and accept the discipline statement (评标纪律)")
    experts = enter(line, tender, phones)
    begin(line, tender, experts)
    line.say("they read the bids and review them, each on a screen of his own (符合性评审)")
    for expert in experts:
        read(tender, expert)
        review(tender, expert)
    line.say("each scores every valid bid; nobody sees another's sheet before all are in (打分)")
    for seat, expert in enumerate(experts, 1):
        score(tender, expert, seat)
    line.say("the report is computed and signed by all, one of them with a dissent (评标报告)")
    for seat, expert in enumerate(experts, 1):
        sign(tender, expert, DISSENT if seat == MEMBERS else None)
        expert.client.close()
    official = line.person("official")
    line.until(lambda: state_of(line, tender) in {"evaluated", "failed"}, "the evaluation is finished")
    report: dict[str, Any] = official.get(f"{_at(tender)}/report")
    return report


def state_of(line: Line, tender: Tender) -> str:
    """The lot's state."""
    return str(line.anyone.get(f"/v1/lots/{tender.lot_id}")["lot"]["state"])
