"""Shamir, framing, signatures, documents: the small pieces, over many inputs."""

import subprocess
import sys
from itertools import combinations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from bidding.sealing import shamir
from bidding.sealing.errors import SealingError
from bidding.sealing.framing import format_instant, framed_hash, lp, parse_instant
from bidding.sealing.signatures import public_raw, sign_p256, sound_public_key, verify_ed25519, verify_p256
from bidding.sealing.submission import Withdrawal, verify_withdrawal, withdraw
from tests.factories.sealing import make_world, seal_bid

L = 2**252 + 27742317777372353535851937790883648493
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
byte = st.integers(0, 255)


@given(byte, byte, byte)
def test_the_field_is_a_field(a, b, c):
    assert shamir.multiply(a, b) == shamir.multiply(b, a)
    assert shamir.multiply(a, shamir.multiply(b, c)) == shamir.multiply(shamir.multiply(a, b), c)
    assert shamir.multiply(a, b ^ c) == shamir.multiply(a, b) ^ shamir.multiply(a, c)
    assert shamir.multiply(a, shamir.invert(a)) == (1 if a else 0)


@settings(max_examples=30, deadline=None)
@given(st.binary(min_size=1, max_size=6), st.integers(1, 4), st.integers(0, 2))
def test_every_t_shares_give_the_secret_and_predict_every_seat(secret, t, more):
    shares = dict(enumerate(shamir.split(secret, t, t + more), 1))
    for seats in combinations(shares, t):
        chosen = {x: shares[x] for x in seats}
        assert shamir.interpolate(chosen) == secret
        assert all(shamir.interpolate(chosen, x) == shares[x] for x in shares)


@settings(max_examples=30, deadline=None)
@given(st.binary(min_size=1, max_size=6), st.integers(2, 4), st.data())
def test_fewer_shares_fit_every_secret_equally_well(secret, t, data):
    """t−1 shares say nothing: any other secret has a polynomial through the same points."""
    shares = dict(enumerate(shamir.split(secret, t, t + 1), 1))
    held = {x: shares[x] for x in data.draw(st.permutations(sorted(shares)))[: t - 1]}
    other = data.draw(st.binary(min_size=len(secret), max_size=len(secret)))
    missing = next(x for x in shares if x not in held)
    # A share for the missing seat that would make `other` the secret exists and is unique.
    weight = 1
    for x in held:
        weight = shamir.multiply(weight, shamir.multiply(x, shamir.invert(x ^ missing)))
    base = shamir.interpolate({**held, missing: bytes(len(secret))})
    y = bytes(shamir.multiply(a ^ b, shamir.invert(weight)) for a, b in zip(base, other, strict=True))
    assert shamir.interpolate({**held, missing: y}) == other


def test_impossible_sharings_are_programming_errors():
    with pytest.raises(ValueError, match="sharing"):
        shamir.split(b"x", 3, 2)
    with pytest.raises(ValueError, match="coefficients"):
        shamir.split(b"x", 2, 3, coefficients=[])
    with pytest.raises(ValueError, match="seats"):
        shamir.interpolate({0: b"x"})
    with pytest.raises(ValueError, match="seats"):
        shamir.interpolate({1: b"x", 2: b"xy"})


@given(st.lists(st.binary(max_size=20), max_size=5), st.lists(st.binary(max_size=20), max_size=5))
def test_framing_never_confuses_two_lists(one, two):
    assert (lp(*one) == lp(*two)) == (one == two)
    assert (framed_hash(*one) == framed_hash(*two)) == (one == two)


@given(st.datetimes().map(lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)))
def test_instants_come_back(at):
    text = format_instant(at.replace(tzinfo=parse_instant("2026-01-01T00:00:00.000Z").tzinfo))
    assert format_instant(parse_instant(text)) == text


@pytest.mark.parametrize("text", ["2026-01-01T00:00:00Z", "2026-13-01T00:00:00.000Z", "２026-01-01T00:00:00.000Z"])
def test_other_forms_of_time_are_refused(text):
    with pytest.raises(SealingError, match=r"sealing\.instant"):
        parse_instant(text)


def test_small_order_keys_and_malleable_signatures_are_refused():
    key = Ed25519PrivateKey.generate()
    signature = key.sign(b"m")
    assert verify_ed25519(public_raw(key), signature, b"m")
    s = int.from_bytes(signature[32:], "little") + L
    assert not verify_ed25519(public_raw(key), signature[:32] + s.to_bytes(32, "little"), b"m")
    # The identity point with R the identity and S = 0 "signs" every message.
    identity = b"\x01" + bytes(31)
    assert not verify_ed25519(identity, identity + bytes(32), b"anything")
    for sign in (0, 0x80):
        for small in (bytes(32), identity, b"\xec" + b"\xff" * 30 + b"\x7f", b"\xed" + b"\xff" * 30 + b"\x7f"):
            assert not sound_public_key(small[:31] + bytes([small[31] | sign]))
    assert not sound_public_key(b"short")


def test_ecdsa_has_one_form():
    key = ec.generate_private_key(ec.SECP256R1())
    signature = sign_p256(key, b"m")
    assert verify_p256(key.public_key(), signature, b"m")
    assert not verify_p256(key.public_key(), signature, b"n")
    high = P256_ORDER - int.from_bytes(signature[32:], "big")
    assert not verify_p256(key.public_key(), signature[:32] + high.to_bytes(32, "big"), b"m")
    assert not verify_p256(ec.generate_private_key(ec.SECP384R1()).public_key(), signature, b"m")


def test_a_signed_document_is_bound_to_its_label_key_and_shape():
    world = make_world()
    sealed = seal_bid(world)
    envelope = world.envelope(sealed.raw)
    good = withdraw(world.announcement.ann, envelope.env, envelope.digest, sealed.sealer_key)
    assert isinstance(verify_withdrawal(good, envelope), Withdrawal)
    other = withdraw(world.announcement.ann, envelope.env, envelope.digest, Ed25519PrivateKey.generate())
    wrong_env = withdraw(world.announcement.ann, "ab" * 16, envelope.digest, sealed.sealer_key)
    wrong_prev = withdraw(world.announcement.ann, envelope.env, "ab" * 32, sealed.sealer_key)
    for raw, code in (
        (other, "sealing.withdrawal.sig"),
        (wrong_env, "sealing.withdrawal.envelope"),
        (wrong_prev, "sealing.withdrawal.predecessor"),
        (good.replace(b"LBW1", b"LBW2"), "sealing.withdrawal.body"),
        (good + b" ", "sealing.withdrawal.json"),
        (b"x" * 5_000_000, "sealing.withdrawal.json"),
    ):
        with pytest.raises(SealingError) as caught:
            verify_withdrawal(raw, envelope)
        assert caught.value.code == code


def test_the_engine_loads_no_database_library():
    code = (
        "import sys, pkgutil, importlib, bidding.sealing as s\n"
        "for m in pkgutil.iter_modules(s.__path__): importlib.import_module('bidding.sealing.' + m.name)\n"
        "print([m for m in sys.modules if m.split('.')[0] in ('sqlalchemy', 'litestar', 'psycopg', 'httpx')])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
