"""Write the vectors that Python and JavaScript must both pass: `python -m tests.vectors.make`.

Deterministic: every random value is pinned, and whatever the engine would draw itself is made by the oracle instead.
`refusals` are changes to a good document: set `value` at `path`, encode canonically, sign again (unless `in` is
`file`), and expect `code`.
"""

import hashlib
import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bidding.sealing import shamir
from bidding.sealing.announcement import Announcement, verify_announcement
from bidding.sealing.content import build_identity, identity_message
from bidding.sealing.documents import encode
from bidding.sealing.envelope import (
    Core,
    PartEntry,
    Share,
    join_envelope,
    key_commitment,
    share_commitment,
    share_info,
)
from bidding.sealing.framing import framed_hash, lp, sha256
from bidding.sealing.layout import ciphertext_size, padded_length
from bidding.sealing.objects import context
from bidding.sealing.recovery import Recovery, RecoveryPart, write_recovery
from bidding.sealing.signatures import public_raw
from bidding.sealing.submission import Receipt, Refusal, sign_receipt, sign_refusal, token_digest, withdraw
from tests.factories.sealing import Authority, Hands, body_of, price_json, sign_all
from tests.vectors import oracle
from tests.vectors.refusals import ANNOUNCEMENT, ENVELOPE
from trading.kernel.canonical import canonical

HERE = Path(__file__).parent
PASSPHRASE = "示范口令 correct horse"


def pin(label: str, length: int = 32) -> bytes:
    """Bytes that look random and are always the same."""
    blocks = (sha256(f"{label}/{i}".encode()) for i in range(-(-length // 32)))
    return b"".join(blocks)[:length]


def ed25519(label: str) -> Ed25519PrivateKey:
    """A pinned key."""
    return Ed25519PrivateKey.from_private_bytes(pin(label))


def framing() -> dict[str, Any]:
    """lp, H and canonical JSON."""
    lists: list[list[bytes]] = [[], [b""], [b"LBE1/key", b"\x00\x01"], ["标段".encode(), b"", b"\xff" * 300]]
    values: list[Any] = [
        {"b": 1, "a": [True, False, None, 'é\n"\\\u0001']},
        {"标".encode().hex(): "标段"},
        [],
        -(2**53) + 1,
        "\U0001f512",
    ]
    refused = ['{"a":1,"a":1}', "1.0", "1e3", "-0", " 1", '{"b":1,"a":1}', '"\\u00e9"', "9007199254740992", '{"é":1}']
    return {
        "lp": [{"items": [i.hex() for i in r], "lp": lp(*r).hex(), "H": framed_hash(*r).hex()} for r in lists],
        "canonical": [{"value": value, "bytes": canonical(value).hex()} for value in values],
        "not_canonical": [*refused, '"\\ud800"'],
    }


def shamirs() -> dict[str, Any]:
    """Field arithmetic and dealings."""
    dealings = []
    for t, n in ((2, 3), (3, 5), (2, 16)):
        secret, coefficients = pin(f"secret {t}/{n}"), [pin(f"coefficient {t}/{n}/{k}") for k in range(1, t)]
        shares = shamir.split(secret, t, n, coefficients=coefficients)
        row = {"t": t, "n": n, "secret": secret.hex(), "coefficients": [c.hex() for c in coefficients]}
        dealings.append({**row, "shares": [y.hex() for y in shares]})
    pairs = [(0x57, 0x83), (0x57, 0x13), (1, 255), (0, 7), (2, 0x80), (255, 255)]
    return {
        "multiply": [[a, b, shamir.multiply(a, b)] for a, b in pairs],
        "invert": [[a, shamir.invert(a)] for a in (1, 2, 3, 0x53, 255)],
        "dealings": dealings,
    }


def objects() -> dict[str, Any]:
    """Chunked encryption, padding, whole parts."""
    raw = []
    for length in (0, 1, 16383, 16384, 16385, 40000):
        key, salt, plain = pin("object key"), pin(f"salt {length}", 24), bytes(i % 251 for i in range(length))
        sealed = oracle.chunked(key, b"context", salt, plain)
        row = {"key": key.hex(), "context": b"context".hex(), "salt": salt.hex(), "plaintext_mod_251": length}
        raw.append({**row, "head": sealed[:88].hex(), "sha256": sha256(sealed).hex(), "size": len(sealed)})
    lengths = (4, 31, 9999, 262143, 262144, 262145, 1_000_000, 123_456_789, 2**31)
    padding = [[n, padded_length(n, "step"), padded_length(n, "padme"), ciphertext_size(n)] for n in lengths]
    parts = []
    for pad, files in (
        ("step", []),
        ("step", [("price.json", price_json())]),
        ("padme", [("一.bin", bytes(i % 251 for i in range(3_000_000))), ("empty", b"")]),
    ):
        ck, salt, bound = pin(f"ck {pad}"), pin(f"part salt {pad}", 24), context("ab" * 32, "cd" * 16, "part")
        index = _index(files)
        sealed = oracle.chunked(ck, bound, salt, oracle.plaintext(lp(index), [data for _, data in files], pad))
        parts.append(
            {
                "pad": pad,
                "ck": ck.hex(),
                "salt": salt.hex(),
                "context": bound.hex(),
                "index": index.decode(),
                "files": [{"name": n, "size": len(d), "hex": d.hex() if len(d) < 999 else None} for n, d in files],
                "size": len(sealed),
                "obj": oracle.block_root(sealed).hex(),
                "sha256": sha256(sealed).hex(),
            }
        )
    note = "files without hex hold bytes i mod 251; padding rows are [L, step, padme, ciphertext size of plaintext L]"
    return {"note": note, "chunked": raw, "padding": padding, "parts": parts}


def _index(files: list[tuple[str, bytes]]) -> bytes:
    listed = [{"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in files]
    return canonical({"v": "LBF1", "files": listed})


def trustees() -> list[Hands]:
    """Three pinned trustees."""
    sealing = {x: {p: X25519PrivateKey.from_private_bytes(pin(f"hpke {x}/{p}")) for p in (1, 2)} for x in (1, 2, 3)}
    return [Hands(x, ed25519(f"trustee {x}"), sealing[x]) for x in (1, 2, 3)]


def announcement_file() -> bytes:
    """The announcement every other vector is made under."""
    hands = trustees()
    return sign_all(body_of(hands, ed25519("receipt"), 2), hands)


def announcements() -> dict[str, Any]:
    """The file, the trustees' secrets, and what must be refused."""
    raw = announcement_file()
    held = [
        {
            "x": hands.x,
            "sign": pin(f"trustee {hands.x}").hex(),
            "hpke": {str(p): pin(f"hpke {hands.x}/{p}").hex() for p in (1, 2)},
        }
        for hands in trustees()
    ]
    refusals = [{"path": list(path), "value": value, "code": code} for path, value, code in ANNOUNCEMENT]
    return {"file": raw.decode(), "ann": verify_announcement(raw).ann, "trustees": held, "refusals": refusals}


def _certificate() -> tuple[Ed25519PrivateKey, x509.Certificate, x509.Certificate]:
    ca_key, key = ed25519("ca"), ed25519("certificate")
    ca = Authority(ca_key, None).issue(ca_key, "演示CA", "91110000000000000X", ca=True, serial=1)
    return key, ca, Authority(ca_key, ca).issue(key, "甲建设集团", "91310000MA1FL00001", serial=2)


def envelopes() -> dict[str, Any]:
    """A whole sealed bid, every secret shown, and what must be refused."""
    announcement = verify_announcement(announcement_file())
    submission, env = ed25519("submission"), pin("env", 16).hex()
    key = public_raw(submission).hex()
    certificate_key, ca, certificate = _certificate()
    given = {"technical": [("施组.pdf", b"%PDF-1.7 technical\n" * 40)], "price": [("price.json", price_json())]}
    made = {part: _part(announcement, env, part, files) for part, files in given.items()}
    message = identity_message(announcement.ann, env, key, [made["technical"][0], made["price"][0]])
    identity = build_identity(certificate, certificate_key, message, deposit_reference="DR-1")
    made["identity"] = _part(announcement, env, "identity", [("identity.json", identity)])
    order = ("identity", "technical", "price")
    core = Core(
        "LBE1", 1, announcement.body.subject, announcement.ann, None, env, None, key, tuple(made[p][0] for p in order)
    )
    raw = _envelope(announcement, core, {part: made[part][1] for part in order}, submission)
    return {
        "file": raw.decode(),
        "digest": sha256(raw).hex(),
        "submission_seed": pin("submission").hex(),
        "certificate_seed": pin("certificate").hex(),
        "ca": ca.public_bytes(Encoding.PEM).decode(),
        "identity_json": identity.decode(),
        "parts": [made[part][2] for part in order],
        "refusals": [
            {"in": where, "path": list(path), "value": value, "code": code} for where, path, value, code in ENVELOPE
        ],
    }


def _part(
    announcement: Announcement, env: str, part: str, files: list[tuple[str, bytes]]
) -> tuple[PartEntry, list[bytes], dict[str, Any]]:
    ck, salt, coefficients = pin(f"ck {part}"), pin(f"salt {part}", 24), [pin(f"coefficient {part}")]
    plain = oracle.plaintext(lp(_index(files)), [data for _, data in files], announcement.part(part).pad)
    sealed = oracle.chunked(ck, context(announcement.ann, env, part), salt, plain)
    shares = shamir.split(ck, 2, 3, coefficients=coefficients)
    commitments = tuple(share_commitment(env, part, x, y) for x, y in enumerate(shares, 1))
    entry = PartEntry(part, key_commitment(env, part, ck), oracle.block_root(sealed).hex(), len(sealed), commitments)
    shown = {
        "id": part,
        "ck": ck.hex(),
        "salt": salt.hex(),
        "coefficients": [c.hex() for c in coefficients],
        "shares": [y.hex() for y in shares],
        "ephemerals": [pin(f"ephemeral {part} {x}").hex() for x in (1, 2, 3)],
        "files": [{"name": name, "hex": data.hex()} for name, data in files],
        "ciphertext_sha256": sha256(sealed).hex(),
    }
    return entry, shares, shown


def _envelope(announcement: Announcement, core: Core, dealt: dict[str, list[bytes]], key: Ed25519PrivateKey) -> bytes:
    text, shares = encode(core), []
    for part, values in dealt.items():
        for x, y in enumerate(values, 1):
            to = announcement.key(x, 1, announcement.part(part).phase)
            info = share_info(text, part, x, to.kid)
            enc, ct = oracle.hpke_seal(pin(f"ephemeral {part} {x}"), bytes.fromhex(to.pk), info, y)
            shares.append(msgspec.to_builtins(Share(part, x, to.kid, enc.hex(), ct.hex())))
    return join_envelope(text, canonical(shares), key)


def submissions() -> dict[str, Any]:
    """Documents around the envelope."""
    announcement, envelope = verify_announcement(announcement_file()), envelopes()
    subject, ann, digest = announcement.body.subject, announcement.ann, envelope["digest"]
    at, end = "2026-12-19T08:00:00.123Z", "2026-12-19T08:05:10.000Z"
    receipt = Receipt("LBR1", "commit", subject, ann, digest, at, 6129, pin("entry").hex(), pin("salt").hex(), end)
    late, due = "2026-12-20T01:30:00.001Z", announcement.body.deadline
    refusal = Refusal("LBN1", subject, ann, digest, late, due, "bidding.too_late")
    return {
        "withdrawal": withdraw(ann, pin("env", 16).hex(), digest, ed25519("submission")).decode(),
        "receipt": sign_receipt(receipt, ed25519("receipt")).decode(),
        "refusal": sign_refusal(refusal, ed25519("receipt")).decode(),
        "token": pin("token").hex(),
        "token_digest": token_digest(pin("token").hex()),
    }


def key_files() -> dict[str, Any]:
    """Key files of each kind and those to be refused; a recovery file."""
    p256 = ec.derive_private_key(int.from_bytes(pin("p256"), "big"), ec.SECP256R1())
    keys: dict[str, Any] = {
        "ed25519": ed25519("file"),
        "x25519": X25519PrivateKey.from_private_bytes(pin("file")),
        "p256": p256,
    }
    salt, iv = pin("kdf salt", 16), pin("iv", 16)
    good, ders = [], {}
    for kind, key in keys.items():
        ders[kind] = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        der = oracle.encrypted_key(ders[kind], PASSPHRASE, rounds=600_000, salt=salt, iv=iv)
        good.append({"kind": kind, "pem": _pem(der), "pkcs8": ders[kind].hex()})
    weak = oracle.encrypted_key(ders["ed25519"], PASSPHRASE, rounds=2048, salt=salt, iv=iv)
    sha1 = oracle.encrypted_key(ders["ed25519"], PASSPHRASE, rounds=600_000, salt=salt, iv=iv, prf="2a864886f70d0207")
    refusals = [
        {"pem": _pem(weak), "passphrase": PASSPHRASE, "code": "sealing.keyfile.weak"},
        {"pem": good[0]["pem"], "passphrase": "wrong", "code": "sealing.keyfile.passphrase"},
        {"pem": _pem(sha1), "passphrase": PASSPHRASE, "code": "sealing.keyfile.format"},
        {"pem": "no key here", "passphrase": PASSPHRASE, "code": "sealing.keyfile.format"},
    ]
    parts = (RecoveryPart("price", pin("ck price").hex()),)
    held = Recovery("LBK1", "lot:1", "aa" * 32, "bb" * 16, "cc" * 32, pin("submission").hex(), parts)
    recovery = write_recovery(held, PASSPHRASE, salt=salt, nonce=pin("nonce", 12))
    return {
        "passphrase": PASSPHRASE,
        "files": good,
        "refusals": refusals,
        "recovery": {"file": recovery.decode(), "plaintext": msgspec.to_builtins(held)},
    }


def _pem(der: bytes) -> str:
    text = b64encode(der).decode()
    lines = "\n".join(text[at : at + 64] for at in range(0, len(text), 64))
    return f"-----BEGIN ENCRYPTED PRIVATE KEY-----\n{lines}\n-----END ENCRYPTED PRIVATE KEY-----\n"


VECTORS = {
    "framing": framing,
    "shamir": shamirs,
    "object": objects,
    "announcement": announcements,
    "envelope": envelopes,
    "submission": submissions,
    "keyfile": key_files,
}


def render(name: str) -> str:
    """One file's text."""
    return json.dumps(VECTORS[name](), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    for title in VECTORS:
        (HERE / f"{title}.json").write_text(render(title), encoding="utf-8")
