"""The line of one open tender, step by step, over HTTP: every person a client of their own, every program a process.

Used by `trading demo open-tender`, by the demonstration city and by journeys; no service is imported, no SQL spoken.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.proof.record import present_message
from bidding.sealing.keyfile import read_key_file
from portal.demo.client import Client
from portal.demo.people import PEOPLE
from portal.demo.programs import PASSPHRASE, BidderMachine, LocalProgram
from portal.demo.secrets import totp_secret
from trading.kernel.clock import parse_rfc3339, rfc3339

Say = Callable[[str], None]
SEATS = ("tenderer", "supervisor", "notary")
_PEOPLE = {person.login: person for person in PEOPLE}
_MEGABYTE = 1024 * 1024


class TooSlow(RuntimeError):
    """Something that should have happened by itself did not."""


@dataclass(frozen=True)
class Places:
    """Where everything is; a client needs nothing else."""

    base_url: str
    trustees: dict[str, str]
    trustee_folders: dict[str, Path]
    bank: str
    bank_folder: Path
    gateway: str
    gateway_folder: Path


@dataclass(frozen=True)
class Tender:
    """A tender as its participants know it."""

    project_id: str
    lot_id: str
    deadline: datetime


class Line:
    """The people of the city at work on tenders."""

    def __init__(self, places: Places, workspace: Path, say: Say) -> None:
        self.places, self.workspace, self.say = places, workspace, say
        self._clients: dict[str, Client] = {}
        self._trustees: dict[str, LocalProgram] = {}
        self._bank: LocalProgram | None = None
        self.anyone = Client(places.base_url)

    def person(self, login: str) -> Client:
        """The client of a person, signed in at first use."""
        if login not in self._clients:
            secret = totp_secret(_PEOPLE[login])
            self._clients[login] = Client(self.places.base_url).sign_in(login, secret)
        return self._clients[login]

    def machine(self, login: str) -> BidderMachine:
        """A person's own machine, with key file and certificate made at first use."""
        machine = BidderMachine(self.workspace / login, self.places.base_url)
        if not machine.key.exists():
            scopes = {"name": "key program", "scopes": ["certificates"]}
            machine.make_key(self.person(login).post("/v1/tokens", scopes)["secret"])
        return machine

    def now(self) -> datetime:
        """Platform time."""
        return parse_rfc3339(self.anyone.get("/v1/time")["now"])

    def move_to(self, instant: datetime) -> None:
        """Move the demonstration clock; returns when all that fell due on the way is done."""
        client = Client(self.places.base_url, headers={"authorization": "Demonstration clock"})
        try:
            client.post("/demo/clock", {"to": rfc3339(instant)})
        finally:
            client.close()

    def witnessed(self) -> None:
        """Wait until everything done so far is acted on, sequenced and cosigned: a short step of the clock does it."""
        self.move_to(self.now() + timedelta(seconds=5))

    def register(self, *, name: str, code: str, lot: dict[str, Any]) -> Tender:
        """登记: the tenderer registers a project of one lot at the earliest lawful dates."""
        tenderer = self.person("tenderer")
        dates = tenderer.get("/v1/profiles/works_open_tender/proposal")["timetable"]
        draft = {
            "name": name,
            "code": code,
            "region": "350100",
            "category": "A02",
            "funding": "government",
            "validity_days": 90,
            "profile": "works_open_tender",
            "lots": [lot],
            **dates,
        }
        project_id = tenderer.post("/v1/projects", draft)["id"]
        project = tenderer.post(f"/v1/projects/{project_id}/register", {"confirm_provisional": True})
        registered = project["lots"][0]
        deadline = datetime.fromisoformat(registered["deadline_at"]).astimezone(UTC)
        return Tender(project_id=project_id, lot_id=registered["id"], deadline=deadline)

    def publish(self, tender: Tender, documents: dict[str, bytes], texts: dict[str, str]) -> str:
        """发布: documents filed, notice drafted by the tenderer and published by an official; returns its id."""
        tenderer = self.person("tenderer")
        for name, data in documents.items():
            tenderer.request(
                "POST",
                f"/v1/projects/{tender.project_id}/documents",
                params={"name": name},
                content=data,
                headers={"content-type": "application/pdf"},
            )
        notice = tenderer.post(f"/v1/projects/{tender.project_id}/notices", texts)["id"]
        self.person("official").post(f"/v1/notices/{notice}/publish")
        return str(notice)

    def trustee(self, seat: str) -> LocalProgram:
        """A trustee's program, unlocked and connected at first use."""
        if seat not in self._trustees:
            program = LocalProgram(self.places.trustees[seat], self.places.trustee_folders[seat])
            program.call("POST", "/api/unlock", {"passphrase": PASSPHRASE})
            scopes = {"name": "trustee program", "scopes": ["trustee"]}
            token = self.person(f"trustee-{seat}").post("/v1/tokens", scopes)["secret"]
            program.call("POST", "/api/connect", {"token": token})
            self._trustees[seat] = program
        return self._trustees[seat]

    def bank(self) -> LocalProgram:
        """The bank's program, connected under a token of its own scope at first use."""
        if self._bank is None:
            self._bank = LocalProgram(self.places.bank, self.places.bank_folder)
            scopes = {"name": "bank statements", "scopes": ["bank"]}
            self._bank.call("POST", "/api/connect", {"token": self.person("bank").post("/v1/tokens", scopes)["secret"]})
        return self._bank

    def sub_account(self, tender: Tender, login: str) -> str | None:
        """The number the bidder drew for its deposit, if it drew one."""
        number: str | None = self.person(login).get(f"/v1/lots/{tender.lot_id}/deposit")["number"]
        return number

    def announce(self, tender: Tender) -> None:
        """密钥仪式: three trustees make keys on their own machines and sign; the official publishes."""
        seats = []
        for seat in SEATS:
            self.trustee(seat)
            me = self.person(f"trustee-{seat}").get("/v1/me")
            seats.append({"seat": seat, "membership_id": me["membership_id"]})
        official = self.person("official")
        started = official.post("/v1/ceremonies", {"lot_id": tender.lot_id, "t": 2, "seats": seats})
        ceremony = started["id"]
        for seat in SEATS:
            self.trustee(seat).call("POST", f"/api/ceremonies/{ceremony}/keys", {})
        for seat in SEATS:
            self.trustee(seat).call("POST", f"/api/ceremonies/{ceremony}/sign", {})
        official.post(f"/v1/ceremonies/{ceremony}/publish")

    def announcement(self, tender: Tender) -> bytes:
        """The published announcement, exact bytes."""
        return self.anyone.raw(f"/v1/lots/{tender.lot_id}/announcement")

    def token(self, tender: Tender, login: str) -> str:
        """An upload token for the bidder's organisation."""
        return str(self.person(login).post(f"/v1/lots/{tender.lot_id}/upload-tokens")["token"])

    def bid(
        self,
        tender: Tender,
        login: str,
        name: str,
        *,
        price_fen: int,
        days: int,
        manager: str,
        megabytes: int = 1,
        browser: bool = False,
        replaces: str | None = None,
        token: str | None = None,
    ) -> bool:
        """投标: prepare, seal and submit on the bidder's machine; False when refused as late.

        A token drawn earlier may be given: after the deadline none is drawn any more.
        """
        machine = self.machine(login)
        price = {"price_fen": price_fen, "duration_days": days, "quality": "合格", "manager": manager}
        parts = machine.prepare(name, price=price, technical=megabytes * _MEGABYTE)
        deposit = self.sub_account(tender, login)
        machine.seal(name, parts, self.announcement(tender), browser=browser, replaces=replaces, deposit=deposit)
        return machine.submit(name, token or self.token(tender, login))

    def opening(self, tender: Tender) -> dict[str, Any]:
        """How far the opening has come."""
        view: dict[str, Any] = self.anyone.get(f"/v1/lots/{tender.lot_id}/opening")
        return view

    def open_phase(self, tender: Tender, phase: int, seats: tuple[str, ...]) -> None:
        """开标: these trustees release their shares, the official settles, the worker reveals.

        A trustee opens nothing before the phase that came first stands under a witnessed checkpoint.
        """
        self.witnessed()
        for seat in seats:
            self.trustee(seat).call("POST", f"/api/lots/{tender.lot_id}/release", {"phase": phase})
        self.person("official").post(f"/v1/lots/{tender.lot_id}/phases/{phase}/settle")
        self.until(
            lambda: any(item["phase"] == phase and item["revealed_at"] for item in self.opening(tender)["phases"]),
            f"phase {phase} is revealed",
        )

    def object_(self, tender: Tender, login: str, words: str) -> str:
        """开标异议: a bidder present objects on the spot and keeps the receipt on its own machine; returns its id."""
        raised = self.person(login).post(f"/v1/lots/{tender.lot_id}/objections", {"text": words})
        objection = str(raised["objection"]["id"])
        folder = self.machine(login).folder / "opening"
        folder.mkdir(exist_ok=True)
        (folder / f"objection-{objection[-12:]}-receipt.json").write_text(raised["receipt"], encoding="utf-8")
        return objection

    def answer(self, tender: Tender, objection: str, words: str, *, outcome: str = "dismissed") -> None:
        """答复: the official answers at once."""
        to = f"/v1/lots/{tender.lot_id}/objections/{objection}/answer"
        self.person("official").post(to, {"outcome": outcome, "text": words})

    def end_opening(self, tender: Tender) -> None:
        """结束开标: once bidders have had their time to object, the official ends it and the record is made."""
        ends_at = datetime.fromisoformat(self.opening(tender)["ends_at"])
        if ends_at > self.now():
            self.move_to(ends_at)
        self.person("official").post(f"/v1/lots/{tender.lot_id}/opening/end")

    def sign_record(self, tender: Tender, login: str) -> None:
        """Somebody present signs the record with the key of their certificate, on their own machine."""
        machine = self.machine(login)
        file = read_key_file(machine.key.read_bytes(), PASSPHRASE)
        assert isinstance(file.key, Ed25519PrivateKey)
        digest = self.anyone.get(f"/v1/lots/{tender.lot_id}/record")["digest"]
        fingerprint = file.certificates[0].fingerprint(hashes.SHA256()).hex()
        signature = file.key.sign(present_message(digest)).hex()
        body = {"fingerprint": fingerprint, "signature": signature}
        self.person(login).post(f"/v1/lots/{tender.lot_id}/record/signatures", body)

    def until(self, ready: Callable[[], bool], what: str, seconds: float = 60) -> None:
        """Wait for what happens by itself."""
        limit = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > limit:
                raise TooSlow(f"waited {seconds:.0f} s in vain until {what}")
            time.sleep(0.2)

    def close(self) -> None:
        """Every connection."""
        for client in (*self._clients.values(), self.anyone):
            client.close()
        for program in (*self._trustees.values(), *([self._bank] if self._bank else [])):
            program.http.close()


def after(tender: Tender, **span: int) -> datetime:
    """An instant after a tender's deadline."""
    return tender.deadline + timedelta(**span)
