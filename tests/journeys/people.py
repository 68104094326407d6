"""Bidders and trustees whose keys the test itself holds, for what no honest program would send.

They speak to the platform as their programs do, over HTTP; only the processes are spared.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.proof.record import present_message
from bidding.sealing.announcement import Announcement, sign_announcement, verify_announcement
from bidding.sealing.batch import make_batch
from bidding.sealing.content import PRICE_FILE
from bidding.sealing.envelope import Envelope, verify_envelope
from bidding.sealing.objects import Source
from bidding.sealing.offer import Challenge, answer_challenge, make_offer
from bidding.sealing.sealer import Sealer
from bidding.sealing.signatures import public_raw
from portal.demo.client import Client
from portal.demo.line import SEATS, Line, Tender
from tests.factories.bidding import leaves
from tests.factories.sealing import Hands, Sealed
from trading.kernel.canonical import canonical, parse_canonical
from trading.parties.certificates import possession_message

PRICE: dict[str, Any] = {"price_fen": 128_845_000_00, "duration_days": 540, "quality": "合格", "manager": "王建国"}


def announced(line: Line, tender: Tender) -> Announcement:
    """The published announcement, verified."""
    return verify_announcement(line.announcement(tender))


@dataclass
class Signer:
    """Somebody with a certificate of the demonstration CA, whose key is in the test's memory."""

    line: Line
    login: str

    @property
    def client(self) -> Client:
        return self.line.person(self.login)

    @cached_property
    def key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.generate()

    @cached_property
    def certificate(self) -> x509.Certificate:
        public = public_raw(self.key)
        proof = self.key.sign(possession_message(self.client.get("/v1/me")["membership_id"], public))
        request = {"public_key": public.hex(), "possession": proof.hex()}
        return x509.load_pem_x509_certificate(self.client.post("/v1/certificates", request)["pem"].encode())

    def record_signature(self, digest: str) -> dict[str, str]:
        """What somebody present sends."""
        fingerprint = self.certificate.fingerprint(hashes.SHA256()).hex()
        return {"fingerprint": fingerprint, "signature": self.key.sign(present_message(digest)).hex()}


class Bidder(Signer):
    """A bidder who seals in the test."""

    def seal(
        self,
        announcement: Announcement,
        *,
        key: Ed25519PrivateKey | None = None,
        prev: str | None = None,
        price: dict[str, Any] | None = None,
        technical: Sequence[Source] = (),
        deposit_reference: str | None = None,
        certificate: tuple[x509.Certificate, Ed25519PrivateKey] | None = None,
    ) -> Sealed:
        """A whole bid; `certificate` is another one than this bidder's own."""
        submission = key or Ed25519PrivateKey.generate()
        sealer = Sealer(announcement, key=submission, prev=prev)
        outs = {part: BytesIO() for part in ("technical", "price", "identity")}
        sealer.add("technical", [*technical, Source.of_bytes("施工组织设计.pdf", b"%PDF-1.7 plan")], outs["technical"])
        sealer.add("price", [Source.of_bytes(PRICE_FILE, canonical({**PRICE, **(price or {})}))], outs["price"])
        shown, signing = certificate or (self.certificate, self.key)
        sealer.add_identity(shown, signing, outs["identity"], deposit_reference=deposit_reference)
        return Sealed(sealer.finish(), {part: out.getvalue() for part, out in outs.items()}, submission)

    def uploader(self, tender: Tender) -> "Uploader":
        """Somebody without a name, under a token this bidder drew."""
        return Uploader(self.line, tender, self.line.token(tender, self.login))

    def submit(self, tender: Tender, sealed: Sealed) -> dict[str, Any]:
        """Upload and commit; the receipt."""
        uploader = self.uploader(tender)
        uploader.upload(sealed)
        answer = uploader.commit(sealed)
        assert answer.status_code == 201, answer.text
        receipt: dict[str, Any] = answer.json()["receipt"]
        return receipt


class Uploader:
    """The submission API under one upload token, every answer as it comes."""

    def __init__(self, line: Line, tender: Tender, token: str) -> None:
        self._http, self.lot = line.anyone.http, f"/v1/lots/{tender.lot_id}"
        self._headers = {"authorization": f"Upload {token}"}

    def call(self, method: str, path: str, *, headers: dict[str, str] | None = None, **request: Any) -> httpx.Response:
        return self._http.request(method, path, headers={**self._headers, **(headers or {})}, **request)

    def start(self, sealed: Sealed, **changes: object) -> httpx.Response:
        core = parse_canonical(parse_canonical(sealed.raw)["core"].encode())
        parts = [{"id": part, "size": len(data)} for part, data in sealed.ciphertexts.items()]
        order = {"ann": core["ann"], "env": core["env"], "key": core["key"], "parts": parts}
        return self.call("POST", "/v1/uploads", json={**order, **changes})

    def put(self, upload: str, data: bytes, claimed: bytes | None = None) -> httpx.Response:
        """The only block of a small part; `claimed` is what the leaf hashes are those of."""
        headers = {"x-leaf-hashes": ",".join(leaves(claimed or data)), "content-type": "application/octet-stream"}
        return self.call("PUT", f"/v1/uploads/{upload}/blocks/0", content=data, headers=headers)

    def upload(self, sealed: Sealed) -> None:
        """All of it; it must be taken."""
        begun = self.start(sealed)
        assert begun.status_code == 201, begun.text
        for item in begun.json()["uploads"]:
            if item["missing"]:
                put = self.put(item["upload_id"], sealed.ciphertexts[item["part"]])
                assert put.status_code == 204, put.text

    def commit(self, sealed: Sealed | bytes) -> httpx.Response:
        raw = sealed if isinstance(sealed, bytes) else sealed.raw
        return self.call("POST", f"{self.lot}/envelopes", json={"envelope": raw.decode()})

    def withdraw(self, document: bytes) -> httpx.Response:
        return self.call("POST", f"{self.lot}/withdrawals", json={"withdrawal": parse_canonical(document)})


class Trustees:
    """Three seats whose keys the test holds, and the ceremony they go through by API."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.hands = [Hands(x) for x in range(1, len(SEATS) + 1)]

    def client(self, x: int) -> Client:
        return self.line.person(f"trustee-{SEATS[x - 1]}")

    def seats(self) -> list[dict[str, str]]:
        """Who is to sit where."""
        members = [self.client(x).get("/v1/me")["membership_id"] for x in range(1, len(SEATS) + 1)]
        return [{"seat": seat, "membership_id": member} for seat, member in zip(SEATS, members, strict=True)]

    def announce(self, tender: Tender) -> Announcement:
        """密钥仪式, whole."""
        official = self.line.person("official")
        begun = official.post("/v1/ceremonies", {"lot_id": tender.lot_id, "t": 2, "seats": self.seats()})
        to = f"/v1/ceremonies/{begun['id']}"
        for hands in self.hands:
            self._bring_keys(tender, to, hands)
        for hands in self.hands:
            text = self.client(hands.x).raw(f"{to}/announcement")
            self.client(hands.x).post(
                f"{to}/signatures", {"x": hands.x, "signature": sign_announcement(text, hands.sign)}
            )
        official.post(f"{to}/publish")
        return announced(self.line, tender)

    def _bring_keys(self, tender: Tender, to: str, hands: Hands) -> None:
        client, subject, listed = self.client(hands.x), f"lot:{tender.lot_id}", hands.listed()
        organisation = client.get("/v1/me")["organisation"]["name"]
        card = make_offer(subject, organisation, listed.sign, listed.keys, hands.sign).decode()
        answers = {}
        for item in client.post(f"{to}/keys", {"offer": card})["challenges"]:
            key = hands.key_of(item["kid"])
            assert key is not None
            answers[item["kid"]] = answer_challenge(subject, Challenge(**item), key)
        assert client.post(f"{to}/keys", {"offer": card, "possession": answers})["keyed"]

    def batch(
        self,
        announcement: Announcement,
        root: str,
        envelopes: Sequence[Envelope],
        part: str,
        x: int,
        *,
        of: int | None = None,
    ) -> bytes:
        """Seat x's shares of a part, as its program would make them; `of` opens with the keys of another seat."""
        phase, keys = announcement.part(part).phase, self.hands[(of or x) - 1].keys
        signer = self.hands[x - 1].sign
        return make_batch(announcement, root, envelopes, part=part, x=x, key_of=lambda _: keys[phase], signer=signer)

    def box(self, tender: Tender, announcement: Announcement) -> tuple[str, list[Envelope]]:
        """Root and live envelopes of a closed lot."""
        box = self.line.anyone.get(f"/v1/lots/{tender.lot_id}/box")
        documents = [raw.encode() for raw in box["documents"].values() if '"core"' in raw]
        return box["root"], [verify_envelope(raw, announcement) for raw in documents]
