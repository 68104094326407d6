"""The gateway's record: signed over all of it, complete for its outcome, by the announced key."""

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from experts.answers import Answer, named_call, pin_commitment, sign_answer, verify_answer
from experts.draw import DrawError

KEY = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
PUBLIC = KEY.public_key().public_bytes_raw().hex()
ACCEPTED = Answer(
    v="LBG1",
    draw="draw:0190",
    specialty="A08",
    position=3,
    leaf="cd" * 32,
    call="ab" * 16,
    outcome="accepted",
    called_at="2026-12-01T01:00:00.000Z",
    ends_at="2026-12-01T01:30:00.000Z",
    answered_at="2026-12-01T01:02:00.000Z",
    reason=None,
    pin=pin_commitment(b"\x01" * 32, "123456"),
)


def refused(file: bytes, key: str = PUBLIC) -> str:
    with pytest.raises(DrawError) as error:
        verify_answer(file, key)
    return error.value.code


def test_it_is_read_as_it_was_signed() -> None:
    file = sign_answer(ACCEPTED, KEY)
    assert verify_answer(file, PUBLIC) == ACCEPTED
    assert named_call(file) == ACCEPTED.call


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": "declined"},
        {"position": 4},
        {"specialty": "A06"},
        {"leaf": "ce" * 32},
        {"answered_at": "2026-12-01T01:40:00.000Z"},
    ],
)
def test_nothing_in_it_can_be_changed(change: dict[str, object]) -> None:
    file = msgspec.json.decode(sign_answer(ACCEPTED, KEY))
    file["record"] = sign_answer(msgspec.structs.replace(ACCEPTED, **change), KEY).decode()
    other = msgspec.json.decode(sign_answer(msgspec.structs.replace(ACCEPTED, **change), KEY))
    swapped = {"record": other["record"], "signature": msgspec.json.decode(sign_answer(ACCEPTED, KEY))["signature"]}
    assert refused(msgspec.json.encode(swapped)) == "draw.answer.signature"


def test_another_gateway_signs_for_nobody() -> None:
    other = Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex()
    assert refused(sign_answer(ACCEPTED, KEY), other) == "draw.answer.signature"


@pytest.mark.parametrize(
    "wrong",
    [
        {"pin": None},
        {"reason": "busy"},
        {"outcome": "declined", "pin": None},
        {"outcome": "unanswered"},
    ],
)
def test_a_record_has_what_its_outcome_needs_and_no_more(wrong: dict[str, object]) -> None:
    assert refused(sign_answer(msgspec.structs.replace(ACCEPTED, **wrong), KEY)) == "draw.answer.form"


def test_noise_is_no_record() -> None:
    assert refused(b"{}") == "draw.answer.form"
    assert refused(b"\xff") == "draw.answer.form"
