"""Every wrong turn of bidding by API, on a running platform: refused, said in words, and nothing of it kept."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.sealing.envelope import LARGEST, join_envelope
from bidding.sealing.objects import Source
from bidding.sealing.submission import document_digest, verify_receipt, withdraw
from portal.demo.line import Line
from tests.factories.sealing import Sealed, make_world, seal_bid
from tests.journeys.lots import Lot, open_lot
from tests.journeys.people import Uploader
from tests.journeys.refusals import refused
from tests.journeys.tenders import published
from trading.kernel.canonical import canonical, parse_canonical

PARALLEL = 100


@pytest.fixture(scope="module")
def lot(line: Line) -> Lot:
    return open_lot(line, "投标拒收演示工程")


@pytest.fixture(scope="module")
def uploader(lot: Lot) -> Uploader:
    """One token for most of the tests: an organisation draws a limited number."""
    return lot.uploader()


def code_of(answer: httpx.Response) -> tuple[int, str]:
    """What was refused; with a sentence, and with what to do next."""
    problem = answer.json()
    assert problem["detail"]
    assert problem["next"]
    return answer.status_code, problem["code"]


def taken_back(lot: Lot, sealed: Sealed, key: Ed25519PrivateKey | None = None) -> bytes:
    """A withdrawal of a bid, by its own key or another."""
    recovery = sealed.bid.recovery
    return withdraw(lot.announcement.ann, recovery.env, document_digest(sealed.raw), key or sealed.sealer_key)


def resigned(sealed: Sealed, **changes: object) -> bytes:
    """The envelope with its core changed, signed again by its own key."""
    file = parse_canonical(sealed.raw)
    core = {**parse_canonical(file["core"].encode()), **changes}
    return join_envelope(canonical(core), file["shares"].encode(), sealed.sealer_key)


def test_only_a_bidder_draws_a_token_and_only_for_an_announced_lot(lot: Lot) -> None:
    tokens = f"{lot.api}/upload-tokens"
    with refused("kernel.sign_in", 401):
        lot.line.anyone.post(tokens)
    with refused("kernel.forbidden", 403):
        lot.official.post(tokens)
    unannounced = published(lot.line, "尚未公布密钥工程")
    with refused("bidding.not_announced"):
        lot.line.token(unannounced, "bidder-a")


def test_a_token_is_good_for_its_own_lot_alone(lot: Lot) -> None:
    sealed = lot.seal()
    stranger = Uploader(lot.line, lot.tender, "ab" * 32)
    for answer in (stranger.start(sealed), stranger.commit(sealed)):
        assert code_of(answer) == (403, "bidding.token_invalid")
    nobody = lot.line.anyone.http.post(f"{lot.api}/envelopes", json={"envelope": sealed.raw.decode()})
    assert code_of(nobody) == (403, "web.csrf")


def test_an_unsealed_file_is_refused_before_anything_is_kept(lot: Lot, uploader: Uploader) -> None:
    sealed = lot.seal()
    price = next(item for item in uploader.start(sealed).json()["uploads"] if item["part"] == "price")
    for beginning in (b"%PDF-1.7\n", b"PK\x03\x04"):
        readable = beginning + bytes(len(sealed.ciphertexts["price"]) - len(beginning))
        assert code_of(uploader.put(price["upload_id"], readable)) == (409, "bidding.not_sealed")
    assert uploader.call("GET", f"/v1/uploads/{price['upload_id']}").json()["missing"] == [0]
    for raw in (b"%PDF-1.7 a bid nobody sealed", b"{}"):
        assert code_of(uploader.commit(raw)) == (409, "bidding.not_sealed")


def test_a_block_is_what_its_hashes_say_and_never_changes(lot: Lot, uploader: Uploader) -> None:
    sealed = lot.seal()
    price = next(item for item in uploader.start(sealed).json()["uploads"] if item["part"] == "price")["upload_id"]
    data = sealed.ciphertexts["price"]
    assert code_of(uploader.put(price, data, claimed=data[::-1])) == (409, "bidding.block_damaged")
    assert code_of(uploader.put(price, data[:-1])) == (409, "bidding.block_size")
    assert uploader.put(price, data).status_code == uploader.put(price, data).status_code == 204
    assert code_of(uploader.put(price, bytes([data[0] ^ 1]) + data[1:])) == (409, "bidding.block_differs")
    larger = lot.seal(technical=[Source.of_bytes("附图.pdf", bytes(300_000))]).ciphertexts["technical"]
    grown = [{"id": "technical", "size": len(larger)}]
    assert code_of(uploader.start(sealed, parts=grown)) == (409, "bidding.upload_differs")
    stranger = Uploader(lot.line, lot.tender, "ab" * 32)
    for answer in (stranger.put(price, data), stranger.call("GET", f"/v1/uploads/{price}")):
        assert code_of(answer) == (404, "bidding.upload_unknown")


def test_incomplete_or_altered_ciphertext_is_refused(lot: Lot, uploader: Uploader) -> None:
    sealed = lot.seal()
    assert code_of(uploader.commit(sealed)) == (409, "bidding.upload_incomplete")
    uploader.start(sealed)
    assert code_of(uploader.commit(sealed)) == (409, "bidding.upload_incomplete")
    altered = lot.seal()
    whole = altered.ciphertexts["technical"]
    altered.ciphertexts["technical"] = whole[:-1] + bytes([whole[-1] ^ 1])
    uploader.upload(altered)
    assert code_of(uploader.commit(altered)) == (409, "bidding.altered")


def test_an_envelope_for_another_lot_or_announcement_is_refused(lot: Lot, uploader: Uploader) -> None:
    other = seal_bid(make_world())
    assert code_of(uploader.start(other)) == (409, "bidding.wrong_announcement")
    assert code_of(uploader.commit(other)) == (409, "bidding.wrong_announcement")
    assert code_of(uploader.commit(resigned(lot.seal(), ann="00" * 32))) == (409, "bidding.wrong_announcement")
    assert code_of(uploader.start(lot.seal(), ann="00" * 32)) == (409, "bidding.wrong_announcement")


def test_an_envelope_that_breaks_its_form_is_refused(lot: Lot, uploader: Uploader) -> None:
    sealed = lot.seal()
    assert code_of(uploader.commit(resigned(sealed, suite=3))) == (409, "bidding.suite_not_allowed")
    forged = sealed.raw.replace(b'"sig":"', b'"sig":"0')
    assert code_of(uploader.commit(forged)) == (409, "bidding.envelope_refused")
    assert uploader.commit(b"x" * (LARGEST + 1)).status_code == 413


def test_r70_only_the_key_that_submitted_replaces_or_withdraws(lot: Lot, uploader: Uploader) -> None:
    first = lot.submit("b")
    thief = lot.seal("c", prev=document_digest(first.raw))
    uploader.upload(thief)
    assert code_of(uploader.commit(thief)) == (409, "bidding.other_key")
    assert code_of(uploader.withdraw(taken_back(lot, first, thief.sealer_key))) == (409, "bidding.other_key")


def test_chains_neither_fork_nor_begin_in_nothing_nor_go_on_after_withdrawal(lot: Lot, uploader: Uploader) -> None:
    first = lot.submit("c")
    key, digest = first.sealer_key, document_digest(first.raw)
    for sealed, code in (
        (lot.seal("c", key=key), "bidding.key_used"),
        (lot.seal("c", key=key, prev="ab" * 32), "bidding.predecessor_unknown"),
    ):
        uploader.upload(sealed)
        assert code_of(uploader.commit(sealed)) == (409, code)
    second = lot.submit("c", key=key, prev=digest)
    rival = lot.seal("c", key=key, prev=digest)
    uploader.upload(rival)
    assert code_of(uploader.commit(rival)) == (409, "bidding.fork")
    assert code_of(uploader.withdraw(taken_back(lot, first))) == (409, "bidding.fork")
    assert uploader.withdraw(taken_back(lot, second)).status_code == 201
    third = lot.seal("c", key=key, prev=document_digest(second.raw))
    uploader.upload(third)
    assert code_of(uploader.commit(third)) == (409, "bidding.already_withdrawn")
    assert code_of(uploader.withdraw(taken_back(lot, lot.seal()))) == (409, "bidding.predecessor_unknown")
    assert code_of(uploader.withdraw(b'{"v":"LBW1"}')) == (409, "bidding.withdrawal_refused")


def test_r14_one_submit_a_hundred_times_in_parallel_is_one_bid(lot: Lot, uploader: Uploader) -> None:
    sealed, other = lot.seal("d"), lot.seal("d")
    uploader.upload(sealed)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: uploader.commit(sealed), range(PARALLEL)))
    assert sorted(answer.status_code for answer in answers) == [200] * (PARALLEL - 1) + [201]
    assert len({answer.text for answer in answers}) == 1
    receipt = verify_receipt(canonical(answers[0].json()["receipt"]), lot.announcement, sealed.raw)
    pending = lot.line.anyone.http.get(f"/v1/receipts/{receipt.entry}/proof")
    assert code_of(pending) == (404, "bidding.proof_pending")
    raw = resigned(other, env=sealed.bid.recovery.env)  # the same number again, for other bytes
    twin, second = Sealed(replace(other.bid, envelope=raw), other.ciphertexts, other.sealer_key), lot.uploader("d")
    second.upload(twin)
    assert code_of(second.commit(twin)) == (409, "bidding.env_used")
    assert code_of(lot.line.anyone.http.get(f"/v1/receipts/{'00' * 32}/proof")) == (404, "bidding.receipt_unknown")
