"""The ceremony as the trustee's program sees it: whatever is not what was agreed is not signed."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.sealing.announcement import announcement_digest, announcement_text
from bidding.sealing.offer import make_challenge, trustee_key
from bidding.sealing.signatures import public_raw
from bidding.trustee.errors import Declined, KeyMissing, NoSeat, NothingToSign, PlatformRefused, TextChanged
from bidding.trustee.refusals import verify_refusal
from tests.factories.sealing import DEADLINE, Hands
from tests.factories.trustee_stage import Platform, WitnessServer, ok
from tests.unit.bidding.trustee.conftest import BEFORE, make_program


@pytest.fixture(scope="module")
def keyed(tmp_path_factory):
    """Keys are in, nothing is signed."""
    log_key = Ed25519PrivateKey.generate()
    witness = WitnessServer(tmp_path_factory.mktemp("witness"), log_key)
    platform = Platform(uuid4())
    platform.start()
    platform.announce(witness.key, log_key)
    program = make_program(tmp_path_factory.mktemp("trustee"), platform, witness)
    with pytest.raises(NothingToSign):
        program.review(platform.ceremony_id)
    assert program.ceremony(platform.ceremony_id).next == "keys"
    assert program.make_keys(platform.ceremony_id).next == "sign"
    yield program, platform, witness
    program.close()
    platform.close()
    witness.close()


@pytest.fixture
def ceremony(keyed):
    program, platform, witness = keyed
    before = platform.text, platform.view, platform.body
    witness.now = BEFORE
    witness.cosign([b"{}"])
    yield program, platform, witness
    platform.text, platform.view, platform.body = before
    platform.override = lambda _method, _path: None


def refused(program, platform, code):
    with pytest.raises(Declined) as caught:
        program.sign(platform.ceremony_id)
    assert caught.value.params["reason"] == code
    refusal = verify_refusal(program.refusals()[0].document.encode(), program.vault.public)
    assert (refusal.code, refusal.ann) == (code, announcement_digest(platform.text))
    assert not list(program.folder.root.glob("lots/*/*/signed.json"))
    assert not platform.view.seats[0].signed


def with_body(platform, **changes):
    platform.text = announcement_text(msgspec.structs.replace(platform.body, **changes))


def test_the_review_says_in_words_what_will_be_signed(ceremony):
    program, platform, witness = ceremony
    review = program.review(platform.ceremony_id)
    assert review.text.encode() == platform.text
    assert (review.ann, review.deadline) == (announcement_digest(platform.text), platform.body.deadline)
    assert review.reduced
    assert review.witnesses == {witness.key.name: witness.key.key}
    assert [key.phase for key in review.ceremony.seats[0].keys] == [1, 2]
    with pytest.raises(TextChanged):
        program.sign(platform.ceremony_id, "ab" * 32)


def test_terms_that_were_not_agreed(ceremony):
    program, platform, _ = ceremony
    sooner, first = "2026-12-19T01:30:00.000Z", "2026-12-18T01:30:00.000Z"
    slots = msgspec.structs.replace(platform.body.slots, last=sooner, first=first)
    parts = platform.body.parts
    for changes in (
        {"deadline": sooner, "slots": slots},
        {"parts": (parts[0], msgspec.structs.replace(parts[1], required=False), parts[2])},
    ):
        with_body(platform, **changes)
        refused(program, platform, "text_terms")
    with_body(platform, subject=f"lot:{uuid4()}")
    refused(program, platform, "text_lot")
    platform.text = platform.text.replace(b'"t":2', b'"t":3')
    refused(program, platform, "text_malformed")


def test_one_phase_for_all_parts(ceremony):
    """With the price in phase 1, opening the identities would open the prices."""
    program, platform, _ = ceremony
    body = platform.body
    parts = tuple(msgspec.structs.replace(part, phase=1) for part in body.parts)
    trustees = tuple(msgspec.structs.replace(item, keys=item.keys[:1]) for item in body.trustees)
    with_body(platform, parts=parts, trustees=trustees)
    refused(program, platform, "text_terms")


def test_keys_are_made_only_for_what_can_be_announced(ceremony):
    program, platform, _ = ceremony
    for changes in ({"suites": (3,)}, {"suites": ()}, {"phases": (1, 300)}, {"phases": ()}):
        platform.view = msgspec.structs.replace(platform.view, **changes)
        with pytest.raises(Declined) as caught:
            program.make_keys(platform.ceremony_id)
        assert caught.value.params["reason"] == "text_terms"


def test_keys_that_are_not_mine(ceremony):
    program, platform, _ = ceremony
    mine, *others = platform.body.trustees
    stranger = Hands(1)
    keys = tuple(trustee_key(1, phase, key) for phase, key in stranger.keys.items())
    for changed in (
        msgspec.structs.replace(mine, keys=keys),
        msgspec.structs.replace(mine, keys=(mine.keys[0], keys[1])),
        msgspec.structs.replace(mine, sign=public_raw(stranger.sign).hex()),
        msgspec.structs.replace(mine, organisation="别的机构"),
    ):
        with_body(platform, trustees=(changed, *others))
        refused(program, platform, "text_keys")


def test_other_seats_than_shown(ceremony):
    """The platform itself sits down in another trustee's place."""
    program, platform, _ = ceremony
    first, second, third = platform.body.trustees
    keys = tuple(trustee_key(1, phase, key) for phase, key in Hands(2).keys.items())
    for changed in (
        msgspec.structs.replace(second, keys=keys),
        msgspec.structs.replace(second, seat="operator"),
        msgspec.structs.replace(second, sign=public_raw(Ed25519PrivateKey.generate()).hex()),
    ):
        with_body(platform, trustees=(first, changed, third))
        refused(program, platform, "text_seats")


def test_a_journal_that_my_witness_does_not_cosign(ceremony):
    program, platform, witness = ceremony
    other = public_raw(Ed25519PrivateKey.generate()).hex()
    body = platform.body
    for changes in (
        {"witness": msgspec.structs.replace(body.witness, keys=(), quorum=0)},
        {"witness": msgspec.structs.replace(body.witness, keys=(msgspec.structs.replace(witness.key, key=other),))},
        {"log": msgspec.structs.replace(body.log, key=other)},
        {"log": msgspec.structs.replace(body.log, origin="demo/other")},
    ):
        with_body(platform, **changes)
        refused(program, platform, "text_unwitnessed")
    with_body(platform)
    witness.now = DEADLINE
    witness.cosign([b"{}"])
    refused(program, platform, "text_past")


def test_a_challenge_that_is_not_one(ceremony):
    """A share sealed to this trustee, passed off as a challenge, is not decrypted for the platform."""
    program, platform, _ = ceremony
    key = trustee_key(
        1,
        1,
        program.lots.ceremony_key(
            program.vault, platform.subject, platform.ceremony_id, platform.view.seats[0].keys[0].kid
        ),
    )
    for challenge in (
        make_challenge("lot:other", key)[0],
        msgspec.structs.replace(make_challenge(platform.body.subject, key)[0], ct="zz"),
    ):
        answer = {"keyed": False, "challenges": [msgspec.to_builtins(challenge)], "ceremony": platform.view}

        def lying(method, _path, answer=answer):
            return ok(answer) if method == "POST" else None

        platform.override = lying
        with pytest.raises(PlatformRefused):
            program.make_keys(platform.ceremony_id)
    stranger = make_challenge(platform.body.subject, trustee_key(1, 1, Hands(1).keys[1]))[0]
    answer = {"keyed": False, "challenges": [msgspec.to_builtins(stranger)], "ceremony": platform.view}
    platform.override = lambda method, _path: ok(answer) if method == "POST" else None
    with pytest.raises(KeyMissing):
        program.make_keys(platform.ceremony_id)


def test_a_ceremony_without_me(ceremony):
    program, platform, _ = ceremony
    other = json.loads(msgspec.json.encode(platform.view))
    other["seats"] = other["seats"][1:]
    platform.override = lambda _method, path: ok(other) if path.startswith("/v1/ceremonies/") else None
    with pytest.raises(NoSeat):
        program.make_keys(platform.ceremony_id)


def test_what_was_signed_is_kept_and_nothing_else_is_signed_after_it(ceremony):
    program, platform, _ = ceremony
    signed = platform.text
    state = program.sign(platform.ceremony_id)
    assert (state.signed, state.next) == (True, "wait_publication")
    with_body(platform, min_envelopes=5)
    with pytest.raises(Declined) as caught:
        program.sign(platform.ceremony_id)
    assert caught.value.params["reason"] == "text_second"
    platform.text = signed
    raw = platform.publish().raw
    shown = program.state().ceremonies[0]
    assert (shown.kept, shown.next) == (True, "wait_deadline")
    assert shown.witnessed_at is not None
    [kept] = program.folder.root.glob("lots/*/announcement.json")
    assert kept.read_bytes() == raw


def test_a_publication_of_what_was_not_signed_is_seen(keyed, tmp_path):
    program, platform, witness = keyed
    witness.now = BEFORE + timedelta(hours=1)
    witness.cosign([b"{}"])
    fresh = Platform(uuid4())
    fresh.published = json.dumps({"body": "{}", "signatures": []}).encode()
    fresh.view = msgspec.structs.replace(platform.view, state="published", subject=f"lot:{uuid4()}")
    platform.override = lambda _method, path: (
        ok([fresh.view]) if path == "/v1/ceremonies" else (200, fresh.published) if "announcement" in path else None
    )
    assert [(item.kept, item.next) for item in program.state().ceremonies] == [(False, "changed")]
