"""Each step of the lock-box before opening, and each refusal, once by API and once by page."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from httpx import ASGITransport, AsyncClient, Response

from bidding.ceremony_reads import ceremony_of
from bidding.sealing.announcement import sign_announcement, verify_announcement
from bidding.sealing.submission import document_digest, verify_receipt, verify_refusal, withdraw
from bidding.types import Challenge
from tests.factories import bidding as make
from tests.factories.parties import make_actor
from tests.factories.sealing import Sealed
from tests.integration.bidding.conftest import Box
from tests.integration.bidding.http import ORIGIN, bearer, make_app
from trading.kernel.canonical import canonical, parse_canonical
from trading.kernel.identity import Actor


class Http:
    """Clients of one application: one a person, and one that is nobody's."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self.app = make_app(box)
        self.clients: list[AsyncClient] = []

    def client(self, authorization: str = "") -> AsyncClient:
        transport = ASGITransport(self.app)  # type: ignore[arg-type]  # two spellings of the same ASGI types
        headers = {"accept-language": "en", "origin": ORIGIN} | (
            {"authorization": authorization} if authorization else {}
        )
        client = AsyncClient(transport=transport, base_url=ORIGIN, headers=headers)
        self.clients.append(client)
        return client

    async def as_(self, actor: Actor) -> AsyncClient:
        async with self.box.database.transaction() as session:
            return self.client(f"Bearer {await bearer(session, actor)}")

    async def bidder(self) -> AsyncClient:
        async with self.box.database.transaction() as session:
            actor = await make_actor(session, "bidder")
        return await self.as_(actor)


@pytest_asyncio.fixture
async def http(box: Box) -> AsyncIterator[Http]:
    serving = Http(box)
    yield serving
    for client in serving.clients:
        await client.aclose()


async def token_for(http: Http) -> AsyncClient:
    """A client that carries a fresh upload token and nothing else."""
    drawn = await (await http.bidder()).post(f"/v1/lots/{http.box.lot.id}/upload-tokens", json={})
    assert drawn.status_code == 201, drawn.text
    return http.client(f"Upload {drawn.json()['token']}")


async def put_all(client: AsyncClient, box: Box, sealed: Sealed) -> None:
    core = box.lot.world.envelope(sealed.raw).core
    parts = [{"id": part, "size": len(data), "block": 8} for part, data in sealed.ciphertexts.items()]
    order = {"lot": str(box.lot.id), "ann": core.ann, "env": core.env, "key": core.key, "parts": parts}
    begun = await client.post("/v1/uploads", json=order)
    assert begun.status_code == 201, begun.text
    for upload in begun.json()["uploads"]:
        data = sealed.ciphertexts[upload["part"]]
        put = await client.put(
            f"/v1/uploads/{upload['upload_id']}/blocks/0",
            content=data,
            headers={"x-leaf-hashes": ",".join(make.leaves(data)), "content-type": "application/octet-stream"},
        )
        assert put.status_code == 204, put.text
        state = (await client.get(f"/v1/uploads/{upload['upload_id']}")).json()
        assert (state["size"], state["missing"]) == (len(data), [])


def problem(answer: Response) -> tuple[int, str]:
    body = answer.json()
    assert body["detail"]
    assert body["next"]
    return answer.status_code, body["code"]


async def test_api_seal_submit_replace_withdraw(http: Http) -> None:
    box, lot = http.box, http.box.lot
    client = await token_for(http)
    first = lot.bid()
    await put_all(client, box, first)
    taken = await client.post(f"/v1/lots/{lot.id}/envelopes", json={"envelope": first.raw.decode()})
    assert taken.status_code == 201
    receipt = verify_receipt(canonical(taken.json()["receipt"]), lot.world.announcement, first.raw)
    assert receipt.kind == "commit"
    again = await client.post(f"/v1/lots/{lot.id}/envelopes", json={"envelope": first.raw.decode()})
    assert (again.status_code, again.json()) == (200, taken.json())
    second = lot.bid(key=first.sealer_key, prev=document_digest(first.raw))
    await put_all(client, box, second)
    assert (
        await client.post(f"/v1/lots/{lot.id}/envelopes", json={"envelope": second.raw.decode()})
    ).status_code == 201
    assert problem(await client.get(f"/v1/receipts/{receipt.entry}/proof")) == (404, "bidding.proof_pending")
    assert problem(await client.get(f"/v1/receipts/{'00' * 32}/proof")) == (404, "bidding.receipt_unknown")

    envelope = lot.world.envelope(second.raw)
    document = withdraw(envelope.core.ann, envelope.env, envelope.digest, first.sealer_key)
    for sent in (parse_canonical(document), document.decode()):  # as the browser sends it, and as exact text
        gone = await client.post(f"/v1/lots/{lot.id}/withdrawals", json={"withdrawal": sent})
        told = verify_receipt(canonical(gone.json()["receipt"]), lot.world.announcement, document)
        assert told.kind == "withdraw"


async def test_api_refusals_of_uploads_and_envelopes(http: Http) -> None:
    lot = http.box.lot
    client, sealed = await token_for(http), lot.bid()
    to = f"/v1/lots/{lot.id}/envelopes"
    assert problem(await client.post(to, content=b"%PDF-1.7 not sealed")) == (409, "bidding.not_sealed")
    assert problem(await client.post(to, json={"envelope": "{}"})) == (409, "bidding.not_sealed")
    assert problem(await client.post(to, json={"envelope": sealed.raw.decode()})) == (409, "bidding.upload_incomplete")
    assert problem(await http.client().post(to, json={"envelope": "{}"})) == (403, "web.csrf")
    stranger = http.client("Upload " + "ab" * 32)
    assert problem(await stranger.post(to, json={"envelope": sealed.raw.decode()})) == (403, "bidding.token_invalid")
    assert problem(await client.post("/v1/uploads", content=b"{")) == (422, "kernel.invalid")
    assert (await client.post(to, json={"envelope": "x" * (256 * 1024 + 1)})).status_code == 413
    assert (await client.post(to, content=b"x" * (3 * 256 * 1024 + 1))).status_code == 413

    core = lot.world.envelope(sealed.raw).core
    parts = [{"id": part, "size": len(data)} for part, data in sealed.ciphertexts.items()]
    begun = await client.post("/v1/uploads", json={"ann": core.ann, "env": core.env, "key": core.key, "parts": parts})
    price = next(upload for upload in begun.json()["uploads"] if upload["part"] == "price")
    block, data = f"/v1/uploads/{price['upload_id']}/blocks/0", sealed.ciphertexts["price"]
    plain = b"%PDF-1.7" + bytes(len(data) - 8)
    assert problem(await client.put(block, content=plain)) == (409, "bidding.not_sealed")
    assert problem(await client.put(block, content=data)) == (409, "bidding.block_damaged")
    assert problem(await stranger.put(block, content=data)) == (404, "bidding.upload_unknown")
    assert (await client.put(block, content=bytes(8 * 1024 * 1024 + 1))).status_code == 413


async def test_api_a_late_bid_gets_a_signed_refusal_that_stays(http: Http) -> None:
    box, lot = http.box, http.box.lot
    client, sealed = await token_for(http), lot.bid()
    await put_all(client, box, sealed)
    await box.past_deadline()
    answers = [await client.post(f"/v1/lots/{lot.id}/envelopes", json={"envelope": sealed.raw.decode()}) for _ in "ab"]
    assert problem(answers[0]) == (409, "bidding.too_late")
    assert answers[0].json()["refusal"] == answers[1].json()["refusal"]
    refusal = verify_refusal(canonical(answers[0].json()["refusal"]), lot.world.announcement)
    assert refusal.hash == document_digest(sealed.raw)
    late = await (await http.bidder()).post(f"/v1/lots/{lot.id}/upload-tokens", json={})
    assert problem(late) == (409, "bidding.too_late")


async def test_api_the_ceremony_from_seats_to_publication(http: Http) -> None:
    async with http.box.database.transaction() as session:
        lot = await make.make_lot(session, http.box.objects)
    official = await http.as_(lot.official)
    seats = [{"seat": seat.seat, "membership_id": str(seat.membership_id)} for seat in lot.seats()]
    order: dict[str, Any] = {"lot_id": str(lot.id), "t": 2, "seats": seats}
    unlawful = await official.post("/v1/ceremonies", json=order | {"t": 3})
    assert problem(unlawful) == (422, "bidding.threshold")
    begun = (await official.post("/v1/ceremonies", json=order)).json()
    assert problem(await official.post("/v1/ceremonies", json=order)) == (409, "bidding.ceremony_running")
    to = f"/v1/ceremonies/{begun['id']}"
    trustees = [await http.as_(seated.actor) for seated in lot.trustees]
    for client, seated in zip(trustees, lot.trustees, strict=True):
        assert [one["id"] for one in (await client.get("/v1/ceremonies")).json()] == [begun["id"]]
        card = seated.offer(lot.subject).decode()
        offered = (await client.post(f"{to}/keys", json={"offer": card})).json()
        assert offered["keyed"] is False
        answers = seated.answers(lot.subject, tuple(Challenge(**item) for item in offered["challenges"]))
        done = (await client.post(f"{to}/keys", json={"offer": card, "possession": answers})).json()
        assert done["keyed"] is True
    missing = await official.post(f"{to}/publish")
    assert problem(missing) == (409, "bidding.signatures_missing")
    for client, seated in zip(trustees, lot.trustees, strict=True):
        text = (await client.get(f"{to}/announcement")).content
        signature = sign_announcement(text, seated.hands.sign)
        wrong = await client.post(f"{to}/signatures", json={"x": seated.hands.x, "signature": "0" * 128})
        assert problem(wrong) == (409, "bidding.signature")
        signed = await client.post(f"{to}/signatures", json={"x": seated.hands.x, "signature": signature})
        assert signed.status_code == 200
    assert problem(await http.client().get(f"/v1/lots/{lot.id}/announcement")) == (404, "bidding.no_announcement")
    assert (await trustees[0].post(f"{to}/publish")).status_code == 403
    assert (await official.post(f"{to}/publish")).json()["state"] == "published"
    public = await http.client().get(f"/v1/lots/{lot.id}/announcement")
    assert verify_announcement(public.content).body.subject == lot.subject
    assert problem(await official.post(f"{to}/cancel", json={"reason": "too late"})) == (409, "bidding.ceremony_state")


async def test_page_the_official_begins_cancels_and_publishes_a_ceremony(http: Http) -> None:
    async with http.box.database.transaction() as session:
        lot = await make.make_lot(session, http.box.objects)
    official, page = await http.as_(lot.official), f"/lots/{lot.id}/ceremony"
    form = await official.get(page)
    for seated in lot.trustees:
        assert seated.actor.org_name in form.text
    fields = {"t": "2"}
    for number, seat in enumerate(lot.seats()):
        fields |= {f"seats.{number}.seat": seat.seat, f"seats.{number}.membership_id": str(seat.membership_id)}
    unlawful = await official.post(page, data=fields | {"t": "3"})
    assert unlawful.status_code == 422
    assert "fewer than the 3 seats" in unlawful.text
    assert (await official.post(page, data=fields)).status_code == 303
    shown = (await official.get(page)).text
    assert "3 seats have not brought their keys" in shown
    assert "Reduced secrecy" in shown
    assert (await official.post(f"{page}/cancel", data={"reason": ""})).status_code == 422
    assert (await official.post(f"{page}/cancel", data={"reason": "new trustee"})).status_code == 303
    assert (await official.post(page, data=fields)).status_code == 303

    async with http.box.database.transaction() as session:
        begun = await ceremony_of(session, lot.subject)
        assert begun is not None
        for seated in lot.trustees:
            await make.bring_keys(session, lot, begun, seated)
    refused = await official.post(f"{page}/publish")
    assert refused.status_code == 409
    assert "3 signatures are missing" in refused.text
    trustee = await http.as_(lot.trustees[0].actor)
    seen = (await trustee.get(page)).text
    assert lot.trustees[0].hands.listed().keys[0].kid in seen.replace(" ", "")  # the fingerprint to compare
    async with http.box.database.transaction() as session:
        for seated in lot.trustees:
            await make.sign(session, begun, seated)
    assert "cannot be changed" in (await official.get(f"{page}/publish")).text
    assert (await official.post(f"{page}/publish")).status_code == 303
    assert "Published" in (await official.get(page)).text


async def test_page_a_bidder_finds_everything_the_sealing_script_needs(http: Http) -> None:
    lot = http.box.lot
    bidder = await http.bidder()
    text = (await bidder.get(f"/lots/{lot.id}/bid")).text
    for needed in (
        'data-seal data-step="form"',
        'id="seal-config"',
        "data-seal-stepper",
        "data-seal-status",
        'data-seal-form="submit"',
        'data-seal-form="withdraw"',
        'name="part.identity"',
        'name="part.technical"',
        'name="part.price"',
        'name="price"',
        'name="price_words"',
        'name="duration_days"',
        'name="quality"',
        'name="manager"',
        'name="key_file"',
        'name="recovery_passphrase_repeat"',
        'name="replaces.recovery"',
        'data-seal-progress="seal"',
        'data-seal-progress="upload"',
        'data-seal-action="download-proof"',
        'data-seal-fact="merge_by"',
    ):
        assert needed in text, needed
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert lot.world.announcement.ann in text
    assert "Reduced secrecy" in text


async def test_page_says_the_same_to_who_has_bid_and_who_has_not(http: Http) -> None:
    box, lot = http.box, http.box.lot
    bidder = await http.bidder()
    before = (await bidder.get(f"/lots/{lot.id}/bid")).text
    client, sealed = await token_for(http), lot.bid()
    await put_all(client, box, sealed)
    await client.post(f"/v1/lots/{lot.id}/envelopes", json={"envelope": sealed.raw.decode()})
    after = (await bidder.get(f"/lots/{lot.id}/bid")).text

    def steady(page: str) -> str:
        return re.sub(
            r'value="[0-9a-f]{64}"|content="[^"]+"|<time.*?</time>|role="timer".*?</span>', "", page, flags=re.DOTALL
        )

    assert steady(after) == steady(before)


async def test_page_closed_or_unannounced_lots_offer_no_form(http: Http) -> None:
    async with http.box.database.transaction() as session:
        unannounced = await make.make_lot(session, http.box.objects)
    bidder = await http.bidder()
    assert "not published yet" in (await bidder.get(f"/lots/{unannounced.id}/bid")).text
    await http.box.past_deadline()
    late = (await bidder.get(f"/lots/{http.box.lot.id}/bid")).text
    assert "No bids are taken now" in late
    assert "data-seal-form" not in late


async def test_page_checks_a_pasted_receipt(http: Http) -> None:
    box, lot = http.box, http.box.lot
    sealed = lot.bid()
    async with box.database.transaction() as session:
        taken = await make.submit(session, box.objects, lot, sealed)
    visitor = http.client("Upload none")  # any Authorization: this test is not about cookies
    good = await visitor.post("/receipts/check", data={"receipt": f"\n {taken.receipt}\n"})
    assert "The signature is valid" in good.text
    assert "Still waiting for the journal" in good.text
    assert document_digest(sealed.raw) in good.text
    for bad in (taken.receipt.replace('"sig":"', '"sig":"0'), "not json", "{}"):
        answer = await visitor.post("/receipts/check", data={"receipt": bad})
        assert answer.status_code == 422
        assert "not a receipt signed by this platform" in answer.text
    told = await visitor.post("/receipts/check", data={"receipt": "{}"}, headers={"accept": "application/json"})
    assert told.json()["code"] == "bidding.receipt_invalid"
