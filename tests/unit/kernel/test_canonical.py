"""Canonical JSON: one value, one byte string, and nothing else parses."""

from __future__ import annotations

import enum
import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.kernel.canonical import CanonicalError, canonical, digest, parse_canonical

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(max_codepoint=127), max_size=6), inner, max_size=4)
    ),
    max_leaves=20,
)


def test_rfc_8785_strings_and_order():
    # RFC 8785 §3.2.2's string, and keys sorted as in §3.2.3 restricted to ASCII.
    value = {"string": '€$\u000f\nA\'B"\\\\"/', "b": [None, True, False], "a": -0, "A": 1, "": {}}
    assert canonical(value) == (
        '{"":{},"A":1,"a":0,"b":[null,true,false],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'.encode()
    )


def test_digest_is_sha256_of_the_bytes():
    assert digest({"a": 1}) == hashlib.sha256(b'{"a":1}').digest()


@given(VALUES)
def test_every_value_returns_from_its_bytes(value: Any):
    assert parse_canonical(canonical(value)) == value


class Colour(enum.IntEnum):
    RED = 1


@pytest.mark.parametrize(
    "value",
    [1.0, float("nan"), 2**53, -(2**53), {"é": 1}, {1: 2}, b"x", Colour.RED, {"a": {1, 2}}, "\ud800"],
    ids=repr,
)
def test_what_has_no_canonical_form_is_refused(value: Any):
    with pytest.raises(CanonicalError):
        canonical(value)


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":1,"a":1}',
        b'{"a":{"b":1,"b":2}}',
        b'{"b":1,"a":2}',
        b'{"a": 1}',
        b'{"a":1}\n',
        b'{"a":1.0}',
        b"1e3",
        b"-0",
        b"NaN",
        b"Infinity",
        b"9007199254740992",
        b"1" * 6000,
        b'"\\u0041"',
        b'"\\/"',
        b'"\\ud800"',
        b"\xff",
        b"\xef\xbb\xbf1",
        b"",
        b"[" * 100_000,
    ],
    ids=lambda data: repr(data[:20]),
)
def test_other_bytes_are_refused(data: bytes):
    with pytest.raises(CanonicalError):
        parse_canonical(data)
