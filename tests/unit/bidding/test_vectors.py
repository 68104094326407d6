"""The shared vectors: what the engine makes of them, and that the generator still makes them."""

import copy
import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import load_pem_x509_certificate

from bidding.sealing import shamir
from bidding.sealing.announcement import verify_announcement
from bidding.sealing.batch import open_share
from bidding.sealing.content import verify_identity
from bidding.sealing.envelope import join_envelope, verify_envelope
from bidding.sealing.errors import SealingError
from bidding.sealing.framing import framed_hash, lp, parse_instant, sha256
from bidding.sealing.keyfile import read_key_file
from bidding.sealing.layout import ciphertext_size, padded_length, plausible_size
from bidding.sealing.objects import decrypt_part
from bidding.sealing.recovery import read_recovery
from bidding.sealing.submission import (
    token_digest,
    verify_receipt,
    verify_refusal,
    verify_withdrawal,
)
from tests.vectors import make, oracle
from trading.kernel.canonical import CanonicalError, canonical, parse_canonical

FOLDER = Path(make.__file__).parent


def load(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def patched(value: Any, path: list[str | int], new: Any) -> Any:
    if not path:
        return new
    changed = copy.deepcopy(value)
    at = changed
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = new
    return changed


@pytest.mark.parametrize("name", make.VECTORS)
def test_the_files_are_what_the_generator_makes(name):
    assert (FOLDER / f"{name}.json").read_text(encoding="utf-8") == make.render(name)


def test_framing():
    vectors = load("framing")
    for row in vectors["lp"]:
        items = [bytes.fromhex(item) for item in row["items"]]
        assert lp(*items).hex() == row["lp"]
        assert framed_hash(*items).hex() == row["H"]
    for row in vectors["canonical"]:
        assert canonical(row["value"]).hex() == row["bytes"]
    for text in vectors["not_canonical"]:
        with pytest.raises(CanonicalError):
            parse_canonical(text.encode())


def test_shamir():
    vectors = load("shamir")
    assert all(shamir.multiply(a, b) == product for a, b, product in vectors["multiply"])
    assert all(shamir.invert(a) == inverse for a, inverse in vectors["invert"])
    for row in vectors["dealings"]:
        coefficients = [bytes.fromhex(text) for text in row["coefficients"]]
        shares = shamir.split(bytes.fromhex(row["secret"]), row["t"], row["n"], coefficients=coefficients)
        assert [y.hex() for y in shares] == row["shares"]


def test_objects_are_read_by_the_library():
    vectors = load("object")
    for length, step, padme, size in vectors["padding"]:
        assert (padded_length(length, "step"), padded_length(length, "padme")) == (step, padme)
        assert ciphertext_size(length) == size
    for row in vectors["parts"]:
        datas = [
            bytes.fromhex(file["hex"]) if file["hex"] is not None else bytes(i % 251 for i in range(file["size"]))
            for file in row["files"]
        ]
        plain = oracle.plaintext(lp(row["index"]), datas, row["pad"])
        sealed = oracle.chunked(*(bytes.fromhex(row[k]) for k in ("ck", "context", "salt")), plain)
        assert sha256(sealed).hex() == row["sha256"]
        assert plausible_size(len(sealed), row["pad"])
        got: dict[str, BytesIO] = {}
        decrypt_part(
            BytesIO(sealed),
            ck=bytes.fromhex(row["ck"]),
            bound_to=bytes.fromhex(row["context"]),
            pad=row["pad"],
            root=bytes.fromhex(row["obj"]),
            size=row["size"],
            sink=lambda entry, got=got: got.setdefault(entry.name, BytesIO()),
        )
        assert [got[file["name"]].getvalue() for file in row["files"]] == datas


def test_announcement_and_its_refusals():
    vectors = load("announcement")
    raw = vectors["file"].encode()
    assert verify_announcement(raw).ann == vectors["ann"]
    file = json.loads(raw)
    body = json.loads(file["body"])
    keys = [Ed25519PrivateKey.from_private_bytes(bytes.fromhex(row["sign"])) for row in vectors["trustees"]]
    for row in vectors["refusals"]:
        text = canonical(patched(body, row["path"], row["value"]))
        signatures = [{"x": x, "sig": key.sign(lp("LBE1/announce", text)).hex()} for x, key in enumerate(keys, 1)]
        with pytest.raises(SealingError) as caught:
            verify_announcement(canonical({"body": text.decode(), "signatures": signatures}))
        assert (row["path"], caught.value.code) == (row["path"], row["code"])


def test_announcement_needs_every_signature_over_these_bytes():
    vectors = load("announcement")
    file = json.loads(vectors["file"])
    for path, value in (
        (["signatures"], file["signatures"][:2]),
        (["signatures"], file["signatures"][::-1]),
        (["signatures", 1, "sig"], file["signatures"][0]["sig"]),
        (["body"], file["body"].replace('"min_envelopes":3', '"min_envelopes":1')),
    ):
        with pytest.raises(SealingError) as caught:
            verify_announcement(canonical(patched(file, path, value)))
        assert caught.value.code == "sealing.announcement.signatures"


def test_envelope_opens_share_by_share():
    announced, vectors = load("announcement"), load("envelope")
    announcement = verify_announcement(announced["file"].encode())
    envelope = verify_envelope(vectors["file"].encode(), announcement)
    assert envelope.digest == vectors["digest"]
    for part in vectors["parts"]:
        phase = str(announcement.part(part["id"]).phase)
        for row in announced["trustees"]:
            key = X25519PrivateKey.from_private_bytes(bytes.fromhex(row["hpke"][phase]))
            item = open_share(envelope, part["id"], row["x"], key)
            assert (item.y, item.code) == (part["shares"][row["x"] - 1], None)
    root = load_pem_x509_certificate(vectors["ca"].encode())
    at = parse_instant("2026-12-20T01:00:00.000Z")
    identity = verify_identity(vectors["identity_json"].encode(), envelope.core, roots=[root], at=at)
    assert identity.organisation == "甲建设集团"


def test_every_field_of_an_envelope_is_refused_with_its_own_code():
    vectors = load("envelope")
    announcement = verify_announcement(load("announcement")["file"].encode())
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vectors["submission_seed"]))
    file = json.loads(vectors["file"])
    for row in vectors["refusals"]:
        if row["in"] == "file":
            raw = canonical(patched(file, row["path"], row["value"]))
        else:
            texts = {name: file[name].encode() for name in ("core", "shares")}
            texts[row["in"]] = canonical(patched(json.loads(file[row["in"]]), row["path"], row["value"]))
            raw = join_envelope(texts["core"], texts["shares"], key)
        with pytest.raises(SealingError) as caught:
            verify_envelope(raw, announcement)
        assert (row["path"], row["value"], caught.value.code) == (row["path"], row["value"], row["code"])


def test_an_unsigned_change_anywhere_is_refused():
    """Whatever still passes the field checks meets the signature."""
    vectors = load("envelope")
    announcement = verify_announcement(load("announcement")["file"].encode())
    file = json.loads(vectors["file"])
    core, shares = json.loads(file["core"]), json.loads(file["shares"])
    for changed in (
        {**file, "core": canonical({**core, "ack": "ab" * 32}).decode()},
        {**file, "core": canonical({**core, "prev": "ab" * 32}).decode()},
        {**file, "core": canonical({**core, "env": "ab" * 16}).decode()},
        {**file, "core": canonical(patched(core, ["parts", 2, "kc"], "ab" * 32)).decode()},
        {**file, "core": canonical(patched(core, ["parts", 2, "obj"], "ab" * 32)).decode()},
        {**file, "core": canonical(patched(core, ["parts", 2, "sc", 0], "ab" * 32)).decode()},
        {**file, "shares": canonical(patched(shares, [0, "enc"], shares[1]["enc"])).decode()},
        {**file, "shares": canonical(patched(shares, [0, "ct"], shares[1]["ct"])).decode()},
    ):
        with pytest.raises(SealingError, match=r"sealing\.envelope\.sig"):
            verify_envelope(canonical(changed), announcement)
    with pytest.raises(SealingError, match=r"sealing\.envelope\.size"):
        verify_envelope(vectors["file"].encode() + b" " * 262_144, announcement)


def test_submission_documents():
    vectors, envelopes = load("submission"), load("envelope")
    announcement = verify_announcement(load("announcement")["file"].encode())
    envelope = verify_envelope(envelopes["file"].encode(), announcement)
    assert verify_withdrawal(vectors["withdrawal"].encode(), envelope).prev == envelope.digest
    assert verify_receipt(vectors["receipt"].encode(), announcement, envelope.raw).slot == 6129
    assert verify_refusal(vectors["refusal"].encode(), announcement).code == "bidding.too_late"
    assert token_digest(vectors["token"]) == vectors["token_digest"]


def test_key_files():
    vectors = load("keyfile")
    for row in vectors["files"]:
        key = read_key_file(row["pem"].encode(), vectors["passphrase"]).key
        assert key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()).hex() == row["pkcs8"]
    for row in vectors["refusals"]:
        with pytest.raises(SealingError) as caught:
            read_key_file(row["pem"].encode(), row["passphrase"])
        assert caught.value.code == row["code"]
    recovery = read_recovery(vectors["recovery"]["file"].encode(), vectors["passphrase"])
    assert recovery.ck("price").hex() == vectors["recovery"]["plaintext"]["parts"][0]["ck"]
